/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include <glib.h>
#include <string.h>

#include "model/heap.h"

struct pcap_order {
    GPtrArray *heap; /* heap.h: of struct pcap_waiting */
    uint64_t count;  /* of all so far */
    size_t size;     /* bytes */
};

struct pcap_order *pcap_order_new(void)
{
    struct pcap_order *order = g_new0(struct pcap_order, 1);

    order->heap = g_ptr_array_new_with_free_func(g_free);
    return order;
}

void pcap_order_free(struct pcap_order *order)
{
    g_ptr_array_unref(order->heap);
    g_free(order);
}

static bool is_before(const void *left, const void *right)
{
    const struct pcap_waiting *one = left, *other = right;

    if (one->event.time != other->event.time)
        return one->event.time < other->event.time;
    if (one->rank != other->rank)
        return one->rank < other->rank;
    return one->number < other->number;
}

static size_t cost(const struct pcap_waiting *waiting)
{
    return sizeof(*waiting) + waiting->size;
}

struct pcap_waiting *pcap_order_add(struct pcap_order *order, const struct pktmon_event *event,
                                    uint32_t rank, const void *payload, size_t size)
{
    struct pcap_waiting *waiting = g_malloc(sizeof(*waiting) + size);

    *waiting = (struct pcap_waiting){
        .event = *event, .rank = rank, .number = order->count++, .size = size};
    if (size > 0)
        memcpy(waiting->payload, payload, size);
    order->size += cost(waiting);
    heap_push(order->heap, waiting, is_before);
    return waiting;
}

struct pcap_waiting *pcap_order_take(struct pcap_order *order, uint64_t time)
{
    const GPtrArray *heap = order->heap;
    struct pcap_waiting *oldest = heap->len > 0 ? heap->pdata[0] : NULL;

    if (!oldest || oldest->event.time > time)
        return NULL;
    heap_pop(order->heap, is_before);
    order->size -= cost(oldest);
    return oldest;
}

size_t pcap_order_size(const struct pcap_order *order)
{
    return order->size;
}
