/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bit of a provider belongs to which filter of which subscriber. A released bit is reused
 * only when no packet that its former filter matched can still be followed; until then free bits
 * are taken, the lowest first, because each bit below the highest one costs, used or not. If no
 * other is free, the one that was released first is reused.
 */
#ifndef PKTMON_MULTIPLEX_FILTER_BITS_H
#define PKTMON_MULTIPLEX_FILTER_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "providers/provider.h"

/* Zero is one without filters. */
struct filter_bits {
    /* The expressions are borrowed from whoever requested the bit. */
    struct provider_filter filters[PROVIDER_MAX_FILTERS];
    uint64_t used;                             /* bits that belong to someone */
    uint64_t given_back[PROVIDER_MAX_FILTERS]; /* when, ns, monotonic; 0: never used */
};

/* The bits of one subscriber, in the order of its filters. */
struct bit_list {
    uint8_t bits[PROVIDER_MAX_FILTERS];
    size_t count;
};

/* Adds a bit for the filter to the list. False: there is none left. now: ns, monotonic. */
bool filter_bits_add(struct filter_bits *bits, const struct provider_filter *filter,
                     struct bit_list *list, uint64_t now);
/* Gives back the bits of a list, but those that the other one has. */
void filter_bits_release(struct filter_bits *bits, const struct bit_list *list,
                         const struct bit_list *kept, uint64_t now);

/* Fills in the filters for a provider, with unused ones in between; returns their number. */
size_t filter_bits_for_provider(const struct filter_bits *bits, struct provider_filter *filters);

uint64_t bit_list_mask(const struct bit_list *list);
/* The provider's bits as those of the list's owner. */
uint64_t bit_list_translate(const struct bit_list *list, uint64_t matching);

#endif
