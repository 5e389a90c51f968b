/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter-bits.h"

static bool is_used(const struct filter_bits *bits, unsigned bit)
{
    return bits->used >> bit & 1;
}

bool filter_bits_add(struct filter_bits *bits, const struct pktmon_provider_filter *filter,
                     struct bit_list *list)
{
    for (unsigned i = 0; i < PKTMON_PROVIDER_FILTERS; i++) {
        unsigned bit = (bits->next + i) % PKTMON_PROVIDER_FILTERS;

        if (!is_used(bits, bit)) {
            bits->filters[bit] = *filter;
            bits->used |= 1ULL << bit;
            bits->next = (bit + 1) % PKTMON_PROVIDER_FILTERS;
            list->bits[list->count++] = bit;
            return true;
        }
    }
    return false;
}

void filter_bits_release(struct filter_bits *bits, const struct bit_list *list,
                         const struct bit_list *kept)
{
    bits->used &= ~(bit_list_mask(list) & ~bit_list_mask(kept));
}

size_t filter_bits_for_provider(const struct filter_bits *bits,
                                struct pktmon_provider_filter *filters)
{
    size_t count = 0;

    for (unsigned bit = 0; bit < PKTMON_PROVIDER_FILTERS; bit++) {
        filters[bit] = (struct pktmon_provider_filter){.unused = true};
        if (is_used(bits, bit)) {
            filters[bit] = bits->filters[bit];
            count = bit + 1;
        }
    }
    return count;
}

uint64_t bit_list_mask(const struct bit_list *list)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < list->count; i++) {
        mask |= 1ULL << list->bits[i];
    }
    return mask;
}

uint64_t bit_list_translate(const struct bit_list *list, uint64_t matching)
{
    uint64_t own = 0;

    for (size_t i = 0; i < list->count; i++) {
        own |= (matching >> list->bits[i] & 1) << i;
    }
    return own;
}
