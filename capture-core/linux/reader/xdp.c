/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xdp.h"

#include "clock.h"
#include "salted.h"

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

GHashTable *xdp_readings_new(void)
{
    return g_hash_table_new_full(device_hash, device_equal, NULL, g_free);
}

void xdp_readings_take(GHashTable *readings, const struct agent_xdp *said, bool before)
{
    const struct device_key device = {.net_cookie = said->net_cookie, .ifindex = said->ifindex};
    struct xdp_reading *reading = g_hash_table_lookup(readings, &device);

    if (!reading) {
        reading = g_new0(struct xdp_reading, 1);
        reading->device = device;
        g_hash_table_insert(readings, &reading->device, reading);
    }
    if (before)
        reading->before = said->drops;
    else if (said->drops > MAX(reading->drops, reading->before))
        reading->newest = pktmon_clock_monotonic();
    reading->drops = said->drops;
}
