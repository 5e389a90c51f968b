/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets have several copies, known ahead of time. A copy may end before the kernel programs
 * have seen the next one, and only that one decides whether the packet was lost with the first.
 * Records are held back a little longer than their order needs, and decisions are taken when they
 * are delivered.
 */
#ifndef PKTMON_EBPF_READER_COPIES_H
#define PKTMON_EBPF_READER_COPIES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "providers/ebpf/records.h"

struct ebpf_copies;

struct ebpf_copies *ebpf_copies_new(void);
/* To be called with each record that leaves a ring (ebpf_look_ahead of rings.h). copies: a struct
 * ebpf_copies. */
void ebpf_copies_look_ahead(void *copies, const struct packet_record *record);
/* Whether a copy of the packet was first seen after this time, as far as records were read. */
bool ebpf_copies_has_later(const struct ebpf_copies *copies, uint64_t group, uint64_t time);
/* Takes a drop back that the kernel programs counted, and that turned out to be the end of a copy.
 */
void ebpf_copies_correct(struct ebpf_copies *copies, const struct drop_key *key, uint64_t bytes);
/* What is to be subtracted from the counters of these drops. */
struct drop_counters ebpf_copies_correction(const struct ebpf_copies *copies,
                                            const struct drop_key *key);
/* Forgets the corrections of drops that are no longer counted: of this key, and of all that the
 * kernel's map (its descriptor) does not have. */
void ebpf_copies_forget(struct ebpf_copies *copies, const struct drop_key *key);
void ebpf_copies_prune(struct ebpf_copies *copies, int drops);

void ebpf_copies_free(struct ebpf_copies *copies);

#endif
