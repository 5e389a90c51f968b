/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "pktmon"
#include "capture-private.h"

#include <string.h>

#include "capture.h"
#include "journey-sink.h"
#include "journey/losses.h"
#include "model/sampling.h"

#define READ_TIMEOUT_MS          100 /* how long a stop may wait for the provider to come back */
#define CLOCK_INTERVAL_MS        1000
#define DESCRIPTIONS_INTERVAL_MS 10000
/* A provider holds events back for less than this, to put them in order; what the capture itself
 * reports waits as long for its place among them. */
#define NOTICE_DELAY_NS (1000 * PKTMON_NS_PER_MS)
/* Of the buffer size, in the packets view: the part that journeys may take, of which there are so
 * many. The kernel's rings have the rest. */
#define JOURNEYS_SHARE 2
#define MIB            (1024U * 1024)

/* What was written ----------------------------------------------------------------------------- */

/* The first error is the one that explains the others. Takes ownership. */
static void keep_error(struct capture *capture, GError *error)
{
    if (capture->error)
        g_clear_error(&error);
    else
        capture->error = error;
}

/* After a failure of the output nothing more is written. Takes ownership of error. */
static void note_result(struct capture *capture, bool ok, GError *error)
{
    if (ok)
        return;
    capture->failed = true;
    if (capture->sink->ops->is_closed(capture->sink))
        g_clear_error(&error);
    keep_error(capture, error);
}

static void write_event(struct capture *capture, const struct pktmon_event *event)
{
    GError *error = NULL;

    if (capture->failed)
        return;
    capture->newest = MAX(capture->newest, event->time);
    bool ok = capture->sink->ops->write(capture->sink, event, &error);
    note_result(capture, ok, error);
}

static void flush_sink(struct capture *capture)
{
    GError *error = NULL;

    if (capture->failed)
        return;
    bool ok = capture->sink->ops->flush(capture->sink, capture->provider->until, &error);
    note_result(capture, ok, error);
}

/* Packets -------------------------------------------------------------------------------------- */

/* The bytes to keep of repeats; 0 = all. */
static uint32_t repeat_size(const struct pktmon_session_options *options)
{
    if (options->has_repeat_size)
        return options->repeat_size;
    return options->pkt_size ? MIN(options->pkt_size, PKTMON_REPEAT_SIZE) : PKTMON_REPEAT_SIZE;
}

/* Whether observations of a packet may be left out, while others are kept. */
static bool leaves_out_observations(const struct capture *capture)
{
    return capture_selection_is_partial(capture->selection) ||
           filter_set_count(capture->filters) > 0;
}

/* Whether the capture has kept what the observation repeats. */
static bool is_repeat(struct capture *capture, const struct pktmon_packet *packet)
{
    bool repeats = packet->repeats;

    if (!leaves_out_observations(capture))
        return repeats;
    if (!capture->kept)
        capture->kept = kept_packets_new();
    repeats = repeats && kept_packets_has(capture->kept, packet);
    kept_packets_add(capture->kept, packet);
    return repeats;
}

/* The bytes to keep of the packet; 0 = all. */
static uint32_t size_to_keep(struct capture *capture, const struct pktmon_packet *packet)
{
    return is_repeat(capture, packet) ? repeat_size(&capture->options) : capture->options.pkt_size;
}

static bool is_wanted(struct capture *capture, const struct pktmon_event *event,
                      uint16_t *filter_id)
{
    if (capture->options.counters_only ||
        !is_in_sample(event->packet.group, capture->options.sample) ||
        !capture_selection_admits(capture->selection, &event->packet)) {
        return false;
    }
    if (filter_set_count(capture->filters) == 0)
        return true;
    *filter_id = filter_set_match(capture->filters, event);
    return *filter_id != 0;
}

