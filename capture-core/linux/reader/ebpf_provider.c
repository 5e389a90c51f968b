/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eBPF provider: the agent's programs write records into rings; this reads them, without any
 * privilege, and tells them as events.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent_client.h"
#include "clock.h"
#include "drops.h"
#include "frames.h"
#include "provider.h"
#include "readings.h"
#include "rings.h"
#include "topology.h"

#define LIST_TIMEOUT_MS  10000
#define START_TIMEOUT_MS 30000
#define STOP_TIMEOUT_MS  5000
/* How long events may wait for a namespace's name. */
#define NAME_TIMEOUT_MS 500

/* The rings are looked at in intervals, because waking the reader for each record costs the
 * sender six times as much as the record (BPF_RB_NO_WAKEUP in the programs). */
#define BUSY_INTERVAL_MS 10
#define IDLE_INTERVAL_MS 40

/* An event that waits for its place among the records. */
struct pending {
    struct pktmon_event event; /* its time is monotonic */
    char *message;             /* of a notice; owned */
};

struct ebpf_provider {
    struct pktmon_provider base;
    struct pktmon_provider_options options;
    struct agent_client agent;
    struct topology *topology;
    struct drop_names *names;
    struct rings *rings; /* NULL until started */
    int maps[AGENT_MAPS];
    bool started;
    bool listed;        /* the agent has answered the last AGENT_LIST */
    bool stopped;       /* the agent has detached */
    bool busy;          /* the last look at the rings found something */
    int64_t offset;     /* real-time minus monotonic, for the whole capture */
    uint64_t newest;    /* monotonic time of the newest event delivered */
    uint64_t misses;    /* told of already */
    GHashTable *losses; /* component -> uint64_t, told of already */
    GQueue pending;     /* of struct pending */
    uint8_t *frame;     /* FRAME_SIZE */
};

/* --- delivering --- */

static void deliver(struct ebpf_provider *provider, struct pktmon_event *event)
{
    /* A record that came too late to be put in order does not go back in time. */
    provider->newest = MAX(provider->newest, event->time);
    event->time = provider->newest + provider->offset;
    provider->base.sink->event(provider->base.sink, event);
}

static void pending_free(struct pending *pending)
{
    g_free(pending->message);
    g_free(pending);
}

static struct pktmon_event *push(struct ebpf_provider *provider, enum pktmon_record record,
                                 uint32_t component)
{
    struct pending *pending = g_new0(struct pending, 1);

    pending->event.record = record;
    pending->event.time = pktmon_clock_monotonic();
    pending->event.component = component;
    g_queue_push_tail(&provider->pending, pending);
    return &pending->event;
}

G_GNUC_PRINTF(5, 6)
static void push_notice(struct ebpf_provider *provider, enum pktmon_notice_id id,
                        enum pktmon_level level, uint32_t component, const char *format, ...)
{
    struct pktmon_event *event = push(provider, PKTMON_RECORD_EVENT, component);
    struct pending *pending = g_queue_peek_tail(&provider->pending);
    va_list arguments;

    va_start(arguments, format);
    pending->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    event->notice = (struct pktmon_notice){
        .provider = "pktmon", .id = id, .level = level, .message = pending->message};
}

static void deliver_pending(struct ebpf_provider *provider, uint64_t before)
{
    struct pending *pending;

    while ((pending = g_queue_peek_head(&provider->pending)) && pending->event.time <= before) {
        g_queue_pop_head(&provider->pending);
        deliver(provider, &pending->event);
        pending_free(pending);
    }
}

/* --- what the agent says --- */

static void on_missing(struct ebpf_provider *provider, const struct agent_message *message)
{
    g_ptr_array_add(provider->base.capture->missing, g_strdup(message->text));
    if (provider->started)
        push_notice(provider, PKTMON_NOTICE_NOT_ATTACHED, PKTMON_LEVEL_WARNING, 0, "Not seen: %s",
                    message->text);
}

static void on_netns(struct ebpf_provider *provider, const struct agent_message *message)
{
    topology_take_netns(provider->topology, &message->netns);
}

static void on_device(struct ebpf_provider *provider, const struct agent_message *message)
{
    topology_take_device(provider->topology, &message->device);
}

