/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A binary heap in a GPtrArray: the item at index 0 is before all others. */
#ifndef PKTMON_MODEL_HEAP_H
#define PKTMON_MODEL_HEAP_H

#include <glib.h>
#include <stdbool.h>

typedef bool heap_order(const void *one, const void *other);

void heap_push(GPtrArray *heap, void *item, heap_order *is_before);
/* Removes the first item, without freeing it. NULL: there is none. */
void *heap_pop(GPtrArray *heap, heap_order *is_before);

#endif
