/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libpcap provider, for hosts where eBPF is not possible or not permitted. It sees the packets
 * that pass the devices of this process's network namespace, and groups those with equal content.
 */
#include <glib.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "device-counters.h"
#include "groups.h"
#include "model/clock.h"
#include "model/salted-hash.h"
#include "order.h"
#include "pcap-capture.h"
#include "pcap-delivery.h"
#include "pcap-devices.h"
#include "pcap-links.h"
#include "pcap-state.h"
#include "providers/netdev/helper.h"
#include "providers/netdev/topology.h"
#include "sniffer.h"

#define NETNS_OWN_PATH   "/proc/self/ns/net"
#define START_TIMEOUT_MS 10000
#define STOP_TIMEOUT_MS  5000

/* --- waiting --- */

static bool receive(struct pcap_provider *provider, int timeout_ms, GError **error)
{
    int64_t step;

    pcap_wait(provider, timeout_ms);
    clock_stepped(&provider->clock_offset, clock_offset(), &step);
    return pcap_read_devices(provider, error) && pcap_receive_all(provider, error) &&
           (!provider->capturing || pcap_open_devices(provider, error));
}

/* stopped: set by a user who does not want to wait any more, or NULL. */
static bool receive_until(struct pcap_provider *provider,
                          bool (*is_done)(const struct pcap_provider *provider), int timeout_ms,
                          const atomic_bool *stopped, GError **error)
{
    struct netdev_wait wait = netdev_begin_wait(timeout_ms, stopped);

    while (!is_done(provider)) {
        int left_ms = netdev_wait_ms(&wait);

        if (left_ms == 0) {
            pcap_give_up_sniffers(provider, error);
            return false;
        }
        if (!receive(provider, left_ms, error))
            return false;
        if (provider->begun)
            pcap_deliver(provider, pcap_watermark(provider));
    }
    return true;
}

/* --- operations --- */

static void on_changed(void *context, uint32_t component)
{
    pcap_push_component(context, component);
}

static void on_gone(void *context, uint32_t id)
{
    struct pcap_provider *provider = context;
    const struct pktmon_component *component = pktmon_registry_find(provider->base.registry, id);

    pcap_push_notice(provider, PKTMON_NOTICE_DEVICE_GONE, PKTMON_LEVEL_INFORMATION, id,
                     "The device %s was removed.", component->name);
}

static void describe_netns(struct pcap_provider *provider)
{
    struct stat status = {0};

    if (stat(NETNS_OWN_PATH, &status) == 0)
        netdev_add_netns(provider->topology,
                         &(struct netdev_netns){.cookie = netdev_own_cookie(provider->topology),
                                                .inode = (uint32_t)status.st_ino});
}

static bool pcap_enumerate(struct provider *base, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    describe_netns(provider);
    provider->links = pcap_links_new(error);
    return provider->links && pcap_list_devices(provider, error);
}

static void count_from_now(struct pcap_provider *provider)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, provider->devices);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        ((struct pcap_device *)value)->counted = (struct pcap_statistics){};
}

static bool pcap_start(struct provider *base, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    provider->offset = provider->clock_offset = clock_offset();
    if (!pcap_list_devices(provider, error))
        return false;
    count_from_now(provider);
    if (provider->options.flow && (!pcap_open_devices(provider, error) ||
                                   !receive_until(provider, pcap_is_started, START_TIMEOUT_MS,
                                                  provider->options.stopped, error)))
        return false;
    provider->capturing = provider->options.flow;
    provider->begun = true;
    netdev_watch(
        provider->topology,
        &(struct netdev_watcher){.changed = on_changed, .gone = on_gone, .context = provider});
    return true;
}

static int pcap_read(struct provider *base, int timeout_ms, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    if (!receive(provider, timeout_ms, error))
        return -1;
    pcap_retire_devices(provider);
    uint64_t watermark = pcap_watermark(provider);
    pcap_deliver(provider, watermark);
    base->until = watermark + (uint64_t)provider->offset;
    return 1;
}

static bool read_counters(struct pcap_provider *provider, GError **error)
{
    if (!pcap_list_devices(provider, error))
        return false;
    pcap_push_all_counters(provider);
    return true;
}

static bool pcap_count(struct provider *base, GError **error)
{
    return read_counters((struct pcap_provider *)base, error);
}

static bool pcap_stop(struct provider *base, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;
    bool ended;

    provider->capturing = false;
    pcap_stop_sniffers(provider);
    ended = receive_until(provider, pcap_is_ended, STOP_TIMEOUT_MS, NULL, error);
    if (!read_counters(provider, ended ? error : NULL))
        ended = false;
    pcap_deliver(provider, UINT64_MAX);
    return ended;
}

static void pcap_free(struct provider *base)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    g_ptr_array_unref(provider->sniffers);
    pcap_links_free(provider->links);
    netdev_topology_free(provider->topology);
    g_hash_table_unref(provider->devices);
    pcap_groups_free(provider->groups);
    pcap_order_free(provider->order);
    g_free(provider);
}

static const struct provider_ops pcap_ops = {
    .name = "pcap",
    .enumerate = pcap_enumerate,
    .start = pcap_start,
    .read = pcap_read,
    .read_counters = pcap_count,
    .stop = pcap_stop,
    .free = pcap_free,
};

static void add_missing(struct pktmon_capture_info *capture, char *text)
{
    g_ptr_array_add(capture->missing, text);
}

static void describe_capture(struct pktmon_capture_info *capture,
                             const struct provider_options *options)
{
    struct utsname system;

    pktmon_component_set(&capture->provider, pcap_ops.name);
    add_missing(capture,
                g_strdup_printf("drops, netfilter hooks, sockets and everything else but devices: "
                                "%s",
                                options->without_ebpf
                                    ? options->without_ebpf
                                    : "the provider pcap was chosen, which sees devices only"));
    add_missing(capture,
                g_strdup("other network namespaces: libpcap sees only the devices of its own"));
    add_missing(capture, g_strdup("what the loopback device sends: libpcap shows it once, as "
                                  "received"));
    if (options->output_count > 0 && !options->keep_own)
        add_missing(
            capture,
            g_strdup("which connection carries the capture's own output: libpcap cannot find it. "
                     "If there is one, exclude it with a filter, such as \"not port 22\""));
    if (uname(&system))
        return;
    pktmon_component_set(&capture->os, system.sysname);
    pktmon_component_set(&capture->host, system.nodename);
    pktmon_component_set(&capture->release, system.release);
}

struct provider *pcap_provider_new(const struct provider_options *options,
                                   struct pktmon_registry *registry,
                                   struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                   GError **error)
{
    struct pcap_provider *provider = g_new0(struct pcap_provider, 1);

    (void)error; /* whatever can fail is done by the operations */
    provider->base =
        (struct provider){.ops = &pcap_ops, .registry = registry, .capture = capture, .sink = sink};
    provider->base.join = PROVIDER_PCAP_JOIN_NS;
    provider->options = *options;
    /* Filters need whole packets. */
    if (options->filter_count > 0)
        provider->options.pkt_size = 0;
    provider->topology = netdev_topology_new(registry);
    provider->devices = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    provider->sniffers = g_ptr_array_new_with_free_func((GDestroyNotify)pcap_sniffer_free);
    provider->groups = pcap_groups_new();
    provider->order = pcap_order_new();
    describe_capture(capture, options);
    return &provider->base;
}
