/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A metadata record in one printable line, for the Info column and the head of the tree.
 */
#ifndef PKTMON_SUMMARY_H
#define PKTMON_SUMMARY_H

#include <epan/packet.h>

#include "components.h"
#include "frame-record.h"

const char *summary_of_record(const struct record *record, const struct component_words *words,
                              wmem_allocator_t *scope);

/* "Dropped: NETFILTER_DROP at nft_do_chain+0x3e8"; NULL where the record is no drop. */
const char *summary_of_drop(const struct record *record, wmem_allocator_t *scope);

#endif
