/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap.h"

static void swap(void **items, guint one, guint other)
{
    void *kept = items[one];

    items[one] = items[other];
    items[other] = kept;
}

static void rise(void **items, guint index, heap_order *is_before)
{
    while (index > 0 && is_before(items[index], items[(index - 1) / 2])) {
        swap(items, index, (index - 1) / 2);
        index = (index - 1) / 2;
    }
}

static void sink(void **items, guint length, heap_order *is_before)
{
    guint index = 0, child;

    while ((child = 2 * index + 1) < length) {
        if (child + 1 < length && is_before(items[child + 1], items[child]))
            child++;
        if (!is_before(items[child], items[index]))
            return;
        swap(items, index, child);
        index = child;
    }
}

void heap_push(GPtrArray *heap, void *item, heap_order *is_before)
{
    g_ptr_array_add(heap, item);
    rise(heap->pdata, heap->len - 1, is_before);
}

void *heap_pop(GPtrArray *heap, heap_order *is_before)
{
    void *first;

    if (heap->len == 0)
        return NULL;
    swap(heap->pdata, 0, heap->len - 1);
    first = g_ptr_array_steal_index(heap, heap->len - 1);
    sink(heap->pdata, heap->len, is_before);
    return first;
}
