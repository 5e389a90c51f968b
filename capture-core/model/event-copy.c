/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event-copy.h"

#include <string.h>

#include "pktmon/journey.h"

/* The memory behind an event, or only its size: what is copied is first measured by the same way.
 */
struct room {
    char *memory; /* NULL: measure */
    size_t used;
};

/* Where the bytes are now; NULL where there are none. */
static void *place(struct room *room, const void *data, size_t size)
{
    void *at = NULL;

    if (!data)
        return NULL;
    if (room->memory)
        at = memcpy(room->memory + room->used, data, size);
    room->used += (size + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
    return at;
}

static void place_text(struct room *room, const char **text)
{
    char *at = place(room, *text, *text ? strlen(*text) + 1 : 0);

    if (room->memory)
        *text = at;
}

static void place_nbl(struct room *room, const struct pktmon_nbl **nbl)
{
    const struct pktmon_nbl *from = *nbl;

    if (!from)
        return;
    struct pktmon_nbl *to = place(room, from, sizeof(*from));
    struct pktmon_nbl_value *values =
        place(room, from->values, from->count * sizeof(*from->values));
    for (size_t i = 0; i < from->count; i++) {
        const char *text = from->values[i].text;

        place_text(room, &text);
        if (values)
            values[i].text = text;
    }
    if (to) {
        to->values = values;
        *nbl = to;
    }
}

static void place_packet(struct room *room, struct pktmon_packet *packet)
{
    const uint8_t *data = place(room, packet->data, packet->caplen);

    if (room->memory)
        packet->data = data;
    place_text(room, &packet->edge_name);
    place_text(room, &packet->drop_reason);
    place_text(room, &packet->drop_location);
    place_text(room, &packet->comm);
    place_text(room, &packet->cgroup);
    place_text(room, &packet->netns);
    place_text(room, &packet->comment);
    place_nbl(room, &packet->nbl);
}

static void place_counters(struct room *room, struct pktmon_counters *counters)
{
    size_t size = counters->reason_count * sizeof(*counters->reasons);
    struct pktmon_drop_count *reasons = place(room, counters->reasons, size);

    for (size_t i = 0; i < counters->reason_count; i++) {
        const char *reason = counters->reasons[i].reason;

        place_text(room, &reason);
        if (reasons)
            reasons[i].reason = reason;
    }
    if (room->memory)
        counters->reasons = reasons;
    place_text(room, &counters->edge_name);
    place_text(room, &counters->drop_reason);
}

static const struct pktmon_event *place_observation(struct room *room,
                                                    const struct pktmon_event *event)
{
    struct pktmon_event measured = *event;
    struct pktmon_event *copy = place(room, event, sizeof(*event));

    place_packet(room, copy ? &copy->packet : &measured.packet);
    return copy;
}

static const struct pktmon_piece *place_pieces(struct room *room, const struct pktmon_piece *pieces,
                                               uint32_t count)
{
    struct pktmon_piece *copies = place(room, pieces, count * sizeof(*pieces));

    for (uint32_t i = 0; pieces && i < count; i++) {
        const uint8_t *data = place(room, pieces[i].data, pieces[i].caplen);

        if (copies)
            copies[i].data = data;
    }
    return copies;
}

static const struct pktmon_hop *place_hops(struct room *room, const struct pktmon_hop *hops,
                                           size_t count)
{
    struct pktmon_hop *copies = place(room, hops, count * sizeof(*hops));

    for (size_t i = 0; i < count; i++) {
        struct pktmon_hop hop = hops[i];

        hop.event = place_observation(room, hops[i].event);
        hop.pieces = place_pieces(room, hops[i].pieces, hops[i].count);
        place_text(room, &hop.name);
        if (copies)
            copies[i] = hop;
    }
    return copies;
}

static void place_journey(struct room *room, const struct pktmon_journey **journey)
{
    struct pktmon_journey copy = **journey;
    struct pktmon_journey *at = place(room, *journey, sizeof(copy));

    copy.data = place(room, copy.data, copy.caplen);
    copy.hops = place_hops(room, copy.hops, copy.hop_count);
    place_text(room, &copy.path);
    if (!at)
        return;
    *at = copy;
    *journey = at;
}

static void place_all(struct room *room, struct pktmon_event *event)
{
    switch (event->record) {
    case PKTMON_RECORD_PACKET:
        place_packet(room, &event->packet);
        break;
    case PKTMON_RECORD_COUNTERS:
        place_counters(room, &event->counters);
        break;
    case PKTMON_RECORD_FILTER:
        place_text(room, &event->filter.name);
        place_text(room, &event->filter.text);
        break;
    case PKTMON_RECORD_EVENT:
        place_text(room, &event->notice.provider);
        place_text(room, &event->notice.message);
        break;
    case PKTMON_RECORD_JOURNEY:
        place_journey(room, &event->journey);
        break;
    default: /* they point to nothing */
        break;
    }
}

struct event_copy *event_copy_new_in(const struct pktmon_event *event,
                                     void *(*take)(void *context, size_t size), void *context)
{
    struct pktmon_event measured = *event;
    struct room room = {0};

    place_all(&room, &measured);
    size_t size = sizeof(struct event_copy) + room.used;
    struct event_copy *copy = take(context, size);
    g_atomic_ref_count_init(&copy->owners);
    copy->size = size;
    copy->event = *event;
    room = (struct room){.memory = (char *)(copy + 1)};
    place_all(&room, &copy->event);
    return copy;
}

static void *take_memory(void *context, size_t size)
{
    (void)context;
    return g_malloc(size);
}

struct event_copy *event_copy_new(const struct pktmon_event *event)
{
    return event_copy_new_in(event, take_memory, NULL);
}

struct event_copy *event_copy_ref(struct event_copy *copy)
{
    g_atomic_ref_count_inc(&copy->owners);
    return copy;
}

void event_copy_unref(struct event_copy *copy)
{
    if (copy && g_atomic_ref_count_dec(&copy->owners))
        g_free(copy);
}
