/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's statistics of devices, as counters since the capture began. */
#include "pcap_provider.h"

/* Of packets that never came to a driver's edge the kernel says no more than this. */
#define REASON_IN  "rx_dropped"
#define REASON_OUT "tx_dropped"

static void push_flow(struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct rtnl_link_stats64 *before = &device->before, *now = &device->now;

    pcap_push_counters(
        provider, device->component,
        &(struct pktmon_counters){.edge = PKTMON_EDGE_LOWER,
                                  .edge_name = "Lower",
                                  .has_flow = true,
                                  .packets_in = now->rx_packets - before->rx_packets,
                                  .bytes_in = now->rx_bytes - before->rx_bytes,
                                  .packets_out = now->tx_packets - before->tx_packets,
                                  .bytes_out = now->tx_bytes - before->tx_bytes,
                                  .lost = device->lost[WAY_RX] + device->lost[WAY_TX]});
}

static void push_drops(struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct pktmon_drop_count reasons[] = {
        {.reason = REASON_IN, .packets_in = device->now.rx_dropped - device->before.rx_dropped},
        {.reason = REASON_OUT, .packets_out = device->now.tx_dropped - device->before.tx_dropped},
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

static void tell_loss(struct pcap_provider *provider, struct pcap_device *device)
{
    uint64_t lost = device->lost[WAY_RX] + device->lost[WAY_TX];

    if (lost > device->told_lost)
        pcap_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, device->component,
                         "%" G_GUINT64_FORMAT
                         " packets of %s found no room in the buffer: choose a larger "
                         "--buffer-size, or a smaller --pkt-size.",
                         lost - device->told_lost, device->name);
    device->told_lost = lost;
}

bool pcap_read_counters(struct pcap_provider *provider, GError **error)
{
    GHashTableIter iterator;
    void *value;

    if (!pcap_list_devices(provider, error))
        return false;
    g_hash_table_iter_init(&iterator, provider->devices);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct pcap_device *device = value;

        if (!device->component)
            continue;
        push_flow(provider, device);
        push_drops(provider, device);
        tell_loss(provider, device);
    }
    return true;
}
