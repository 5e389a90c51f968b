/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readings of all counters, as events. */
#ifndef PKTMON_EBPF_READER_READER_COUNTERS_H
#define PKTMON_EBPF_READER_READER_COUNTERS_H

#include "ebpf-state.h"

/* Takes a reading of all counters, and of what was lost; the events wait for their place. */
void ebpf_read_counters(struct ebpf_provider *provider);

#endif
