/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums of what the entries of the kernel's tables counted, and the events made of them. */
#include "counter-sums.h"

#include <glib.h>
#include <string.h>

#include "attribution.h"
#include "copies.h"
#include "drop-names.h"
#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/edges.h"
#include "providers/netdev/topology.h"
#include "record-components.h"
#include "sums.h"
#include "xdp-drops.h"

/* --- sums --- */

void ebpf_add_edge(struct ebpf_provider *provider, GHashTable *sums, const struct device_key *key,
                   const struct edge_counters *counters)
{
    ebpf_sum_add_edge(ebpf_sums_get(sums, ebpf_edge_component(provider, key)), key->edge, counters);
}

/* Counts frames that were lost on receive apart; on send nobody else counts them. */
static bool add_received_frames(struct ebpf_provider *provider, GHashTable *sums,
                                const struct drop_key *key, const struct drop_counters *counters)
{
    struct drop_counters *frames;

    if (!key->in_xdp || key->direction != RECORD_RX)
        return false;
    frames = &ebpf_sums_get(sums, key->ifindex ? ebpf_device_component(provider, key->net_cookie,
                                                                       key->ifindex)
                                               : netdev_get_kernel(provider->topology))
                  ->frames;
    frames->packets += counters->packets;
    frames->newest = MAX(frames->newest, counters->newest);
    return true;
}

void ebpf_add_drops(struct ebpf_provider *provider, GHashTable *sums, const struct drop_key *key,
                    const struct drop_counters *counters)
{
    struct ebpf_drop_site site;
    const struct ebpf_drop_place place = ebpf_place_drop(provider, key, &site);
    const struct drop_counters no_drops = ebpf_copies_correction(provider->copies, key);
    struct ebpf_drop_part part = {.reason = site.reason,
                                  .direction = place.direction,
                                  .in_xdp = site.location && strstr(site.location, "_xdp_"),
                                  .counters = *counters};

    if (add_received_frames(provider, sums, key, counters))
        return;
    if (place.taken_back)
        ebpf_sum_take_back(ebpf_sums_get(sums, place.component), place.edge, counters);
    part.counters.packets -= MIN(part.counters.packets, no_drops.packets);
    part.counters.bytes -= MIN(part.counters.bytes, no_drops.bytes);
    if (part.counters.packets == 0 || ebpf_drop_is_end(key->flags, site.reason, site.location) ||
        ebpf_drop_is_copy_released(provider->names, key->flags, site.reason, site.location))
        return;
    ebpf_sum_add_drops(ebpf_sums_get(sums, place.component), &part);
}

/* Adds frames that were lost in XDP on receive: as counted by the driver or, where that is more, as
 * reported by the kernel, minus those reported as packets. A driver may also pass sk_buffs to its
 * XDP program (veth), and generic XDP always does. Drivers mostly count what the kernel reports
 * too, so the two must not be added up. */
static void add_frames(struct ebpf_component_sum *sum, const struct drop_counters *by_driver)
{
    struct ebpf_drop_part part = {.reason = "XDP", .counters = sum->frames};

    if (by_driver) {
        part.counters.packets = MAX(part.counters.packets, by_driver->packets);
        part.counters.newest = MAX(part.counters.newest, by_driver->newest);
    }
    part.counters.packets -= MIN(part.counters.packets, sum->in_xdp);
    if (part.counters.packets > 0)
        ebpf_sum_add_drops(sum, &part);
}

/* The counts of drivers, by component; several devices may share one. */
static GHashTable *drops_of_drivers(struct ebpf_provider *provider)
{
    GHashTable *all = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, provider->xdp);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct ebpf_xdp_reading *reading = value;
        struct drop_counters *sum;
        void *component;

        if (ebpf_xdp_drops(reading) == 0)
            continue;
        component = GUINT_TO_POINTER(
            ebpf_device_component(provider, reading->device.net_cookie, reading->device.ifindex));
        sum = g_hash_table_lookup(all, component);
        if (!sum)
            g_hash_table_insert(all, component, sum = g_new0(struct drop_counters, 1));
        sum->packets += ebpf_xdp_drops(reading);
        sum->newest = MAX(sum->newest, reading->newest);
    }
    return all;
}

void ebpf_add_frames(struct ebpf_provider *provider, GHashTable *sums)
{
    g_autoptr(GHashTable) drivers = drops_of_drivers(provider);
    GHashTableIter iterator;
    void *component, *sum;

    g_hash_table_iter_init(&iterator, drivers);
    while (g_hash_table_iter_next(&iterator, &component, NULL))
        ebpf_sums_get(sums, GPOINTER_TO_UINT(component));
    g_hash_table_iter_init(&iterator, sums);
    while (g_hash_table_iter_next(&iterator, &component, &sum))
        add_frames(sum, g_hash_table_lookup(drivers, component));
}

