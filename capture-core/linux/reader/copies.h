/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets have several copies, known ahead of time: a copy may end before the kernel programs
 * have seen the next one, and whether its packet died of it depends on that one. Records are held
 * back a little longer than their order needs, and decisions are taken when they are delivered.
 */
#ifndef PKTMON_COPIES_H
#define PKTMON_COPIES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "../records.h"

struct copies;

struct copies *copies_new(void);
/* A record came out of a ring; a struct copies as the context of rings_new(). */
void copies_look_ahead(void *copies, const struct packet_record *record);
/* Whether the packet has several copies, as far as looked ahead. */
bool copies_has(const struct copies *copies, uint64_t group);
/* A drop was found to be the end of a copy after the kernel programs had counted it as a drop. */
void copies_correct(struct copies *copies, const struct drop_key *key, uint64_t bytes);
/* What is to be taken from the counters of these drops. */
struct drop_counters copies_correction(const struct copies *copies, const struct drop_key *key);
/* The drops of this kind are counted no more, nor those that the kernel's map does not count. */
void copies_forget(struct copies *copies, const struct drop_key *key);
void copies_prune(struct copies *copies, int drops);

void copies_free(struct copies *copies);

#endif