static void on_device_gone(struct ebpf_provider *provider, const struct agent_message *message)
{
    topology_take_gone(provider->topology, &message->device);
}

static void on_listed(struct ebpf_provider *provider, const struct agent_message *message)
{
    (void)message;
    provider->listed = true;
}

static void on_missed(struct ebpf_provider *provider, const struct agent_message *message)
{
    if (message->misses > provider->misses)
        push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                    "%" G_GUINT64_FORMAT " events were not seen: the kernel does not run a "
                    "program that it has interrupted on the same CPU.",
                    message->misses - provider->misses);
    provider->misses = message->misses;
}

static void on_stopped(struct ebpf_provider *provider, const struct agent_message *message)
{
    on_missed(provider, message);
    provider->stopped = true;
}

static void (*const listeners[])(struct ebpf_provider *provider,
                                 const struct agent_message *message) = {
    [AGENT_MISSING] = on_missing,         [AGENT_NETNS] = on_netns,   [AGENT_DEVICE] = on_device,
    [AGENT_DEVICE_GONE] = on_device_gone, [AGENT_LISTED] = on_listed, [AGENT_STOPPED] = on_stopped,
    [AGENT_MISSED] = on_missed,
};

static bool take_maps(struct ebpf_provider *provider, const struct agent_message *message,
                      const int *descriptors, unsigned int count, GError **error)
{
    if (count != AGENT_MAPS + message->started.rings) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "pktmon-agent gave %u descriptors of %u: raise the limit of open files.", count,
                    AGENT_MAPS + message->started.rings);
        return false;
    }
    memcpy(provider->maps, descriptors, sizeof(provider->maps));
    provider->rings = rings_new(descriptors + AGENT_MAPS, count - AGENT_MAPS, error);
    return provider->rings != NULL;
}

/* 1: a message was taken; 0: none came; -1: error. */
static int listen_once(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    int descriptors[AGENT_MAPS + RECORD_MAX_RINGS];
    struct agent_message message;
    unsigned int count = 0;
    int got =
        agent_client_receive(&provider->agent, timeout_ms, &message, descriptors, &count, error);

    if (got <= 0)
        return got;
    if (message.type == AGENT_STARTED)
        return take_maps(provider, &message, descriptors, count, error) ? 1 : -1;
    if (message.type < G_N_ELEMENTS(listeners) && listeners[message.type])
        listeners[message.type](provider, &message);
    return 1;
}

static bool have_rings(const struct ebpf_provider *provider)
{
    return provider->rings != NULL;
}

static bool is_listed(const struct ebpf_provider *provider)
{
    return provider->listed;
}

static bool is_stopped(const struct ebpf_provider *provider)
{
    return provider->stopped;
}

/* Asks, and listens until the answer is there. */
static bool ask(struct ebpf_provider *provider, const struct agent_request *request,
                bool (*answered)(const struct ebpf_provider *provider), int timeout_ms,
                GError **error)
{
    uint64_t deadline = pktmon_clock_monotonic() + timeout_ms * PKTMON_NS_PER_MS;

    if (!agent_client_ask(&provider->agent, request, error))
        return false;
    while (!answered(provider)) {
        uint64_t now = pktmon_clock_monotonic();

        if (now >= deadline) {
            g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                        "pktmon-agent did not answer within %d s.", timeout_ms / 1000);
            return false;
        }
        if (listen_once(provider, (deadline - now) / PKTMON_NS_PER_MS + 1, error) < 0)
            return false;
    }
    return true;
}

static bool ask_for_list(struct ebpf_provider *provider, int timeout_ms, GError **error)
{
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_LIST};

    provider->listed = false;
    return ask(provider, &request, is_listed, timeout_ms, error);
}

/* --- components --- */

static void on_changed(void *context, uint32_t component)
{
    struct ebpf_provider *provider = context;

    if (provider->started)
        push(provider, PKTMON_RECORD_COMPONENT, component);
}

static void on_gone(void *context, uint32_t id)
{
    struct ebpf_provider *provider = context;
    const struct pktmon_component *component = pktmon_registry_find(provider->base.registry, id);

    if (provider->started)
        push_notice(provider, PKTMON_NOTICE_DEVICE_GONE, PKTMON_LEVEL_INFORMATION, id,
                    "The device %s was removed.", component->name);
}