static void take_packet(struct capture *capture, const struct pktmon_event *event)
{
    struct pktmon_event kept = *event;
    struct pktmon_packet *packet = &kept.packet;

    if (!is_wanted(capture, event, &packet->filter_id)) {
        pcapng_account_keep_loss(capture->account, event->component, packet->lost);
        return;
    }
    uint32_t size = size_to_keep(capture, packet);
    if (size > 0 && packet->caplen > size)
        packet->caplen = size;
    packet->lost += pcapng_account_take_loss(capture->account, event->component);
    write_event(capture, &kept);
}

/* Counters ------------------------------------------------------------------------------------- */

/* Unchanged counters are not repeated, but the last readings are complete. */
static void take_counters(struct capture *capture, const struct pktmon_event *event)
{
    bool changed = pcapng_account_changed(capture->account, event->component, &event->counters);
    struct pktmon_event kept = *event;

    kept.counters.last = capture->final;
    if (changed || (capture->final && !pcapng_counters_are_zero(&event->counters) &&
                    capture->sink->ops->wants_again(capture->sink, event->component))) {
        write_event(capture, &kept);
    }
}

/* The sink ------------------------------------------------------------------------------------- */

/* Those from the one with this index on. */
static void write_filters(struct capture *capture, size_t first, uint64_t time)
{
    size_t count = filter_set_count(capture->filters);

    for (size_t i = first; i < count; i++) {
        const struct pktmon_event event = {
            .record = PKTMON_RECORD_FILTER,
            .time = time,
            .filter = filter_set_describe(capture->filters, i),
        };
        write_event(capture, &event);
    }
}

static void write_clock_step(struct capture *capture)
{
    g_autofree char *message =
        g_strdup_printf("The real-time clock was set %s by %.6f s; the timestamps of this capture "
                        "continue without the step.",
                        capture->clock_step < 0 ? "back" : "forward",
                        (double)ABS(capture->clock_step) / 1000000000);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = MAX(capture->clock_step_time, capture->newest),
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_CLOCK_STEP,
                   .level = PKTMON_LEVEL_WARNING,
                   .message = message},
    };

    capture->clock_step_time = 0;
    write_event(capture, &event);
}

static bool has_journeys(const struct capture *capture)
{
    return capture->options.view != PKTMON_VIEW_APPEARANCES && !capture->options.counters_only;
}

/* Notices about unwanted packets are unwanted, too. */
static void take_notice(struct capture *capture, const struct pktmon_event *event)
{
    if (journey_losses_has_times(event) && !has_journeys(capture))
        return;
    if (filter_set_want_notice(capture->filters, event))
        write_event(capture, event);
}

typedef void event_taker(struct capture *capture, const struct pktmon_event *event);

/* What is done with an event of a wanted component, by enum pktmon_record. */
static event_taker *const takers[] = {
    [PKTMON_RECORD_PACKET] = take_packet,     [PKTMON_RECORD_COMPONENT] = write_event,
    [PKTMON_RECORD_COUNTERS] = take_counters, [PKTMON_RECORD_FILTER] = write_event,
    [PKTMON_RECORD_CAPTURE] = write_event,    [PKTMON_RECORD_EVENT] = take_notice,
    [PKTMON_RECORD_RETIRED] = write_event,
};

static void miss_event(struct capture *capture, const struct pktmon_event *event)
{
    if (capture->sink->ops->miss)
        capture->sink->ops->miss(capture->sink, event);
}

static void take_event(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct capture *capture = (struct capture *)sink;

    if (capture->failed) {
        miss_event(capture, event);
        return;
    }
    if (capture->clock_step_time && event->time >= capture->clock_step_time)
        write_clock_step(capture);
    if (event->record == PKTMON_RECORD_COMPONENT)
        capture_selection_forget(capture->selection, event->component);
    if (capture_selection_wants(capture->selection, capture->registry, event->component))
        takers[event->record](capture, event);
    if (event->record == PKTMON_RECORD_RETIRED) {
        capture_selection_forget(capture->selection, event->component);
        pcapng_account_forget(capture->account, event->component);
    }
}

/* What is done from time to time --------------------------------------------------------------- */

/* How long the provider may wait for events: at most until the next reading of the counters. */
static int read_timeout(const struct capture *capture, uint64_t now)
{
    return (int)MIN(clock_timer_left_ms(&capture->counters_timer, now), READ_TIMEOUT_MS);
}

