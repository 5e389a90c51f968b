/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters that the kernel programs keep, read from their maps. */
#ifndef PKTMON_EBPF_READER_READINGS_H
#define PKTMON_EBPF_READER_READINGS_H

#include <glib.h>

#include "providers/ebpf/records.h"

/* One edge of one device, over all CPUs. */
struct ebpf_edge_reading {
    struct device_key key;
    struct edge_counters sum;
};

/* One kind of drop, over all CPUs. */
struct ebpf_drop_reading {
    struct drop_key key;
    struct drop_counters sum;
};

/* Arrays of these; the caller frees them. The descriptors of the maps are borrowed. */
GArray *ebpf_read_edges(int counters);
GArray *ebpf_read_drops(int drops);
/* Keys alone (struct device_key). */
GArray *ebpf_read_devices(int devices);
struct unaccounted ebpf_read_unaccounted(int unaccounted);
/* Packets that began to be recorded. */
struct group_counts ebpf_read_groups(int group_counts);
/* The capture's own output. */
struct own_counts ebpf_read_own(int own_counts);

#endif