/* What the kernel program noted of a device when it met it. */
static void meet(struct ebpf_provider *provider, uint64_t net_cookie, uint32_t ifindex)
{
    const struct device_key key = {.net_cookie = net_cookie, .ifindex = ifindex};
    struct device_value value;

    /* A namespace that came up since the last list: its name belongs into the component's. */
    if (!topology_knows_netns(provider->topology, net_cookie))
        ask_for_list(provider, NAME_TIMEOUT_MS, NULL);
    if (bpf_map_lookup_elem(provider->maps[AGENT_MAP_DEVICES], &key, &value) == 0)
        topology_take_met(provider->topology, &key, &value);
}

static uint32_t device_component(struct ebpf_provider *provider, uint64_t net_cookie,
                                 uint32_t ifindex)
{
    uint32_t id = topology_device(provider->topology, net_cookie, ifindex);

    if (id)
        return id;
    meet(provider, net_cookie, ifindex);
    id = topology_device(provider->topology, net_cookie, ifindex);
    return id ? id : topology_nameless_device(provider->topology, net_cookie, ifindex);
}

/* --- records --- */

static const struct {
    uint16_t edge;
} points[] = {
    [RECORD_POINT_RX_LOWER] = {PKTMON_EDGE_LOWER}, [RECORD_POINT_RX_UPPER] = {PKTMON_EDGE_UPPER},
    [RECORD_POINT_TX_UPPER] = {PKTMON_EDGE_UPPER}, [RECORD_POINT_TX_LOWER] = {PKTMON_EDGE_LOWER},
    [RECORD_POINT_DROP] = {PKTMON_EDGE_NONE},
};

static uint32_t take_drop(struct ebpf_provider *provider, const struct packet_record *record,
                          struct pktmon_packet *packet)
{
    packet->drop_code = record->reason;
    packet->drop_reason = drop_reason_name(provider->names, record->reason);
    packet->drop_location = drop_location_name(provider->names, record->location);
    packet->copy_released = drop_is_copy_released(packet->drop_reason, packet->drop_location,
                                                  record->flags & RECORD_SHARED);
    packet->dropped = !packet->copy_released;
    if (record->ifindex)
        device_component(provider, record->net_cookie, record->ifindex);
    return drop_component(provider->topology, packet->drop_reason, packet->drop_location,
                          record->protocol, record->net_cookie, record->ifindex);
}

static void take_record(struct ebpf_provider *provider, const struct packet_record *record)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_PACKET, .time = record->time};
    struct pktmon_packet *packet = &event.packet;
    const struct pktmon_component *component;

    if (record->point == 0 || record->point >= G_N_ELEMENTS(points))
        return;
    packet->group = record->group;
    packet->appearance = record->appearance;
    packet->linked = record->appearance > 1 ? PKTMON_LINKED_BY_BUFFER : 0;
    packet->edge = points[record->point].edge;
    packet->direction = record->way == RECORD_RX ? PKTMON_DIRECTION_RX : PKTMON_DIRECTION_TX;
    packet->packet_type = PKTMON_PACKET_ETHERNET;
    packet->cpu = record->cpu;
    packet->queue = -1;
    packet->gso_size = record->gso_size;
    packet->gso_segs = record->gso_segs;
    packet->lost = record->lost;
    event.component = record->point == RECORD_POINT_DROP
                          ? take_drop(provider, record, packet)
                          : device_component(provider, record->net_cookie, record->ifindex);
    component = pktmon_registry_find(provider->base.registry, event.component);
    packet->netns = component->netns;
    frame_of_record(packet, record, provider->frame, provider->options.pkt_size);
    deliver(provider, &event);
}

static void take_records(struct ebpf_provider *provider)
{
    const struct packet_record *record;

    while ((record = rings_next(provider->rings))) {
        deliver_pending(provider, record->time);
        take_record(provider, record);
    }
    deliver_pending(provider, rings_watermark(provider->rings));
}

/* --- counters --- */