static void check_clock(struct capture *capture, uint64_t now)
{
    int64_t step;

    if (!clock_stepped(&capture->reported_offset, clock_offset(), &step))
        return;
    g_info("the real-time clock was stepped by %" G_GINT64_FORMAT " ns", step);
    if (capture->clock_step_time)
        write_clock_step(capture);
    capture->clock_step = step;
    capture->clock_step_time = now + (uint64_t)capture->offset;
}

/* A quiet network has no later event that the step would go before. */
static bool clock_step_is_overdue(const struct capture *capture, uint64_t now)
{
    uint64_t until = capture->provider->until;

    if (until > 0)
        return capture->clock_step_time && capture->clock_step_time <= until;
    return capture->clock_step_time &&
           capture->clock_step_time + NOTICE_DELAY_NS < now + (uint64_t)capture->offset;
}

static void repeat_descriptions(struct capture *capture)
{
    GError *error = NULL;

    if (capture->failed)
        return;
    bool ok = capture->sink->ops->repeat_descriptions(capture->sink, capture->newest, &error);
    note_result(capture, ok, error);
}

static bool do_what_is_due(struct capture *capture, GError **error)
{
    uint64_t now = clock_monotonic();

    if (clock_timer_due(&capture->clock_timer, now))
        check_clock(capture, now);
    if (clock_step_is_overdue(capture, now))
        write_clock_step(capture);
    if (clock_timer_due(&capture->descriptions_timer, now))
        repeat_descriptions(capture);
    return !clock_timer_due(&capture->counters_timer, now) ||
           capture->provider->ops->read_counters(capture->provider, error);
}

/* The run -------------------------------------------------------------------------------------- */

static void set_timers(struct capture *capture)
{
    uint64_t now = clock_monotonic();

    clock_timer_set(&capture->clock_timer, CLOCK_INTERVAL_MS, now);
    clock_timer_set(&capture->counters_timer, capture->options.counters_interval_ms, now);
    clock_timer_set(&capture->descriptions_timer,
                    capture->sink->wants_repeated_descriptions ? DESCRIPTIONS_INTERVAL_MS : 0, now);
}

/* As much as we would keep. A provider that leaves a packet to our filters gives all of it. */
static uint32_t provider_size(const struct capture *capture)
{
    const struct pktmon_session_options *options = &capture->options;
    uint32_t repeat = repeat_size(options);

    if (options->pkt_size == 0 || repeat == 0)
        return 0;
    return MAX(options->pkt_size, repeat);
}

/* Repeats of what is left out here are needed whole. (The provider itself leaves out namespaces and
 * what no filter matches.) */
static uint32_t provider_repeat_size(const struct capture *capture)
{
    return capture_selection_names_components(capture->selection) ? 0
                                                                  : repeat_size(&capture->options);
}

/* A reader finds a file with its header while the provider starts, which takes a while. What is
 * refused before leaves nothing, as Wireshark takes a header for success. */
static bool open_sink(struct capture *capture, GError **error)
{
    GError *reason = NULL;

    if (capture->opened)
        return true;
    capture->opened = true;
    const struct capture_view view = {.registry = capture->registry,
                                      .info = capture->info,
                                      .has_filters = filter_set_count(capture->filters) > 0};
    bool ok = capture->sink->ops->open(capture->sink, &view, &reason);
    note_result(capture, ok, reason);
    if (capture->error) {
        g_propagate_error(error, g_steal_pointer(&capture->error));
        return false;
    }
    return true;
}

/* MiB. */
static uint32_t size_for_journeys(const struct capture *capture)
{
    return MAX(capture->options.buffer_size / JOURNEYS_SHARE, 1);
}

static uint32_t size_of_rings(const struct capture *capture)
{
    uint32_t all = capture->options.buffer_size;

    return has_journeys(capture) && all > 1 ? all - size_for_journeys(capture) : all;
}

