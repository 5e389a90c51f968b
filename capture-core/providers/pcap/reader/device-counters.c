/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's statistics of devices, as counters since the capture began. */
#include "device-counters.h"

#include <glib.h>

#include "model/edges.h"
#include "pcap-delivery.h"
#include "pcap-state.h"

/* The only counters that the kernel has for packets that never reached a driver's edge. */
#define REASON_IN  "rx_dropped"
#define REASON_OUT "tx_dropped"

/* The kernel's counters may restart: another device has the number, or the driver was reset. */
static void add_growth(uint64_t *counted, uint64_t *read, uint64_t now)
{
    *counted += now >= *read ? now - *read : now;
    *read = now;
}

void pcap_take_statistics(struct pcap_device *device, const struct rtnl_link_stats64 *stats)
{
    const struct pcap_statistics now = {
        .packets = {[PCAP_RX] = stats->rx_packets, [PCAP_TX] = stats->tx_packets},
        .bytes = {[PCAP_RX] = stats->rx_bytes, [PCAP_TX] = stats->tx_bytes},
        .dropped = {[PCAP_RX] = stats->rx_dropped, [PCAP_TX] = stats->tx_dropped},
    };

    for (int way = 0; way < PCAP_DIRECTIONS; way++) {
        add_growth(&device->counted.packets[way], &device->read.packets[way], now.packets[way]);
        add_growth(&device->counted.bytes[way], &device->read.bytes[way], now.bytes[way]);
        add_growth(&device->counted.dropped[way], &device->read.dropped[way], now.dropped[way]);
    }
}

static void push_flow(struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct pcap_statistics *counted = &device->counted;

    pcap_push_counters(
        provider, device->component,
        &(struct pktmon_counters){.edge = PKTMON_EDGE_LOWER,
                                  .edge_name = edge_name(PKTMON_EDGE_LOWER),
                                  .has_flow = true,
                                  .packets_in = counted->packets[PCAP_RX],
                                  .bytes_in = counted->bytes[PCAP_RX],
                                  .packets_out = counted->packets[PCAP_TX],
                                  .bytes_out = counted->bytes[PCAP_TX],
                                  .lost = device->lost[PCAP_RX] + device->lost[PCAP_TX]});
}

static void push_drops(struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct pktmon_drop_count reasons[] = {
        {.reason = REASON_IN, .packets_in = device->counted.dropped[PCAP_RX]},
        {.reason = REASON_OUT, .packets_out = device->counted.dropped[PCAP_TX]},
    };
    const struct pktmon_counters counters = {
        .has_drops = true,
        .drops_in = reasons[0].packets_in,
        .drops_out = reasons[1].packets_out,
        .drop_reason = reasons[0].packets_in > 0 ? REASON_IN : REASON_OUT,
        .reasons = reasons,
        .reason_count = G_N_ELEMENTS(reasons),
    };

    if (counters.drops_in + counters.drops_out > 0)
        pcap_push_counters(provider, device->component, &counters);
}

static void report_loss(struct pcap_provider *provider, struct pcap_device *device)
{
    uint64_t lost = device->lost[PCAP_RX] + device->lost[PCAP_TX];

    if (lost > device->reported_lost)
        pcap_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, device->component,
                         "%" G_GUINT64_FORMAT " packets of %s did not fit in the buffer: choose a "
                         "larger buffer size, or a smaller packet size.",
                         lost - device->reported_lost, device->name);
    device->reported_lost = lost;
}

void pcap_push_device_counters(struct pcap_provider *provider, struct pcap_device *device)
{
    push_flow(provider, device);
    push_drops(provider, device);
    report_loss(provider, device);
}

void pcap_push_all_counters(struct pcap_provider *provider)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, provider->devices);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct pcap_device *device = value;

        if (device->component && !device->is_retired)
            pcap_push_device_counters(provider, device);
    }
}
