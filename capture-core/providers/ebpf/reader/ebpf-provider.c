/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The eBPF provider. Programs of the agent write records into rings; the provider reads them
 * without any privilege, and delivers them as events. */

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <glib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent-client.h"
#include "agent-requests.h"
#include "conversation.h"
#include "copies.h"
#include "drop-names.h"
#include "ebpf-state.h"
#include "event-delivery.h"
#include "frames.h"
#include "kernel-notices.h"
#include "model/clock.h"
#include "model/salted-hash.h"
#include "netns-selection.h"
#include "own-traffic.h"
#include "providers/ebpf/kernel-btf.h"
#include "providers/netdev/aliases.h"
#include "providers/netdev/topology.h"
#include "reader-counters.h"
#include "record-events.h"
#include "record-losses.h"
#include "retirement.h"
#include "rings.h"
#include "shedding.h"
#include "socket-owners.h"
#include "table-shares.h"
#include "xdp-drops.h"

#define LIST_TIMEOUT_MS  10000
#define START_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS  5000

/* The rings are polled, because waking the reader for each record costs the sender six times as
 * much as the record (BPF_RB_NO_WAKEUP in the programs). */
#define BUSY_INTERVAL_MS 10
#define IDLE_INTERVAL_MS 40

static void on_changed(void *context, uint32_t component)
{
    struct ebpf_provider *provider = context;

    ebpf_push(provider, PKTMON_RECORD_COMPONENT, component);
}

static void on_gone(void *context, uint32_t id)
{
    struct ebpf_provider *provider = context;
    const struct pktmon_component *component = pktmon_registry_find(provider->base.registry, id);

    ebpf_push_notice(provider, PKTMON_NOTICE_DEVICE_GONE, PKTMON_LEVEL_INFORMATION, id,
                     "The device %s was removed.", component->name);
}

static void on_named(void *context, uint64_t net_cookie, const char *netns)
{
    ebpf_select_netns(context, net_cookie, netns);
}

static bool ebpf_enumerate(struct provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    if (!ebpf_agent_start(&provider->agent, error) ||
        !ebpf_request_list(provider, LIST_TIMEOUT_MS, error))
        return false;
    netdev_add_layers(provider->topology);
    return true;
}

/* Reads the kernel's names of reasons. */
static bool read_names(struct ebpf_provider *provider, GError **error)
{
    g_autofree char *refusal = NULL;
    struct btf *kernel = ebpf_load_kernel_btf(&refusal);

    if (!kernel) {
        g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED, refusal);
        return false;
    }
    provider->names = ebpf_drop_names_new(kernel);
    provider->notices = ebpf_notice_names_new(kernel);
    btf__free(kernel);
    return true;
}

static bool ebpf_start(struct provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    ebpf_renew_selection(provider);
    /* Reading names takes half as long as loading the programs: do both at once. */
    if (!ebpf_request_start(provider, error) || !read_names(provider, error) ||
        !ebpf_await_start(provider, START_TIMEOUT_MS, error))
        return false;
    ebpf_drop_names_set_maps(provider->names, provider->maps[AGENT_MAP_LOCATION_TEXTS],
                             provider->maps[AGENT_MAP_STACKS]);
    provider->owners = ebpf_owners_new(provider->maps[AGENT_MAP_OWNERS],
                                       provider->maps[AGENT_MAP_PROCESS_CHANGES]);
    provider->offset = clock_offset();
    provider->losses_read = clock_monotonic();
    netdev_watch(provider->topology, &(struct netdev_watcher){.changed = on_changed,
                                                              .gone = on_gone,
                                                              .named = on_named,
                                                              .context = provider});
    return true;
}

static int ebpf_read(struct provider *base, int timeout_ms, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    int interval_ms = provider->busy ? BUSY_INTERVAL_MS : IDLE_INTERVAL_MS, received;

    if (ebpf_rings_has_more(provider->rings))
        interval_ms = 0;
    received = ebpf_receive(provider, MIN(timeout_ms, interval_ms), error);
    while (received > 0)
        received = ebpf_receive(provider, 0, error);
    if (received < 0 || !ebpf_send_selection(provider, false, error))
        return -1;
    provider->busy = ebpf_rings_pull(provider->rings, clock_monotonic());
    ebpf_tell_losses(provider);
    ebpf_deliver_records(provider);
    ebpf_control_shedding(provider);
    ebpf_report_own(provider, false);
    ebpf_advance_retirement(provider);
    return 1;
}

static bool ebpf_count(struct provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_MISSES};
    bool full;

    ebpf_read_counters(provider);
    if (provider->counting)
        return true; /* it has not answered yet, and its answer covers all the time */
    /* Packets must not wait until there is room: the next reading will request it. */
    if (!ebpf_agent_try_send(&provider->agent, &request, &full, error))
        return false;
    provider->counting = !full; /* the answer arrives by itself */
    return true;
}

