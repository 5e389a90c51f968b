/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's statistics of devices, as counters since the capture began. */
#include "pcap_provider.h"

/* Of packets that never came to a driver's edge the kernel says no more than this. */
#define REASON_IN  "rx_dropped"
#define REASON_OUT "tx_dropped"

/* The kernel may begin anew: another device has the number, or the driver forgot. */
static void add_growth(uint64_t *counted, uint64_t *said, uint64_t now)
{
    *counted += now >= *said ? now - *said : now;
    *said = now;
}

void pcap_take_statistics(struct pcap_device *device, const struct rtnl_link_stats64 *stats)
{
    const struct pcap_statistics now = {
        .packets = {[WAY_RX] = stats->rx_packets, [WAY_TX] = stats->tx_packets},
        .bytes = {[WAY_RX] = stats->rx_bytes, [WAY_TX] = stats->tx_bytes},
        .dropped = {[WAY_RX] = stats->rx_dropped, [WAY_TX] = stats->tx_dropped},
    };

    for (int way = 0; way < WAYS; way++) {
        add_growth(&device->counted.packets[way], &device->said.packets[way], now.packets[way]);
        add_growth(&device->counted.bytes[way], &device->said.bytes[way], now.bytes[way]);
        add_growth(&device->counted.dropped[way], &device->said.dropped[way], now.dropped[way]);
    }
}

static void push_flow(struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct pcap_statistics *counted = &device->counted;

    pcap_push_counters(
        provider, device->component,
        &(struct pktmon_counters){.edge = PKTMON_EDGE_LOWER,
                                  .edge_name = "Lower",
                                  .has_flow = true,
                                  .packets_in = counted->packets[WAY_RX],
                                  .bytes_in = counted->bytes[WAY_RX],
                                  .packets_out = counted->packets[WAY_TX],
                                  .bytes_out = counted->bytes[WAY_TX],
                                  .lost = device->lost[WAY_RX] + device->lost[WAY_TX]});
}

static void push_drops(struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct pktmon_drop_count reasons[] = {
        {.reason = REASON_IN, .packets_in = device->counted.dropped[WAY_RX]},
        {.reason = REASON_OUT, .packets_out = device->counted.dropped[WAY_TX]},
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

void pcap_push_device_counters(struct pcap_provider *provider, struct pcap_device *device)
{
    push_flow(provider, device);
    push_drops(provider, device);
    tell_loss(provider, device);
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

        if (device->component && !device->is_retired)
            pcap_push_device_counters(provider, device);
    }
    return true;
}
