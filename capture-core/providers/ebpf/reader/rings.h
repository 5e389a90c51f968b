/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring buffers, read as one sequence in the order of time. A record may be written a little
 * after its time was taken, on another CPU or at another interrupt level, so the newest records
 * are held back until nothing older can come.
 */
#ifndef PKTMON_EBPF_READER_RINGS_H
#define PKTMON_EBPF_READER_RINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "providers/ebpf/records.h"

struct ebpf_rings;

/* A program takes the time and then writes its record within this time, unless a host stops the
 * virtual machine in between. */
#define RINGS_SETTLE_NS (5 * 1000 * 1000ULL)

/* Called with each record as it leaves its ring, before it is due. */
typedef void ebpf_look_ahead(void *context, const struct packet_record *record);

/* Takes ownership of the descriptors. NULL: error. */
struct ebpf_rings *ebpf_rings_new(const int *descriptors, unsigned int count,
                                  ebpf_look_ahead *look_ahead, void *context, GError **error);

/* Reads the rings; true: there was something. now: CLOCK_MONOTONIC, ns. */
bool ebpf_rings_pull(struct ebpf_rings *rings, uint64_t now);

/* Whether the last pull left something behind. */
bool ebpf_rings_has_more(const struct ebpf_rings *rings);

/* The programs are detached: makes all remaining records due. */
void ebpf_rings_finish(struct ebpf_rings *rings);

/* The next record that is due, followed by its packet bytes; NULL: none. Valid until the next call
 * of ebpf_rings_pull(). */
const struct packet_record *ebpf_rings_next(struct ebpf_rings *rings);

/* No record older than this will come, ns. */
uint64_t ebpf_rings_watermark(const struct ebpf_rings *rings);

void ebpf_rings_free(struct ebpf_rings *rings);

#endif
