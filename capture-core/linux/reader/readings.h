/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters that the kernel programs keep, read from their maps. */
#ifndef PKTMON_READINGS_H
#define PKTMON_READINGS_H

#include <glib.h>

#include "../records.h"

/* One edge of one device, over all CPUs. */
struct edge_reading {
    struct device_key key;
    struct edge_counters sum;
};

/* One kind of drop, over all CPUs. */
struct drop_reading {
    struct drop_key key;
    struct drop_counters sum;
};

/* Arrays of the above; the caller frees them. The descriptors are borrowed. */
GArray *readings_edges(int counters);
GArray *readings_drops(int drops);
/* Keys alone. */
GArray *readings_devices(int devices);
struct unaccounted readings_unaccounted(int unaccounted);
/* The same of packets that began to be recorded. */
struct group_counts readings_groups(int group_counts);
/* The same of the capture's own output. */
struct own_counts readings_own(int own_counts);

#endif
