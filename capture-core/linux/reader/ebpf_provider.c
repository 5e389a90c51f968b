/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eBPF provider: the agent's programs write records into rings; this reads them, without any
 * privilege, and tells them as events.
 */
#include "ebpf_provider.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "clock.h"
#include "frames.h"
#include "retirement.h"
#include "salted.h"

#define LIST_TIMEOUT_MS  10000
#define START_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS  5000

/* The rings are looked at in intervals, because waking the reader for each record costs the
 * sender six times as much as the record (BPF_RB_NO_WAKEUP in the programs). */
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
    selection_take_name(context, net_cookie, netns);
}

static bool ebpf_enumerate(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    if (!agent_client_start(&provider->agent, error) ||
        !ebpf_ask_for_list(provider, LIST_TIMEOUT_MS, error))
        return false;
    topology_add_layers(provider->topology);
    return true;
}

/* What the kernel calls things. */
static bool read_names(struct ebpf_provider *provider, GError **error)
{
    struct btf *kernel = btf__load_vmlinux_btf();

    if (!kernel) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED,
                    "The kernel's BTF (/sys/kernel/btf/vmlinux) could not be read (%s): use a "
                    "kernel built with CONFIG_DEBUG_INFO_BTF.",
                    g_strerror(errno));
        return false;
    }
    provider->names = drop_names_new(kernel);
    provider->troubles = trouble_names_new(kernel);
    btf__free(kernel);
    return true;
}

static bool ebpf_start(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    selection_renew(provider);
    /* Names take as long to read as half of the programs to load: both are done at once. */
    if (!ebpf_ask_for_start(provider, error) || !read_names(provider, error) ||
        !ebpf_await_start(provider, START_TIMEOUT_MS, error))
        return false;
    drop_names_locate(provider->names, provider->maps[AGENT_MAP_LOCATION_TEXTS]);
    provider->owners =
        owners_new(provider->maps[AGENT_MAP_OWNERS], provider->maps[AGENT_MAP_PROCESS_CHANGES]);
    provider->offset = pktmon_clock_offset();
    topology_watch(provider->topology, &(struct topology_watcher){.changed = on_changed,
                                                                  .gone = on_gone,
                                                                  .named = on_named,
                                                                  .context = provider});
    return true;
}

static int ebpf_read(struct pktmon_provider *base, int timeout_ms, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    int interval_ms = provider->busy ? BUSY_INTERVAL_MS : IDLE_INTERVAL_MS, heard;

    if (rings_have_more(provider->rings))
        interval_ms = 0;
    heard = ebpf_listen(provider, MIN(timeout_ms, interval_ms), error);
    while (heard > 0)
        heard = ebpf_listen(provider, 0, error);
    if (heard < 0 || !selection_tell(provider, false, error))
        return -1;
    provider->busy = rings_pull(provider->rings, pktmon_clock_monotonic());
    ebpf_take_records(provider);
    shed_control(provider);
    own_look(provider, false);
    retirement_advance(provider);
    return 1;
}

static bool ebpf_count(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_MISSES};
    bool full;

    ebpf_read_counters(provider);
    if (provider->counting)
        return true; /* it has not answered yet, and what it says is of all the time */
    /* The packets do not wait until there is room: the next reading asks. */
    if (!agent_client_try(&provider->agent, &request, &full, error))
        return false;
    provider->counting = !full; /* the answer comes by itself */
    return true;
}

static bool refuse_change(GError **error)
{
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                        "The capture is being changed already: wait until that is done.");
    return false;
}

static void take_selection(struct ebpf_provider *provider,
                           const struct pktmon_provider_options *options)
{
    provider->options.wants_netns = options->wants_netns;
    provider->options.context = options->context;
    selection_renew(provider);
}

/* What the programs are told when they start is what may change; the rest stays as it was. */
static bool ebpf_change(struct pktmon_provider *base, const struct pktmon_provider_options *options,
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
    provider->options.max_cpu = options->max_cpu;
    provider->options.outputs = options->outputs;
    provider->options.output_count = options->output_count;
    provider->options.keep_own = options->keep_own;
    take_selection(provider, options);
    provider->changing = ebpf_ask_for_change(provider, error);
    if (!provider->changing)
        provider->options = provider->unchanged;
    return provider->changing;
}

static bool ebpf_select(struct pktmon_provider *base, const struct pktmon_provider_options *options,
                        GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    if (provider->changing)
        return refuse_change(error);
    take_selection(provider, options);
    provider->unchanged = provider->options;
    provider->changing = ebpf_ask_to_settle(provider, error);
    return provider->changing;
}

static bool ebpf_stop(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    bool answered = ebpf_ask_for_stop(provider, STOP_TIMEOUT_MS, error);

    do {
        rings_pull(provider->rings, pktmon_clock_monotonic());
        ebpf_take_records(provider);
    } while (rings_have_more(provider->rings));
    rings_finish(provider->rings);
    ebpf_take_records(provider);
    ebpf_read_counters(provider);
    own_look(provider, true);
    ebpf_deliver_pending(provider, UINT64_MAX);
    return answered;
}

static void ebpf_free(struct pktmon_provider *base)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    agent_client_end(&provider->agent);
    rings_free(provider->rings);
    copies_free(provider->copies);
    retirement_free(provider->retirement);
    for (size_t i = 0; provider->rings && i < G_N_ELEMENTS(provider->maps); i++)
        close(provider->maps[i]);
    g_clear_error(&provider->base.refused);
    drop_names_free(provider->names);
    owners_free(provider->owners);
    trouble_names_free(provider->troubles);
    topology_free(provider->topology);
    aliases_free(provider->aliases);
    selection_clear(&provider->selection);
    g_hash_table_unref(provider->losses);
    g_hash_table_unref(provider->xdp);
    g_hash_table_unref(provider->shares_told);
    ebpf_clear_pending(provider);
    g_free(provider->frame);
    g_free(provider);
}

static const struct pktmon_provider_ops ebpf_ops = {
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

static void describe_capture(struct pktmon_capture *capture)
{
    struct utsname system;

    if (uname(&system))
        return;
    pktmon_component_set(&capture->os, system.sysname);
    pktmon_component_set(&capture->host, system.nodename);
    pktmon_component_set(&capture->release, system.release);
    pktmon_component_set(&capture->provider, ebpf_ops.name);
}

struct pktmon_provider *pktmon_ebpf_provider_new(const struct pktmon_provider_options *options,
                                                 struct pktmon_registry *registry,
                                                 struct pktmon_capture *capture,
                                                 struct pktmon_sink *sink, GError **error)
{
    struct ebpf_provider *provider = g_new0(struct ebpf_provider, 1);

    (void)error; /* what can fail is done by the operations */
    provider->base = (struct pktmon_provider){
        .ops = &ebpf_ops, .registry = registry, .capture = capture, .sink = sink};
    provider->options = *options;
    provider->agent.socket = -1;
    provider->topology = topology_new(registry);
    provider->aliases = aliases_new();
    selection_init(&provider->selection);
    provider->copies = copies_new();
    provider->retirement = retirement_new();
    provider->xdp = xdp_readings_new();
    provider->shares_told = shares_told_new();
    provider->losses = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    g_queue_init(&provider->pending);
    provider->frame = g_malloc(FRAME_SIZE);
    describe_capture(capture);
    return &provider->base;
}
