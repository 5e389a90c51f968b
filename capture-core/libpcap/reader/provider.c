/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libpcap provider, for hosts where eBPF is not possible or not permitted: it sees what passes
 * the devices of this process's network namespace, and joins what is equal.
 */
#include <sys/stat.h>
#include <sys/utsname.h>

#include "clock.h"
#include "salted.h"
#include "pcap_provider.h"

#define NETNS_OWN_PATH   "/proc/self/ns/net"
#define START_TIMEOUT_MS 10000
#define STOP_TIMEOUT_MS  5000

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
        topology_take_netns(provider->topology,
                            &(struct agent_netns){.cookie = topology_own_cookie(provider->topology),
                                                  .inode = (uint32_t)status.st_ino});
}

static bool pcap_enumerate(struct pktmon_provider *base, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    describe_netns(provider);
    provider->links = links_new(error);
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

static bool pcap_start(struct pktmon_provider *base, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    provider->offset = provider->clock_offset = pktmon_clock_offset();
    if (!pcap_list_devices(provider, error))
        return false;
    count_from_now(provider);
    if (provider->options.flow && (!pcap_open_devices(provider, error) ||
                                   !pcap_wait_for_start(provider, START_TIMEOUT_MS, error)))
        return false;
    provider->capturing = provider->options.flow;
    provider->begun = true;
    topology_watch(
        provider->topology,
        &(struct topology_watcher){.changed = on_changed, .gone = on_gone, .context = provider});
    return true;
}

static int pcap_read(struct pktmon_provider *base, int timeout_ms, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    if (!pcap_listen(provider, timeout_ms, error))
        return -1;
    pcap_retire_devices(provider);
    pcap_deliver(provider, pcap_watermark(provider));
    return 1;
}

static bool pcap_count(struct pktmon_provider *base, GError **error)
{
    return pcap_read_counters((struct pcap_provider *)base, error);
}

static bool pcap_stop(struct pktmon_provider *base, GError **error)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;
    bool ended = pcap_end_sniffers(provider, STOP_TIMEOUT_MS, error);

    if (!pcap_read_counters(provider, ended ? error : NULL))
        ended = false;
    pcap_deliver(provider, UINT64_MAX);
    return ended;
}

static void pcap_free(struct pktmon_provider *base)
{
    struct pcap_provider *provider = (struct pcap_provider *)base;

    g_ptr_array_unref(provider->sniffers);
    links_free(provider->links);
    topology_free(provider->topology);
    g_hash_table_unref(provider->devices);
    groups_free(provider->groups);
    order_free(provider->order);
    g_free(provider);
}

static const struct pktmon_provider_ops pcap_ops = {
    .name = "pcap",
    .enumerate = pcap_enumerate,
    .start = pcap_start,
    .read = pcap_read,
    .read_counters = pcap_count,
    .stop = pcap_stop,
    .free = pcap_free,
};

static void add_missing(struct pktmon_capture *capture, char *text)
{
    g_ptr_array_add(capture->missing, text);
}

static void describe_capture(struct pktmon_capture *capture,
                             const struct pktmon_provider_options *options)
{
    struct utsname system;

    pktmon_component_set(&capture->provider, pcap_ops.name);
    add_missing(capture, g_strdup_printf(
                             "drops, netfilter hooks, sockets and everything else but devices: "
                             "%s",
                             options->without_ebpf ? options->without_ebpf
                                                   : "libpcap was asked for, which sees no more"));
    add_missing(capture, g_strdup("other network namespaces: libpcap sees the devices of its own"));
    add_missing(capture, g_strdup("what the loopback device sends: libpcap shows it once, as "
                                  "received"));
    if (options->output_count > 0 && !options->keep_own)
        add_missing(capture, g_strdup("which connection carries the capture's own output: libpcap "
                                      "cannot tell. If there is one, exclude it with a filter, "
                                      "such as \"not port 22\""));
    if (uname(&system))
        return;
    pktmon_component_set(&capture->os, system.sysname);
    pktmon_component_set(&capture->host, system.nodename);
    pktmon_component_set(&capture->release, system.release);
}

struct pktmon_provider *pktmon_pcap_provider_new(const struct pktmon_provider_options *options,
                                                 struct pktmon_registry *registry,
                                                 struct pktmon_capture *capture,
                                                 struct pktmon_sink *sink, GError **error)
{
    struct pcap_provider *provider = g_new0(struct pcap_provider, 1);

    (void)error; /* what can fail is done by the operations */
    provider->base = (struct pktmon_provider){
        .ops = &pcap_ops, .registry = registry, .capture = capture, .sink = sink};
    provider->options = *options;
    /* Only all of a packet can be judged by filters. */
    if (options->filter_count > 0)
        provider->options.pkt_size = 0;
    provider->topology = topology_new(registry);
    provider->devices = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    provider->sniffers = g_ptr_array_new_with_free_func((GDestroyNotify)sniffer_free);
    provider->groups = groups_new();
    provider->order = order_new();
    describe_capture(capture, options);
    return &provider->base;
}
