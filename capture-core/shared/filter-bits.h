/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bit of a provider belongs to which filter of which subscriber. A bit that is given back is
 * given out again as late as possible: packets that its former filter matched may be under way.
 */
#ifndef PKTMON_SHARED_FILTER_BITS_H
#define PKTMON_SHARED_FILTER_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider.h"

/* Zero is one without filters. */
struct filter_bits {
    /* The expressions are borrowed of who asked for the bit. */
    struct pktmon_provider_filter filters[PKTMON_PROVIDER_FILTERS];
    uint64_t used; /* bits that belong to someone */
    unsigned next; /* where the search for a free one begins */
};

/* The bits of one subscriber, in the order of its filters. */
struct bit_list {
    uint8_t bits[PKTMON_PROVIDER_FILTERS];
    size_t count;
};

/* Adds a bit for the filter to the list. False: there is none left. */
bool filter_bits_add(struct filter_bits *bits, const struct pktmon_provider_filter *filter,
                     struct bit_list *list);
/* Gives back the bits of a list, but those that the other one has. */
void filter_bits_release(struct filter_bits *bits, const struct bit_list *list,
                         const struct bit_list *kept);

/* As a provider is told of them, unused ones in between; returns their number. */
size_t filter_bits_for_provider(const struct filter_bits *bits,
                                struct pktmon_provider_filter *filters);

uint64_t bit_list_mask(const struct bit_list *list);
/* The provider's bits as those of the list's owner. */
uint64_t bit_list_translate(const struct bit_list *list, uint64_t matching);

#endif