/* As of struct provider_attempt. */
static bool open_provider(void *context, provider_factory *factory, const char *without_ebpf,
                          GError **error)
{
    struct capture *capture = context;
    const struct pktmon_session_options *options = &capture->options;
    struct provider_filter filters[PROVIDER_MAX_FILTERS];
    struct provider_options wanted = {
        .live = options->live,
        .flow = !options->counters_only && options->type != PKTMON_CAPTURE_DROP,
        .drops = !options->counters_only && options->type != PKTMON_CAPTURE_FLOW,
        .pkt_size = provider_size(capture),
        .repeat_size = provider_repeat_size(capture),
        .wants_netns = capture_selection_names_netns(capture->selection)
                           ? capture_selection_wants_netns
                           : NULL,
        .take_alias = capture_selection_take_alias,
        .wants_component = capture_selection_wants_component,
        .context = capture->selection,
        .filters = filters,
        .filter_count = capture_fill_filters(capture, filters),
        .stopped = &capture->stopped,
        .outputs = capture->outputs.descriptors,
        .output_count = capture->outputs.count,
        .without_ebpf = without_ebpf,
    };

    wanted.live.buffer_size = size_of_rings(capture);
    wanted.vxlan_port = filter_set_vxlan_port(capture->filters);
    capture->provider = capture->maker(capture->maker_context, factory, &wanted, capture->registry,
                                       capture->info, &capture->events, error);
    return capture->provider && capture->provider->ops->enumerate(capture->provider, error) &&
           capture_selection_check(capture->selection, capture->registry, error) &&
           open_sink(capture, error) &&
           (capture->failed || capture->provider->ops->start(capture->provider, error));
}

/* Removes everything that the first provider found. */
static void close_provider(void *context)
{
    struct capture *capture = context;

    if (capture->provider)
        capture->provider->ops->free(capture->provider);
    capture->provider = NULL;
    pktmon_registry_clear(capture->registry);
    g_ptr_array_set_size(capture->info->missing, 0);
}

/* A kernel that writes to a network file system has a connection of its own. */
static void warn_of_network_file(struct capture *capture)
{
    const char *name = capture->outputs.network_file;

    if (name && !capture->options.keep_own) {
        g_ptr_array_add(
            capture->info->missing,
            g_strdup_printf("which connection carries the capture's own file to its file system "
                            "(%s): write to a local file, or exclude it with a filter, such as "
                            "\"not port 2049\"",
                            name));
    }
}

static void log_start(const struct capture *capture)
{
    const GPtrArray *missing = capture->info->missing;

    const char *provider = capture->info->provider;

    g_info("capturing with %s", provider ? provider : capture->provider->ops->name);
    for (guint i = 0; missing && i < missing->len; i++)
        g_info("missing: %s", (const char *)missing->pdata[i]);
}

/* time: no event of the provider is older. */
static void begin_sink(struct capture *capture, uint64_t time)
{
    GError *error = NULL;

    capture->newest = time;
    bool ok = capture->sink->ops->begin(
        capture->sink, &(struct capture_beginning){.time = time, .join = capture->provider->join},
        &error);
    note_result(capture, ok, error);
    write_filters(capture, 0, time);
    flush_sink(capture);
}

static void read_until_stopped(struct capture *capture)
{
    const struct provider_ops *ops = capture->provider->ops;
    GError *error = NULL;
    bool more = true;

    while (more && !capture->failed && !atomic_load(&capture->stopped)) {
        int timeout_ms = read_timeout(capture, clock_monotonic());
        more =
            ops->read(capture->provider, timeout_ms, &error) > 0 && do_what_is_due(capture, &error);
        write_filters(capture, capture_advance_additions(capture), capture->newest);
        flush_sink(capture);
        capture->failed |= capture->sink->ops->is_closed(capture->sink);
    }
    additions_close(capture->additions);
    keep_error(capture, error);
}

static void end_sink(struct capture *capture)
{
    GError *error = NULL;

    if (capture->clock_step_time)
        write_clock_step(capture);
    if (capture->failed)
        return;
    bool ok = capture->sink->ops->end(capture->sink, capture->newest, &error);
    note_result(capture, ok, error);
}

