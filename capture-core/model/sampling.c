/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampling.h"

bool is_in_sample(uint64_t group, uint32_t sample)
{
    /* The same decision as in the kernel programs (bpf/track/shed-groups.h). */
    uint32_t hash = group * 0x9E3779B97F4A7C15ULL >> 32;

    return sample < 2 || hash >= (1ULL << 32) - (1ULL << 32) / sample;
}