static void note_loss(struct ebpf_provider *provider, uint32_t component, uint64_t lost)
{
    const struct pktmon_component *lossy;
    uint64_t *told = g_hash_table_lookup(provider->losses, GUINT_TO_POINTER(component));
    uint64_t before = told ? *told : 0;

    if (lost <= before)
        return;
    g_hash_table_insert(provider->losses, GUINT_TO_POINTER(component),
                        g_memdup2(&lost, sizeof(lost)));
    lossy = pktmon_registry_find(provider->base.registry, component);
    push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, component,
                "%" G_GUINT64_FORMAT " events of %s found no room in the buffer: choose a larger "
                "--buffer-size, or a smaller --pkt-size.",
                lost - before, lossy->name);
}

static void read_edges(struct ebpf_provider *provider, GHashTable *lost)
{
    g_autoptr(GArray) readings = readings_edges(provider->maps[AGENT_MAP_COUNTERS]);

    for (guint i = 0; i < readings->len; i++) {
        const struct edge_reading *reading = &g_array_index(readings, struct edge_reading, i);
        const struct edge_counters *sum = &reading->sum;
        uint32_t component =
            device_component(provider, reading->key.net_cookie, reading->key.ifindex);
        struct pktmon_event *event = push(provider, PKTMON_RECORD_COUNTERS, component);
        uint64_t *all = g_hash_table_lookup(lost, GUINT_TO_POINTER(component));

        event->counters = (struct pktmon_counters){.edge = reading->key.edge,
                                                   .has_flow = true,
                                                   .packets_in = sum->packets[RECORD_RX],
                                                   .bytes_in = sum->bytes[RECORD_RX],
                                                   .packets_out = sum->packets[RECORD_TX],
                                                   .bytes_out = sum->bytes[RECORD_TX],
                                                   .lost = sum->lost};
        if (!all)
            g_hash_table_insert(lost, GUINT_TO_POINTER(component), all = g_new0(uint64_t, 1));
        *all += sum->lost;
    }
}

static void add_drop(struct ebpf_provider *provider, GHashTable *components,
                     const struct drop_reading *reading)
{
    const struct drop_key *key = &reading->key;
    const char *reason = drop_reason_name(provider->names, key->reason);
    const char *location = drop_location_name(provider->names, key->location);
    struct pktmon_counters *counters;
    uint32_t component;

    if (drop_is_copy_released(reason, location, key->shared))
        return;
    if (key->ifindex)
        device_component(provider, key->net_cookie, key->ifindex);
    component = drop_component(provider->topology, reason, location, key->protocol, key->net_cookie,
                               key->ifindex);
    counters = g_hash_table_lookup(components, GUINT_TO_POINTER(component));
    if (!counters) {
        counters = g_new0(struct pktmon_counters, 1);
        counters->has_drops = true;
        g_hash_table_insert(components, GUINT_TO_POINTER(component), counters);
    }
    *(key->way == RECORD_RX ? &counters->drops_in : &counters->drops_out) += reading->sum.packets;
    *(key->way == RECORD_RX ? &counters->drop_bytes_in : &counters->drop_bytes_out) +=
        reading->sum.bytes;
    counters->lost += reading->sum.lost;
}

static void read_drops(struct ebpf_provider *provider, GHashTable *lost)
{
    g_autoptr(GArray) readings = readings_drops(provider->maps[AGENT_MAP_DROPS]);
    g_autoptr(GHashTable) components = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    GHashTableIter iterator;
    void *component, *counters;

    for (guint i = 0; i < readings->len; i++)
        add_drop(provider, components, &g_array_index(readings, struct drop_reading, i));
    g_hash_table_iter_init(&iterator, components);
    while (g_hash_table_iter_next(&iterator, &component, &counters)) {
        struct pktmon_event *event =
            push(provider, PKTMON_RECORD_COUNTERS, GPOINTER_TO_UINT(component));
        uint64_t *all = g_hash_table_lookup(lost, component);

        event->counters = *(struct pktmon_counters *)counters;
        if (!all)
            g_hash_table_insert(lost, component, all = g_new0(uint64_t, 1));
        *all += event->counters.lost;
    }
}

/* Events that no counter had room for belong to no component. */
static void read_unaccounted(struct ebpf_provider *provider, GHashTable *lost)
{
    struct unaccounted sum = readings_unaccounted(provider->maps[AGENT_MAP_UNACCOUNTED]);
    uint32_t kernel;

    if (sum.events + sum.drops == 0)
        return;
    kernel = topology_kernel(provider->topology);
    g_hash_table_insert(lost, GUINT_TO_POINTER(kernel), g_new0(uint64_t, 1));
    *(uint64_t *)g_hash_table_lookup(lost, GUINT_TO_POINTER(kernel)) = sum.events + sum.drops;
}