/* Detaches, and takes what the provider still holds. */
static void stop_provider(struct capture *capture)
{
    GError *error = NULL;

    capture->final = true;
    capture->provider->ops->stop(capture->provider, &error);
    keep_error(capture, error);
}

bool capture_run(struct capture *capture, struct capture_sink *sink, GError **error)
{
    const struct provider_attempt attempt = {
        .open = open_provider, .undo = close_provider, .context = capture};
    uint64_t time = clock_real();

    capture->sink =
        has_journeys(capture)
            ? journey_sink_new(&capture->options, (size_t)size_for_journeys(capture) * MIB, sink)
            : sink;
    capture->offset = capture->reported_offset = clock_offset();
    if (!provider_ladder_open(&capture->ladder, &attempt, error))
        return false;
    if (capture->failed) {
        return true; /* nobody reads */
    }
    warn_of_network_file(capture);
    log_start(capture);
    begin_sink(capture, capture->provider->began ? capture->provider->began : time);
    set_timers(capture);
    read_until_stopped(capture);
    stop_provider(capture);
    end_sink(capture);
    g_info("the capture has ended");
    if (capture->error) {
        g_propagate_error(error, g_steal_pointer(&capture->error));
        return false;
    }
    return true;
}

void capture_set_outputs(struct capture *capture, const struct outputs *outputs)
{
    capture->outputs = *outputs;
}

const struct pktmon_registry *capture_registry(const struct capture *capture)
{
    return capture->registry;
}

const struct pktmon_capture_info *capture_info(const struct capture *capture)
{
    return capture->info;
}

bool capture_wants(struct capture *capture, uint32_t component)
{
    return capture_selection_wants(capture->selection, capture->registry, component);
}

void capture_stop(struct capture *capture)
{
    atomic_store(&capture->stopped, true);
}

/* Making and freeing --------------------------------------------------------------------------- */

static uint64_t random_id(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int();
}

static struct provider *make_own_provider(void *context, provider_factory *factory,
                                          const struct provider_options *options,
                                          struct pktmon_registry *registry,
                                          struct pktmon_capture_info *info,
                                          struct pktmon_sink *sink, GError **error)
{
    (void)context;
    return factory(options, registry, info, sink, error);
}

/* Without what is copied elsewhere, or of no use here. */
static struct pktmon_session_options plain_options(const struct pktmon_session_options *options)
{
    struct pktmon_session_options plain = *options;

    plain.components = plain.netns = plain.capture_filter = plain.provider = NULL;
    plain.filters = NULL;
    return plain;
}

struct capture *capture_new(const struct pktmon_session_options *options,
                            struct filter_set *filters, const struct provider_ladder *ladder)
{
    const struct capture_selection_options selection = {
        .type = options->type, .components = options->components, .netns = options->netns};
    struct capture *capture = g_new0(struct capture, 1);

    capture->events.event = take_event;
    capture->options = plain_options(options);
    capture->ladder = *ladder;
    capture->maker = make_own_provider;
    capture->selection = capture_selection_new(&selection);
    capture->filters = filters;
    capture->registry = pktmon_registry_new();
    capture->info = pktmon_capture_info_new();
    capture->info->id = random_id();
    capture->account = pcapng_account_new();
    capture->additions = additions_new();
    return capture;
}

void capture_set_provider_maker(struct capture *capture, capture_provider_maker *maker,
                                void *context)
{
    capture->maker = maker;
    capture->maker_context = context;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->provider)
        capture->provider->ops->free(capture->provider);
    if (capture->sink)
        capture->sink->ops->free(capture->sink);
    capture_selection_free(capture->selection);
    filter_set_free(capture->filters);
    pktmon_registry_free(capture->registry);
    pktmon_capture_info_free(capture->info);
    kept_packets_free(capture->kept);
    pcapng_account_free(capture->account);
    additions_free(capture->additions);
    g_clear_error(&capture->error);
    g_free(capture);
}
