/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter-bits.h"

/* Longer than a provider follows a packet that it sees no more of. */
#define FOLLOWED_NS (30ULL * 1000 * 1000 * 1000)

static bool is_used(const struct filter_bits *bits, unsigned bit)
{
    return bits->used >> bit & 1;
}

/* Whether packets may be under way that its former filter matched. */
static bool is_warm(const struct filter_bits *bits, unsigned bit, uint64_t now)
{
    return bits->given_back[bit] > 0 && now < bits->given_back[bit] + FOLLOWED_NS;
}

/* Whether a free bit is the better one to give out than another, lower one. */
static bool is_better(const struct filter_bits *bits, unsigned bit, unsigned other, uint64_t now)
{
    return is_warm(bits, other, now) &&
           (!is_warm(bits, bit, now) || bits->given_back[bit] < bits->given_back[other]);
}

bool filter_bits_add(struct filter_bits *bits, const struct provider_filter *filter,
                     struct bit_list *list, uint64_t now)
{
    unsigned best = PROVIDER_MAX_FILTERS;

    for (unsigned bit = 0; bit < PROVIDER_MAX_FILTERS; bit++) {
        if (!is_used(bits, bit) &&
            (best == PROVIDER_MAX_FILTERS || is_better(bits, bit, best, now))) {
            best = bit;
        }
    }
    if (best == PROVIDER_MAX_FILTERS)
        return false;
    bits->filters[best] = *filter;
    bits->used |= 1ULL << best;
    list->bits[list->count++] = best;
    return true;
}

void filter_bits_release(struct filter_bits *bits, const struct bit_list *list,
                         const struct bit_list *kept, uint64_t now)
{
    uint64_t released = bits->used & bit_list_mask(list) & ~bit_list_mask(kept);

    for (unsigned bit = 0; bit < PROVIDER_MAX_FILTERS; bit++) {
        if (released >> bit & 1)
            bits->given_back[bit] = now;
    }
    bits->used &= ~released;
}

size_t filter_bits_for_provider(const struct filter_bits *bits, struct provider_filter *filters)
{
    size_t count = 0;

    for (unsigned bit = 0; bit < PROVIDER_MAX_FILTERS; bit++) {
        filters[bit] = (struct provider_filter){.unused = true};
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

    for (size_t i = 0; i < list->count; i++)
        mask |= 1ULL << list->bits[i];
    return mask;
}

uint64_t bit_list_translate(const struct bit_list *list, uint64_t matching)
{
    uint64_t own = 0;

    for (size_t i = 0; i < list->count; i++)
        own |= (matching >> list->bits[i] & 1) << i;
    return own;
}
