/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xdp-drops.h"

#include <glib.h>

#include "model/clock.h"
#include "model/salted-hash.h"

static guint device_hash(gconstpointer pointer)
{
    const struct device_key *device = pointer;

    return salted_bytes(device, offsetof(struct device_key, edge));
}

static gboolean device_equal(gconstpointer one, gconstpointer other)
{
    const struct device_key *a = one, *b = other;

    return a->net_cookie == b->net_cookie && a->ifindex == b->ifindex;
}

GHashTable *ebpf_xdp_readings_new(void)
{
    return g_hash_table_new_full(device_hash, device_equal, NULL, g_free);
}

void ebpf_xdp_readings_add(GHashTable *readings, const struct agent_xdp *report, bool before)
{
    const struct device_key device = {.net_cookie = report->net_cookie, .ifindex = report->ifindex};
    struct ebpf_xdp_reading *reading = g_hash_table_lookup(readings, &device);

    if (!reading) {
        reading = g_new0(struct ebpf_xdp_reading, 1);
        reading->device = device;
        g_hash_table_insert(readings, &reading->device, reading);
    }
    if (before)
        reading->before = report->drops;
    else if (report->drops > MAX(reading->drops, reading->before))
        reading->newest = clock_monotonic();
    reading->drops = report->drops;
}

uint64_t ebpf_xdp_drops(const struct ebpf_xdp_reading *reading)
{
    if (!reading || !reading->newest || reading->drops <= reading->before)
        return 0;
    return reading->drops - reading->before;
}