static void read_all_counters(struct ebpf_provider *provider)
{
    g_autoptr(GHashTable) lost = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    GHashTableIter iterator;
    void *component, *count;

    read_edges(provider, lost);
    read_drops(provider, lost);
    read_unaccounted(provider, lost);
    g_hash_table_iter_init(&iterator, lost);
    while (g_hash_table_iter_next(&iterator, &component, &count))
        note_loss(provider, GPOINTER_TO_UINT(component), *(uint64_t *)count);
}

/* --- the operations (provider.h) --- */

static bool ebpf_enumerate(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    if (!agent_client_start(&provider->agent, error) ||
        !ask_for_list(provider, LIST_TIMEOUT_MS, error))
        return false;
    topology_add_layers(provider->topology);
    return true;
}

static bool ebpf_start(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    const struct pktmon_provider_options *options = &provider->options;
    const struct agent_request request = {
        .protocol = AGENT_PROTOCOL,
        .type = AGENT_START,
        .pkt_size = options->pkt_size,
        .buffer_size = options->buffer_size,
        .upper_edges = options->points == PKTMON_POINTS_STACK,
        .record_flow = options->flow,
        .record_drops = options->drops,
        .drops_only = options->drops && !options->flow,
    };

    if (!ask(provider, &request, have_rings, START_TIMEOUT_MS, error))
        return false;
    provider->names = drop_names_new(provider->maps[AGENT_MAP_LOCATION_TEXTS], error);
    provider->offset = pktmon_clock_offset();
    provider->started = provider->names != NULL;
    return provider->started;
}

static int ebpf_read(struct pktmon_provider *base, int timeout_ms, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    int interval_ms = provider->busy ? BUSY_INTERVAL_MS : IDLE_INTERVAL_MS, heard;

    if (rings_have_more(provider->rings))
        interval_ms = 0;
    heard = listen_once(provider, MIN(timeout_ms, interval_ms), error);
    while (heard > 0)
        heard = listen_once(provider, 0, error);
    if (heard < 0)
        return -1;
    provider->busy = rings_pull(provider->rings, pktmon_clock_monotonic());
    take_records(provider);
    return 1;
}

static bool ebpf_read_counters(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_MISSES};

    read_all_counters(provider);
    return agent_client_ask(&provider->agent, &request, error); /* the answer comes by itself */
}

static bool ebpf_stop(struct pktmon_provider *base, GError **error)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;
    const struct agent_request request = {.protocol = AGENT_PROTOCOL, .type = AGENT_STOP};
    bool answered = ask(provider, &request, is_stopped, STOP_TIMEOUT_MS, error);

    do {
        rings_pull(provider->rings, pktmon_clock_monotonic());
        take_records(provider);
    } while (rings_have_more(provider->rings));
    read_all_counters(provider);
    rings_finish(provider->rings);
    take_records(provider);
    return answered;
}

static void ebpf_free(struct pktmon_provider *base)
{
    struct ebpf_provider *provider = (struct ebpf_provider *)base;

    agent_client_end(&provider->agent);
    rings_free(provider->rings);
    for (size_t i = 0; provider->rings && i < G_N_ELEMENTS(provider->maps); i++)
        close(provider->maps[i]);
    drop_names_free(provider->names);
    topology_free(provider->topology);
    g_hash_table_unref(provider->losses);
    g_queue_clear_full(&provider->pending, (GDestroyNotify)pending_free);
    g_free(provider->frame);
    g_free(provider);
}

static const struct pktmon_provider_ops ebpf_ops = {
    .name = "ebpf",
    .enumerate = ebpf_enumerate,
    .start = ebpf_start,
    .read = ebpf_read,
    .read_counters = ebpf_read_counters,
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
    topology_watch(provider->topology, on_changed, on_gone, provider);
    provider->losses = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_queue_init(&provider->pending);
    provider->frame = g_malloc(FRAME_SIZE);
    describe_capture(capture);
    return &provider->base;
}
