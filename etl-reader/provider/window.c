/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "window.h"

#define WAIT_NS     UINT64_C(1000000)
#define MAX_WAITING 256

struct etl_window_item {
    struct etl_record record; /* points into bytes */
    uint8_t *bytes;
    bool is_packet; /* packet is set */
    struct etl_packet_event packet;
    bool has_notes;
    bool joined; /* out-of-band data that was joined to its packet */
    struct etl_notes notes;
};

struct etl_window {
    etl_window_out *out;
    etl_window_joined *joined;
    void *user;
    GQueue *items; /* the oldest at the head */
};

struct etl_window *etl_window_new(etl_window_out *out, etl_window_joined *joined, void *user)
{
    struct etl_window *window = g_new0(struct etl_window, 1);
    window->out = out;
    window->joined = joined;
    window->user = user;
    window->items = g_queue_new();
    return window;
}

static void free_item(gpointer data)
{
    struct etl_window_item *item = data;
    g_free(item->bytes);
    g_free(item);
}

void etl_window_free(struct etl_window *window)
{
    if (!window)
        return;
    g_queue_free_full(window->items, free_item);
    g_free(window);
}

static struct etl_window_item *copy_record(const struct etl_record *record)
{
    struct etl_window_item *item = g_new0(struct etl_window_item, 1);
    item->bytes = g_memdup2(record->bytes, record->size);
    etl_record_parse(item->bytes, record->size, &item->record);
    item->record.time = record->time;
    item->record.cpu = record->cpu;
    item->is_packet = etl_record_is(&item->record, ETL_RECORD_EVENT, etl_pktmon_guid) &&
                      etl_packet_event_read(&item->record, &item->packet) == ETL_PACKET_READ;
    return item;
}

static bool has_bytes(const struct etl_window_item *item)
{
    return item->packet.kind == ETL_PACKET_FRAME;
}

/* The second group field is the packet's number in some events and the number of packets in others,
 * so it is not compared. */
static bool belong_together(const struct etl_window_item *left, const struct etl_window_item *right)
{
    const struct etl_packet_event *a = &left->packet, *b = &right->packet;
    return left->is_packet && right->is_packet && a->has_group && b->has_group &&
           has_bytes(left) != has_bytes(right) && a->group == b->group &&
           a->appearance == b->appearance && a->component == b->component && a->edge == b->edge &&
           a->dropped == b->dropped;
}

static void add_note(struct etl_window_item *packet, struct etl_window_item *from)
{
    const struct etl_packet_event *event = &from->packet;
    struct etl_notes *notes = &packet->notes;
    packet->has_notes = true;
    from->joined = true;
    if (event->kind == ETL_PACKET_NBL) {
        notes->has_nbl = true;
        memcpy(notes->nbl, event->nbl, sizeof(notes->nbl));
    } else if (event->kind == ETL_PACKET_CONTEXT) {
        notes->has_context = true;
        notes->context_type = event->context_type;
        notes->context = event->context;
    } else {
        notes->vlan = event->addresses.vlan;
    }
}

static void find_partners(struct etl_window *window, struct etl_window_item *item)
{
    for (GList *at = window->items->tail; at && item->is_packet; at = at->prev) {
        struct etl_window_item *other = at->data;
        if (!belong_together(item, other))
            continue;
        if (has_bytes(item))
            add_note(item, other);
        else
            add_note(other, item);
    }
}

static void release_oldest(struct etl_window *window)
{
    struct etl_window_item *item = g_queue_pop_head(window->items);
    if (item->joined)
        window->joined(window->user, &item->record);
    else
        window->out(window->user, &item->record, item->has_notes ? &item->notes : NULL);
    free_item(item);
}

void etl_window_add(struct etl_window *window, const struct etl_record *record)
{
    struct etl_window_item *item = copy_record(record);
    find_partners(window, item);
    g_queue_push_tail(window->items, item);
    while (window->items->length > MAX_WAITING)
        release_oldest(window);
    while (window->items->length > 0) {
        const struct etl_window_item *oldest = window->items->head->data;
        if (record->time - oldest->record.time <= WAIT_NS)
            break;
        release_oldest(window);
    }
}

void etl_window_flush(struct etl_window *window)
{
    while (window->items->length > 0)
        release_oldest(window);
}
