/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unfold.h"

#include <glib.h>
#include <string.h>

#include "model/event-copy.h"

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
    GArray *heap; /* of struct waiting: the one that leaves first is the root */
    size_t memory, held;
    uint64_t numbered;
    uint64_t newest; /* time of those that have left */
};

struct unfolder *unfolder_new(size_t memory, const struct unfold_output *output)
{
    struct unfolder *unfolder = g_new0(struct unfolder, 1);

    unfolder->output = *output;
    unfolder->memory = memory;
    unfolder->heap = g_array_new(FALSE, FALSE, sizeof(struct waiting));
    return unfolder;
}

static void clear_waiting(struct waiting *waiting)
{
    event_copy_unref(waiting->copy);
    g_free(waiting->name);
}

void unfolder_free(struct unfolder *unfolder)
{
    if (!unfolder)
        return;
    for (guint i = 0; i < unfolder->heap->len; i++)
        clear_waiting(&g_array_index(unfolder->heap, struct waiting, i));
    g_array_unref(unfolder->heap);
    g_free(unfolder);
}

struct unfold_counts unfolder_counts(const struct unfolder *unfolder)
{
    return unfolder->counts;
}

/* --- the heap --- */

static struct waiting *at(const struct unfolder *unfolder, guint index)
{
    return &g_array_index(unfolder->heap, struct waiting, index);
}

static bool is_before(const struct waiting *one, const struct waiting *other)
{
    if (one->time != other->time)
        return one->time < other->time;
    if (one->appearance != other->appearance)
        return one->appearance < other->appearance;
    return one->number < other->number;
}

static void swap(struct unfolder *unfolder, guint one, guint other)
{
    struct waiting waiting = *at(unfolder, one);

    *at(unfolder, one) = *at(unfolder, other);
    *at(unfolder, other) = waiting;
}

static void push(struct unfolder *unfolder, const struct waiting *waiting)
{
    guint index = unfolder->heap->len;

    g_array_append_val(unfolder->heap, *waiting);
    while (index > 0 && is_before(at(unfolder, index), at(unfolder, (index - 1) / 2))) {
        swap(unfolder, index, (index - 1) / 2);
        index = (index - 1) / 2;
    }
}

static struct waiting pop(struct unfolder *unfolder)
{
    struct waiting first = *at(unfolder, 0);
    guint last = unfolder->heap->len - 1, index = 0;

    swap(unfolder, 0, last);
    g_array_set_size(unfolder->heap, last);
    for (;;) {
        guint least = index;

        for (guint child = 2 * index + 1; child < last && child <= 2 * index + 2; child++) {
            if (is_before(at(unfolder, child), at(unfolder, least)))
                least = child;
        }
        if (least == index)
            return first;
        swap(unfolder, index, least);
        index = least;
    }
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
    struct waiting first = pop(unfolder);

    unfolder->held -= size_of(&first);
    give(unfolder, &first.copy->event, first.name);
    clear_waiting(&first);
}

static void keep(struct unfolder *unfolder, const struct pktmon_event *event, const char *name)
{
    const struct waiting waiting = {
        .time = event->time,
        .number = unfolder->numbered++,
        .appearance = event->record == PKTMON_RECORD_PACKET ? event->packet.appearance : 0,
        .copy = event_copy_new(event),
        .name = g_strdup(name),
    };

    push(unfolder, &waiting);
    unfolder->held += size_of(&waiting);
    while (unfolder->held > unfolder->memory)
        give_first(unfolder);
}

/* The observations of a run after the first one. */
static void keep_pieces(struct unfolder *unfolder, const struct pktmon_hop *hop)
{
    struct pktmon_event event = *hop->event;

    event.packet.comment = NULL;
    if (!hop->pieces)
        unfolder->counts.missing += hop->count - 1;
    for (uint32_t i = 1; hop->pieces && i < hop->count; i++) {
        const struct pktmon_piece *piece = &hop->pieces[i];

        event.time = piece->time;
        event.packet.appearance = piece->appearance;
        event.packet.packet_number = piece->number;
        event.packet.data = piece->data;
        event.packet.caplen = piece->caplen;
        event.packet.origlen = piece->origlen;
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

void unfolder_take(struct unfolder *unfolder, const struct pktmon_event *event, const char *name)
{
    while (unfolder->heap->len > 0 && at(unfolder, 0)->time < event->time)
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
