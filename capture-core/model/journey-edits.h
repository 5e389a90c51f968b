/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a hop as edits of other bytes, the base: those of the packet's frame. Both are not
 * needed to be alike, but are mostly: other MAC addresses, TTL and checksum, outer headers put
 * before or taken away, bytes missing at the end.
 *
 *   edits: nothing, or operations one after the other; then the base is copied from where they
 *          ended, until the hop has all its bytes
 *
 *   operation  varint  bytes that are copied from the base
 *              varint  4 * literal bytes, + 1 where the base does not go on by as many, + 2 where
 *                      all of them are alike
 *              varint  where the base does not: by how many more it goes on, folded
 *                      (journey-bytes.h)
 *              literal bytes; where all are alike, one
 *
 * Equal bytes, and bytes missing at the end, are no edits at all. Other MAC addresses are 14 bytes,
 * those of a synthesised link header 3, a TTL and a checksum 6 more, an outer header of 50 bytes
 * 54, one taken away 4.
 *
 * No dependency but libc: the dissector uses it too.
 */
#ifndef PKTMON_MODEL_JOURNEY_EDITS_H
#define PKTMON_MODEL_JOURNEY_EDITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journey-bytes.h"

#define JOURNEY_BASE_BLOCKS 8192 /* that are found where they moved: 64 KiB of a base */

/* A base, and where its blocks of eight bytes are (made when they are first needed). */
struct journey_base {
    const uint8_t *data; /* borrowed */
    size_t size;
    size_t mask;                          /* of blocks; 0 = not made yet */
    uint16_t blocks[JOURNEY_BASE_BLOCKS]; /* by hash: number of the block, from 1 */
};

/* Begins with another base. Its blocks are not cleared: only those of a made table are looked at.
 */
void journey_base_set(struct journey_base *base, const uint8_t *data, size_t size);

/*
 * Puts the edits that make the bytes at data of the base. shift: by how many bytes the hop's packet
 * is longer (of its headers, as the two original lengths tell); 0 = not known. Time grows with the
 * bytes of both, and no edits are more than JOURNEY_EDITS_ROOM(size) bytes; where there is no room
 * for them, writer->overflow is set.
 */
#define JOURNEY_EDITS_ROOM(size) ((size) + (size_t)2 * JOURNEY_MAX_VARINT)
void journey_edits_put(struct journey_writer *writer, struct journey_base *base,
                       const uint8_t *data, size_t size, int64_t shift);

/*
 * The inverse, for any bytes. Returns how many bytes stand at to: fewer than size where the base
 * has been cut since, or the edits are malformed. None of them is a guess. Of a run of bytes that
 * stands in the base, as all of an equal hop does, that is the whole cost.
 */
size_t journey_edits_apply(const uint8_t *edits, size_t edits_size, const uint8_t *base,
                           size_t base_size, uint8_t *to, size_t size);

#endif
