/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of drops: of the reason, the location and the functions that led there. */
#ifndef PKTMON_EBPF_READER_DROP_NAMES_H
#define PKTMON_EBPF_READER_DROP_NAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "providers/ebpf/records.h"

struct ebpf_drop_names;

struct btf;

/* Reads the reasons of the running kernel from its BTF, and those of its modules from theirs. */
struct ebpf_drop_names *ebpf_drop_names_new(struct btf *kernel);
/* Sets the descriptors of the maps (borrowed), which naming a location needs. */
void ebpf_drop_names_set_maps(struct ebpf_drop_names *names, int location_texts, int stacks);
/* "NETFILTER_DROP"; for a number without a name "REASON_" and the number. A module may bring the
 * name later. Owned by names. */
const char *ebpf_drop_reason_name(struct ebpf_drop_names *names, uint32_t reason);
/* "symbol+0xoffset", or NULL where the kernel gave no symbol. Owned by names. */
const char *ebpf_drop_location_name(struct ebpf_drop_names *names, uint32_t location);
/* The functions that led to a drop, as locations, from the one that dropped outward, ends with
 * NULL. NULL: unknown. Owned by names. */
const char *const *ebpf_drop_callers(struct ebpf_drop_names *names, uint32_t stack);
/* Whether packets can be dropped for the reason of this name (in any case), now or once a module
 * that has such reasons is loaded. False: error, which suggests a name. */
bool ebpf_drop_names_check(const struct ebpf_drop_names *names, const char *word, GError **error);
void ebpf_drop_names_free(struct ebpf_drop_names *names);

/* Whether the kernel was done with the packet, and only has no better reason for its end. flags:
 * enum record_flag. */
bool ebpf_drop_is_end(uint8_t flags, const char *reason, const char *location);

/* Whether the buffer was a copy while the packet lives on in another one, or a packet that a socket
 * had taken, or one of which this kernel does not record whether it was dropped. flags: enum
 * record_flag. */
bool ebpf_drop_is_copy_released(const struct ebpf_drop_names *names, uint8_t flags,
                                const char *reason, const char *location);

#endif
