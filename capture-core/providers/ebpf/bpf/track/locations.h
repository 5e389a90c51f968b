/* SPDX-License-Identifier: GPL-2.0-or-later */
/* location_*: addresses in the kernel's code, which the reader knows only by their texts. */
#ifndef PKTMON_EBPF_BPF_TRACK_LOCATIONS_H
#define PKTMON_EBPF_BPF_TRACK_LOCATIONS_H

#include "end-kinds.h"

/* The index of the newest location. Index 0 means "not known". */
static __u32 last_location;

/* Returns the index of the location's text, "symbol+0xoffset/0xsize [module]". Makes the text when
 * the location is met for the first time. Global function, see content_read(). */
__noinline __u32 location_find(__u64 location)
{
    static const char format[] = "%pB";
    __u32 *known = bpf_map_lookup_elem(&location_index, &location);
    char *text;
    __u32 index;

    if (known)
        return *known;
    if (last_location >= RECORD_MAX_LOCATIONS - 1) /* full: the index must not wrap */
        return 0;
    index = __sync_fetch_and_add(&last_location, 1) + 1;
    text = bpf_map_lookup_elem(&location_texts, &index);
    if (!text)
        return 0;
    bpf_snprintf(text, RECORD_LOCATION_SIZE, format, &location, sizeof(location));
    if (text[0] == '0' && text[1] == 'x') /* no symbol: the address must not leave the kernel */
        __builtin_memset(text, 0, RECORD_LOCATION_SIZE);
    end_learn_kind(index);
    bpf_map_update_elem(&location_index, &location, &index, BPF_ANY);
    return index;
}

/* The kind of an end at this location. Global function, see content_read(). */
__noinline __u32 location_end_kind(__u64 location)
{
    return end_find_kind(location_find(location));
}

#endif
