/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event-copy.h"

#include <string.h>

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

    if (!data) {
        return NULL;
    }
    if (room->memory) {
        at = memcpy(room->memory + room->used, data, size);
    }
    room->used += (size + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
    return at;
}

static void place_text(struct room *room, const char **text)
{
    char *at = place(room, *text, *text ? strlen(*text) + 1 : 0);

    if (room->memory) {
        *text = at;
    }
}

static void place_nbl(struct room *room, const struct pktmon_nbl **nbl)
{
    const struct pktmon_nbl *from = *nbl;

    if (!from) {
        return;
    }
    struct pktmon_nbl *to = place(room, from, sizeof(*from));
    struct pktmon_nbl_value *values =
        place(room, from->values, from->count * sizeof(*from->values));
    for (size_t i = 0; i < from->count; i++) {
        const char *text = from->values[i].text;

        place_text(room, &text);
        if (values) {
            values[i].text = text;
        }
    }
    if (to) {
        to->values = values;
        *nbl = to;
    }
}

static void place_packet(struct room *room, struct pktmon_packet *packet)
{
    const uint8_t *data = place(room, packet->data, packet->caplen);

    if (room->memory) {
        packet->data = data;
    }
    place_text(room, &packet->edge_name);
    place_text(room, &packet->drop_reason);
    place_text(room, &packet->drop_location);
    place_text(room, &packet->comm);
    place_text(room, &packet->cgroup);
    place_text(room, &packet->netns);
    place_nbl(room, &packet->nbl);
}

static void place_counters(struct room *room, struct pktmon_counters *counters)
{
    size_t size = counters->reason_count * sizeof(*counters->reasons);
    struct pktmon_drop_count *reasons = place(room, counters->reasons, size);

    for (size_t i = 0; i < counters->reason_count; i++) {
        const char *reason = counters->reasons[i].reason;

        place_text(room, &reason);
        if (reasons) {
            reasons[i].reason = reason;
        }
    }
    if (room->memory) {
        counters->reasons = reasons;
    }
    place_text(room, &counters->edge_name);
    place_text(room, &counters->drop_reason);
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
    default: /* they point to nothing */
        break;
    }
}

struct event_copy *event_copy_new(const struct pktmon_event *event)
{
    struct pktmon_event measured = *event;
    struct room room = {0};

    place_all(&room, &measured);
    size_t size = sizeof(struct event_copy) + room.used;
    struct event_copy *copy = g_malloc(size);
    g_atomic_ref_count_init(&copy->owners);
    copy->size = size;
    copy->event = *event;
    room = (struct room){.memory = (char *)(copy + 1)};
    place_all(&room, &copy->event);
    return copy;
}

struct event_copy *event_copy_ref(struct event_copy *copy)
{
    g_atomic_ref_count_inc(&copy->owners);
    return copy;
}

void event_copy_unref(struct event_copy *copy)
{
    if (copy && g_atomic_ref_count_dec(&copy->owners)) {
        g_free(copy);
    }
}