/* --- events --- */

void ebpf_report_loss(struct ebpf_provider *provider, uint32_t component, uint64_t lost)
{
    const struct pktmon_component *lossy;
    uint64_t *reported = g_hash_table_lookup(provider->losses, GUINT_TO_POINTER(component));
    uint64_t before = reported ? *reported : 0;

    if (lost <= before)
        return;
    g_hash_table_insert(provider->losses, GUINT_TO_POINTER(component),
                        g_memdup2(&lost, sizeof(lost)));
    lossy = pktmon_registry_find(provider->base.registry, component);
    ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, component,
                     "%" G_GUINT64_FORMAT " events of %s did not fit in the buffer: choose a "
                     "larger buffer size, or a smaller packet size.",
                     lost - before, lossy->name);
}

static void push_edges(struct ebpf_provider *provider, uint32_t component,
                       const struct ebpf_component_sum *sum)
{
    for (guint i = 0; i < sum->edges->len; i++) {
        const struct ebpf_edge_sum *edge = &g_array_index(sum->edges, struct ebpf_edge_sum, i);
        const struct edge_counters *counters = &edge->counters;

        ebpf_push_counters(provider, component,
                           &(struct pktmon_counters){.edge = edge->edge,
                                                     .edge_name = edge_name(edge->edge),
                                                     .has_flow = true,
                                                     .packets_in = counters->packets[RECORD_RX],
                                                     .bytes_in = counters->bytes[RECORD_RX],
                                                     .packets_out = counters->packets[RECORD_TX],
                                                     .bytes_out = counters->bytes[RECORD_TX],
                                                     .taken_back = edge->taken_back.packets,
                                                     .taken_back_bytes = edge->taken_back.bytes,
                                                     .lost = counters->lost});
    }
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct ebpf_reason_sum *one = a, *other = b;

    return one->newest > other->newest ? -1 : one->newest < other->newest;
}

static void push_drops(struct ebpf_provider *provider, uint32_t component,
                       const struct ebpf_component_sum *sum)
{
    struct pktmon_counters counters = {.has_drops = true, .lost = sum->drops_lost};
    g_autoptr(GArray) reasons = g_array_new(FALSE, FALSE, sizeof(struct pktmon_drop_count));

    g_array_sort(sum->reasons, compare_newest_first);
    for (guint i = 0; i < sum->reasons->len; i++) {
        const struct pktmon_drop_count *count =
            &g_array_index(sum->reasons, struct ebpf_reason_sum, i).count;

        g_array_append_vals(reasons, count, 1);
        counters.drops_in += count->packets_in;
        counters.drops_out += count->packets_out;
        counters.drop_bytes_in += count->bytes_in;
        counters.drop_bytes_out += count->bytes_out;
    }
    counters.reasons = (const struct pktmon_drop_count *)reasons->data;
    counters.reason_count = reasons->len;
    counters.drop_reason = counters.reasons[0].reason;
    ebpf_push_counters(provider, component, &counters);
}

void ebpf_push_sum(struct ebpf_provider *provider, uint32_t component,
                   const struct ebpf_component_sum *sum)
{
    push_edges(provider, component, sum);
    if (sum->reasons->len > 0)
        push_drops(provider, component, sum);
    ebpf_report_loss(provider, component, ebpf_sum_lost(sum));
}

void ebpf_push_last_counters(struct ebpf_provider *provider, GHashTable *kept, uint32_t component,
                             const struct device_key *device)
{
    const struct ebpf_xdp_reading *xdp = device ? g_hash_table_lookup(provider->xdp, device) : NULL;

    if (ebpf_xdp_drops(xdp) > 0 || g_hash_table_contains(kept, GUINT_TO_POINTER(component))) {
        struct ebpf_component_sum *sum = ebpf_sums_get(kept, component);

        add_frames(sum, &(struct drop_counters){.packets = ebpf_xdp_drops(xdp),
                                                .newest = xdp ? xdp->newest : 0});
        ebpf_push_sum(provider, component, sum);
    }
    g_hash_table_remove(kept, GUINT_TO_POINTER(component));
    g_hash_table_remove(provider->losses, GUINT_TO_POINTER(component));
    if (device)
        g_hash_table_remove(provider->xdp, device);
}
