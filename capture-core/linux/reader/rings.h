/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring buffers, read as one sequence in the order of time. A record may be written a little
 * after its time was taken, on another CPU or at another interrupt level, so the newest records
 * are held back until nothing older can come.
 */
#ifndef PKTMON_RINGS_H
#define PKTMON_RINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "../records.h"

struct rings;

/* Called with each record as it comes out of its ring, before it is due. */
typedef void rings_look_ahead(void *context, const struct packet_record *record);

/* Takes the descriptors over. NULL: error. */
struct rings *rings_new(const int *descriptors, unsigned int count, rings_look_ahead *look_ahead,
                        void *context, GError **error);

/* Reads what the rings hold; true: there was something. now: CLOCK_MONOTONIC, ns. */
bool rings_pull(struct rings *rings, uint64_t now);

/* Whether the last pull left something behind. */
bool rings_have_more(const struct rings *rings);

/* After the programs were detached: all that is left comes, whatever its time. */
void rings_finish(struct rings *rings);

/* The next record that is due, with its packet bytes behind it; NULL: none. It is valid until the
 * next call of rings_pull(). */
const struct packet_record *rings_next(struct rings *rings);

/* No record older than this will come any more, ns. */
uint64_t rings_watermark(const struct rings *rings);

void rings_free(struct rings *rings);

#endif
