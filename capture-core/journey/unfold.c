/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unfold.h"

#include <glib.h>
#include <string.h>

#include "model/event-copy.h"
#include "model/heap.h"
#include "model/journey-piece.h"

/* An event that waits for its time. */
struct waiting {
    uint64_t time, number; /* in which it came */
    uint32_t appearance;   /* of several at one time, the order of a packet's own observations */
    struct event_copy *copy;
    char *name;
};

struct unfolder {
    struct unfold_output output;
    struct unfold_counts counts;
    GPtrArray *heap; /* heap.h: of struct waiting */
    size_t memory, held;
    uint64_t numbered;
    uint64_t newest; /* time of those that have left */
};

static void free_waiting(void *data)
{
    struct waiting *waiting = data;

    event_copy_unref(waiting->copy);
    g_free(waiting->name);
    g_free(waiting);
}

struct unfolder *unfolder_new(size_t memory, const struct unfold_output *output)
{
    struct unfolder *unfolder = g_new0(struct unfolder, 1);

    unfolder->output = *output;
    unfolder->memory = memory;
    unfolder->heap = g_ptr_array_new_with_free_func(free_waiting);
    return unfolder;
}

void unfolder_free(struct unfolder *unfolder)
{
    if (!unfolder)
        return;
    g_ptr_array_unref(unfolder->heap);
    g_free(unfolder);
}

struct unfold_counts unfolder_counts(const struct unfolder *unfolder)
{
    return unfolder->counts;
}

static bool is_before(const void *left, const void *right)
{
    const struct waiting *one = left, *other = right;

    if (one->time != other->time)
        return one->time < other->time;
    if (one->appearance != other->appearance)
        return one->appearance < other->appearance;
    return one->number < other->number;
}

/* --- what leaves, and what comes --- */

static void give(struct unfolder *unfolder, const struct pktmon_event *event, const char *name)
{
    unfolder->counts.late += event->time < unfolder->newest;
    unfolder->newest = MAX(unfolder->newest, event->time);
    unfolder->output.event(unfolder->output.context, event, name);
}

static size_t size_of(const struct waiting *waiting)
{
    return sizeof(*waiting) + waiting->copy->size + (waiting->name ? strlen(waiting->name) + 1 : 0);
}

static void give_first(struct unfolder *unfolder)
{
    struct waiting *first = heap_pop(unfolder->heap, is_before);

    unfolder->held -= size_of(first);
    give(unfolder, &first->copy->event, first->name);
    free_waiting(first);
}

static void keep(struct unfolder *unfolder, const struct pktmon_event *event, const char *name)
{
    struct waiting *waiting = g_new(struct waiting, 1);

    *waiting = (struct waiting){
        .time = event->time,
        .number = unfolder->numbered++,
        .appearance = event->record == PKTMON_RECORD_PACKET ? event->packet.appearance : 0,
        .copy = event_copy_new(event),
        .name = g_strdup(name),
    };

    heap_push(unfolder->heap, waiting, is_before);
    unfolder->held += size_of(waiting);
    while (unfolder->held > unfolder->memory)
        give_first(unfolder);
}

/* The observations of a run after the first one. */
static void keep_pieces(struct unfolder *unfolder, const struct pktmon_hop *hop)
{
    if (!hop->pieces)
        unfolder->counts.missing += hop->count - 1;
    for (uint32_t i = 1; hop->pieces && i < hop->count; i++) {
        const struct pktmon_event event = journey_piece_event(&hop->pieces[i], hop->event);

        keep(unfolder, &event, hop->name);
    }
}

static void keep_hops(struct unfolder *unfolder, const struct pktmon_journey *journey)
{
    for (size_t i = 0; i < journey->hop_count; i++) {
        const struct pktmon_hop *hop = &journey->hops[i];

        keep(unfolder, hop->event, hop->name);
        if (hop->count > 1)
            keep_pieces(unfolder, hop);
    }
}

static bool is_older_waiting(const struct unfolder *unfolder, uint64_t time)
{
    const struct waiting *first = unfolder->heap->len > 0 ? unfolder->heap->pdata[0] : NULL;

    return first && first->time < time;
}

void unfolder_take(struct unfolder *unfolder, const struct pktmon_event *event, const char *name)
{
    while (is_older_waiting(unfolder, event->time))
        give_first(unfolder);
    if (event->record == PKTMON_RECORD_JOURNEY)
        keep_hops(unfolder, event->journey);
    else if (unfolder->heap->len > 0)
        keep(unfolder, event, name);
    else
        give(unfolder, event, name);
}

void unfolder_finish(struct unfolder *unfolder)
{
    while (unfolder->heap->len > 0)
        give_first(unfolder);
}