static bool refuse_change(GError **error)
{
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                        "Another change of the capture is in progress: wait until it is done.");
    return false;
}

static void take_selection(struct ebpf_provider *provider, const struct provider_options *options)
{
    provider->options.wants_netns = options->wants_netns;
    provider->options.context = options->context;
    ebpf_renew_selection(provider);
    ebpf_report_hidden(provider);
}

/* Only options that the programs get at their start can change; the others keep their values. */
static bool ebpf_change(struct provider *base, const struct provider_options *options,
                        GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    if (provider->changing)
        return refuse_change(error);
    provider->unchanged = provider->options;
    provider->options.filters = options->filters;
    provider->options.filter_count = options->filter_count;
    provider->options.pkt_size = options->pkt_size;
    provider->options.repeat_size = options->repeat_size;
    provider->options.flow = options->flow;
    provider->options.drops = options->drops;
    provider->options.live = options->live;
    provider->options.outputs = options->outputs;
    provider->options.output_count = options->output_count;
    take_selection(provider, options);
    provider->changing = ebpf_request_change(provider, error);
    if (!provider->changing)
        provider->options = provider->unchanged;
    return provider->changing;
}

static bool ebpf_select(struct provider *base, const struct provider_options *options,
                        GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    if (provider->changing)
        return refuse_change(error);
    take_selection(provider, options);
    provider->unchanged = provider->options;
    provider->changing = ebpf_request_settle(provider, error);
    return provider->changing;
}

static bool ebpf_stop(struct provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    bool answered = ebpf_request_stop(provider, STOP_TIMEOUT_MS, error);

    do {
        ebpf_rings_pull(provider->rings, clock_monotonic());
        ebpf_tell_losses(provider);
        ebpf_deliver_records(provider);
    } while (ebpf_rings_has_more(provider->rings));
    ebpf_rings_finish(provider->rings);
    ebpf_deliver_records(provider);
    ebpf_read_counters(provider);
    ebpf_report_own(provider, true);
    ebpf_deliver_pending(provider, UINT64_MAX);
    return answered;
}

static void ebpf_free(struct provider *base)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    ebpf_agent_end(&provider->agent);
    ebpf_rings_free(provider->rings);
    ebpf_copies_free(provider->copies);
    ebpf_retirement_free(provider->retirement);
    for (size_t i = 0; provider->rings && i < G_N_ELEMENTS(provider->maps); i++)
        close(provider->maps[i]);
    g_clear_error(&provider->base.refused);
    ebpf_drop_names_free(provider->names);
    ebpf_owners_free(provider->owners);
    ebpf_notice_names_free(provider->notices);
    netdev_topology_free(provider->topology);
    netdev_aliases_free(provider->aliases);
    ebpf_selection_clear(&provider->selection);
    g_hash_table_unref(provider->losses);
    g_hash_table_unref(provider->xdp);
    g_hash_table_unref(provider->shares_reported);
    ebpf_clear_pending(provider);
    g_free(provider->hidden);
    g_free(provider->frame);
    g_free(provider);
}

static const struct provider_ops ebpf_ops = {
    .name = "ebpf",
    .enumerate = ebpf_enumerate,
    .start = ebpf_start,
    .read = ebpf_read,
    .read_counters = ebpf_count,
    .change = ebpf_change,
    .select = ebpf_select,
    .stop = ebpf_stop,
    .free = ebpf_free,
};

static void describe_capture(struct pktmon_capture_info *capture)
{
    struct utsname system;

    if (uname(&system))
        return;
    pktmon_component_set(&capture->os, system.sysname);
    pktmon_component_set(&capture->host, system.nodename);
    pktmon_component_set(&capture->release, system.release);
    pktmon_component_set(&capture->provider, ebpf_ops.name);
}

struct provider *ebpf_provider_new(const struct provider_options *options,
                                   struct pktmon_registry *registry,
                                   struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                   GError **error)
{
    struct ebpf_provider *provider = g_new0(struct ebpf_provider, 1);

    (void)error; /* whatever can fail is done by the operations */
    provider->base =
        (struct provider){.ops = &ebpf_ops, .registry = registry, .capture = capture, .sink = sink};
    provider->options = *options;
    provider->agent.socket = -1;
    provider->topology = netdev_topology_new(registry);
    provider->aliases = netdev_aliases_new();
    ebpf_selection_init(&provider->selection);
    provider->copies = ebpf_copies_new();
    provider->retirement = ebpf_retirement_new();
    provider->on_forgotten = ebpf_take_forgotten;
    provider->xdp = ebpf_xdp_readings_new();
    provider->shares_reported = ebpf_shares_new();
    provider->losses = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    g_queue_init(&provider->pending);
    provider->frame = g_malloc(EBPF_FRAME_SIZE);
    describe_capture(capture);
    return &provider->base;
}
