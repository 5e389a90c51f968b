/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops in words: the reason's name, the place, and the component that a drop belongs to. */
#ifndef PKTMON_DROPS_H
#define PKTMON_DROPS_H

#include <glib.h>
#include <stdbool.h>

#include "../records.h"
#include "topology.h"

struct drop_names;

struct btf;

/* Reads the reasons of the running kernel, whose BTF this is, and of its modules from theirs. */
struct drop_names *drop_names_new(struct btf *kernel);
/* location_texts: the descriptor of the map (borrowed), needed before the first place is named. */
void drop_names_locate(struct drop_names *names, int location_texts);
/* "NETFILTER_DROP"; for a number without a name "REASON_" and the number. Owned by names. */
const char *drop_reason_name(struct drop_names *names, uint32_t reason);
/* "symbol+0xoffset", or NULL where the kernel gave no symbol. Owned by names. */
const char *drop_location_name(struct drop_names *names, uint32_t location);
/* Whether a packet can be dropped for the reason of this name, in any case. False: error, with the
 * name that may have been meant. */
bool drop_names_check(const struct drop_names *names, const char *word, GError **error);
void drop_names_free(struct drop_names *names);

/* The component that a drop is attributed to. */
uint32_t drop_component(struct topology *topology, const struct drop_key *key, const char *reason,
                        const char *location);

/* The layer that takes packets of this Ethertype. */
uint32_t drop_network_component(struct topology *topology, uint64_t net_cookie, uint16_t protocol);

/* enum record_way of a drop, for which the reason knows better than where the packet was seen. */
uint8_t drop_way(const char *reason, const char *location, uint8_t way);

/* Whether the kernel was done with the packet, and only has no better word for it. */
bool drop_is_end(const char *reason, const char *location);

/* Whether what ended was a copy, while the packet lives on in another buffer, or a packet that a
 * socket had taken. flags: enum record_flag. */
bool drop_is_copy_released(uint8_t flags, const char *reason, const char *location);

#endif
