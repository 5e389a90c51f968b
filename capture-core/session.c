/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "pktmon"
#include "session-private.h"

#include <string.h>

#include "shared/shared-provider.h"
#include "stream.h"

#define READ_TIMEOUT_MS          100 /* how long a stop may wait for the provider to come back */
#define CLOCK_INTERVAL_MS        1000
#define DESCRIPTIONS_INTERVAL_MS 10000
/* A provider holds events back for less than this, to put them in order; what the session itself
 * has to say waits as long for its place among them. */
#define NOTICE_DELAY_NS (1000 * PKTMON_NS_PER_MS)

static const struct {
    const char *name;
    pktmon_source *source;
    pktmon_source *fallback; /* where this system cannot do the first; NULL: none */
} providers[] = {
    {"auto", pktmon_ebpf_provider_new, pktmon_pcap_provider_new},
    {"ebpf", pktmon_ebpf_provider_new},
    {"pcap", pktmon_pcap_provider_new},
};

void pktmon_session_options_init(struct pktmon_session_options *options)
{
    *options = (struct pktmon_session_options){
        .type = PKTMON_CAPTURE_ALL,
        .points = PKTMON_POINTS_STACK,
        .counters_interval_ms = 1000,
        .buffer_size = 64,
    };
}

/* What was written ----------------------------------------------------------------------------- */

/* The first error is the one that explains the others. Takes ownership. */
static void keep_error(struct pktmon_session *session, GError *error)
{
    if (session->error) {
        g_clear_error(&error);
    } else {
        session->error = error;
    }
}

/* After a failure of the output nothing more is written. Takes ownership of error. */
static void output_done(struct pktmon_session *session, bool good, GError *error)
{
    if (good) {
        return;
    }
    session->failed = true;
    if (session->output->ops->closed(session->output)) {
        g_clear_error(&error);
    }
    keep_error(session, error);
}

static void write_event(struct pktmon_session *session, const struct pktmon_event *event)
{
    GError *error = NULL;

    if (session->failed) {
        return;
    }
    session->newest = MAX(session->newest, event->time);
    bool good = session->output->ops->write(session->output, event, &error);
    output_done(session, good, error);
}

static void flush_output(struct pktmon_session *session)
{
    GError *error = NULL;

    if (session->failed) {
        return;
    }
    bool good = session->output->ops->flush(session->output, &error);
    output_done(session, good, error);
}

/* Packets -------------------------------------------------------------------------------------- */

/* The bytes to keep of the packet; 0 = all. */
static uint32_t size_to_keep(const struct pktmon_session_options *options, uint32_t appearance)
{
    return appearance > 1 && options->has_repeat_size ? options->repeat_size : options->pkt_size;
}

static bool is_wanted(struct pktmon_session *session, const struct pktmon_event *event,
                      uint16_t *filter_id)
{
    if (session->options.counters_only ||
        !pktmon_is_sampled(event->packet.group, session->options.sample) ||
        !pktmon_constraints_admit(session->constraints, &event->packet)) {
        return false;
    }
    if (pktmon_packet_filters_count(session->filters) == 0) {
        return true;
    }
    *filter_id = pktmon_packet_filters_match(session->filters, event);
    return *filter_id != 0;
}

static void take_packet(struct pktmon_session *session, const struct pktmon_event *event)
{
    struct pktmon_event kept = *event;
    struct pktmon_packet *packet = &kept.packet;

    if (!is_wanted(session, event, &packet->filter_id)) {
        pktmon_account_keep_loss(session->account, event->component, packet->lost);
        return;
    }
    uint32_t size = size_to_keep(&session->options, packet->appearance);
    if (size > 0 && packet->caplen > size) {
        packet->caplen = size;
    }
    packet->lost += pktmon_account_take_loss(session->account, event->component);
    write_event(session, &kept);
}

/* Counters ------------------------------------------------------------------------------------- */

/* What did not change is not said again, but the last words are complete. */
static void take_counters(struct pktmon_session *session, const struct pktmon_event *event)
{
    bool changed = pktmon_account_changed(session->account, event->component, &event->counters);
    struct pktmon_event kept = *event;

    kept.counters.last = session->final;
    if (changed || (session->final && !pktmon_counters_are_zero(&event->counters) &&
                    session->output->ops->wants_again(session->output, event->component))) {
        write_event(session, &kept);
    }
}

/* The sink ------------------------------------------------------------------------------------- */

void session_write_filters(struct pktmon_session *session, size_t first, uint64_t time)
{
    size_t count = pktmon_packet_filters_count(session->filters);

    for (size_t i = first; i < count; i++) {
        const struct pktmon_event event = {
            .record = PKTMON_RECORD_FILTER,
            .time = time,
            .filter = pktmon_packet_filters_describe(session->filters, i),
        };
        write_event(session, &event);
    }
}

static void write_clock_step(struct pktmon_session *session)
{
    g_autofree char *message = g_strdup_printf(
        "The real-time clock was set %s by %.6f s; the times of this capture go on as before.",
        session->clock_step < 0 ? "back" : "forward",
        (double)ABS(session->clock_step) / 1000000000);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = MAX(session->clock_step_time, session->newest),
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_CLOCK_STEP,
                   .level = PKTMON_LEVEL_WARNING,
                   .message = message},
    };

    session->clock_step_time = 0;
    write_event(session, &event);
}

/* What the kernel tells of a packet that is not wanted is not either. */
static void take_notice(struct pktmon_session *session, const struct pktmon_event *event)
{
    if (pktmon_packet_filters_want_notice(session->filters, event)) {
        write_event(session, event);
    }
}

typedef void event_taker(struct pktmon_session *session, const struct pktmon_event *event);

/* What is done with an event of a wanted component, by enum pktmon_record. */
static event_taker *const takers[] = {
    [PKTMON_RECORD_PACKET] = take_packet,     [PKTMON_RECORD_COMPONENT] = write_event,
    [PKTMON_RECORD_COUNTERS] = take_counters, [PKTMON_RECORD_FILTER] = write_event,
    [PKTMON_RECORD_CAPTURE] = write_event,    [PKTMON_RECORD_EVENT] = take_notice,
    [PKTMON_RECORD_RETIRED] = write_event,
};

static void take_event(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct pktmon_session *session = (struct pktmon_session *)sink;

    if (session->failed) {
        return;
    }
    if (session->clock_step_time && event->time >= session->clock_step_time) {
        write_clock_step(session);
    }
    if (event->record == PKTMON_RECORD_COMPONENT) {
        pktmon_constraints_forget(session->constraints, event->component);
    }
    if (pktmon_constraints_select(session->constraints, session->registry, event->component)) {
        takers[event->record](session, event);
    }
    if (event->record == PKTMON_RECORD_RETIRED) {
        pktmon_constraints_forget(session->constraints, event->component);
        pktmon_account_forget(session->account, event->component);
    }
}

/* What is done from time to time --------------------------------------------------------------- */

/* How long the provider may wait for events: at most until the next reading of the counters. */
static int read_timeout(const struct pktmon_session *session, uint64_t now)
{
    return (int)MIN(pktmon_timer_left_ms(&session->counters_timer, now), READ_TIMEOUT_MS);
}

static void check_clock(struct pktmon_session *session, uint64_t now)
{
    int64_t step;

    if (!pktmon_clock_stepped(&session->reported_offset, pktmon_clock_offset(), &step)) {
        return;
    }
    g_info("the real-time clock was stepped by %" G_GINT64_FORMAT " ns", step);
    if (session->clock_step_time) {
        write_clock_step(session);
    }
    session->clock_step = step;
    session->clock_step_time = now + (uint64_t)session->offset;
}

/* A quiet network has no later event that the step would go before. */
static bool clock_step_is_overdue(const struct pktmon_session *session, uint64_t now)
{
    return session->clock_step_time &&
           session->clock_step_time + NOTICE_DELAY_NS < now + (uint64_t)session->offset;
}

static void repeat_descriptions(struct pktmon_session *session)
{
    GError *error = NULL;

    if (session->failed) {
        return;
    }
    bool good = session->output->ops->repeat_descriptions(session->output, session->newest, &error);
    output_done(session, good, error);
}

static bool do_what_is_due(struct pktmon_session *session, GError **error)
{
    uint64_t now = pktmon_clock_monotonic();

    if (pktmon_timer_due(&session->clock_timer, now)) {
        check_clock(session, now);
    }
    if (clock_step_is_overdue(session, now)) {
        write_clock_step(session);
    }
    if (pktmon_timer_due(&session->descriptions_timer, now)) {
        repeat_descriptions(session);
    }
    return !pktmon_timer_due(&session->counters_timer, now) ||
           session->provider->ops->read_counters(session->provider, error);
}

/* The run -------------------------------------------------------------------------------------- */

static void set_timers(struct pktmon_session *session)
{
    uint64_t now = pktmon_clock_monotonic();

    pktmon_timer_set(&session->clock_timer, CLOCK_INTERVAL_MS, now);
    pktmon_timer_set(&session->counters_timer, session->options.counters_interval_ms, now);
    pktmon_timer_set(&session->descriptions_timer,
                     session->output->wants_repeated_descriptions ? DESCRIPTIONS_INTERVAL_MS : 0,
                     now);
}

/* As much as we would keep. A provider that leaves a packet to our filters gives all of it. */
static uint32_t provider_size(const struct pktmon_session *session)
{
    const struct pktmon_session_options *options = &session->options;
    uint32_t repeat = options->has_repeat_size ? options->repeat_size : options->pkt_size;

    if (options->pkt_size == 0 || repeat == 0) {
        return 0;
    }
    return MAX(options->pkt_size, repeat);
}

/* A reader finds a file with its header while the provider starts, which takes a while. What is
 * refused before leaves nothing, as Wireshark takes a header for success. */
static bool open_output(struct pktmon_session *session, GError **error)
{
    GError *reason = NULL;

    if (session->opened) {
        return true;
    }
    session->opened = true;
    bool good = session->output->ops->open(session->output, &reason);
    output_done(session, good, reason);
    if (session->error) {
        g_propagate_error(error, g_steal_pointer(&session->error));
        return false;
    }
    return true;
}

/* without_ebpf: as in struct pktmon_provider_options. */
static bool open_source(struct pktmon_session *session, pktmon_source *source,
                        const char *without_ebpf, GError **error)
{
    const struct pktmon_session_options *options = &session->options;
    struct pktmon_provider_filter filters[PKTMON_PROVIDER_FILTERS];
    const struct pktmon_provider_options wanted = {
        .points = options->points,
        .flow = !options->counters_only && options->type != PKTMON_CAPTURE_DROP,
        .drops = !options->counters_only && options->type != PKTMON_CAPTURE_FLOW,
        .pkt_size = provider_size(session),
        .repeat_size = options->has_repeat_size ? options->repeat_size : options->pkt_size,
        .buffer_size = options->buffer_size,
        .sample = options->sample,
        .max_cpu = options->max_cpu,
        .wants_netns = pktmon_constraints_name_netns(session->constraints)
                           ? pktmon_constraints_want_netns
                           : NULL,
        .take_alias = pktmon_constraints_take_alias,
        .wants_component = pktmon_constraints_want_component,
        .context = session->constraints,
        .filters = filters,
        .filter_count = session_tell_filters(session, filters),
        .vxlan_port = pktmon_packet_filters_vxlan_port(session->filters),
        .stopped = session->shared ? NULL : &session->stopped, /* others may live on without it */
        .hook_queues = options->hook_queues,
        .outputs = session->outputs.descriptors,
        .output_count = session->outputs.count,
        .keep_own = options->keep_own,
        .without_ebpf = without_ebpf,
    };

    session->provider =
        session->shared
            ? shared_provider_new(source, session->queue_size, &wanted, session->registry,
                                  session->capture, &session->sink)
            : source(&wanted, session->registry, session->capture, &session->sink, error);
    return session->provider && session->provider->ops->enumerate(session->provider, error) &&
           pktmon_constraints_check(session->constraints, session->registry, error) &&
           open_output(session, error) &&
           (session->failed || session->provider->ops->start(session->provider, error));
}

/* Nothing that was found by the first source is left. */
static void close_source(struct pktmon_session *session)
{
    if (session->provider) {
        session->provider->ops->free(session->provider);
    }
    session->provider = NULL;
    pktmon_registry_clear(session->registry);
    g_ptr_array_set_size(session->capture->missing, 0);
}

static bool open_provider(struct pktmon_session *session, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (open_source(session, session->source, NULL, &reason)) {
        return true;
    }
    if (!session->fallback || !g_error_matches(reason, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    g_message("eBPF cannot be used, libpcap is: %s", reason->message);
    close_source(session);
    if (open_source(session, session->fallback, reason->message, error)) {
        return true;
    }
    g_prefix_error(error, "%s Nor can libpcap: ", reason->message);
    return false;
}

/* A kernel that writes to a network file system has a connection of its own. */
static void warn_of_network_file(struct pktmon_session *session)
{
    const char *name = session->outputs.network_file;

    if (name && !session->options.keep_own) {
        g_ptr_array_add(
            session->capture->missing,
            g_strdup_printf("which connection carries the capture's own file to its file system "
                            "(%s): write to a local file, or exclude it with a filter, such as "
                            "\"not port 2049\"",
                            name));
    }
}

static void log_start(const struct pktmon_session *session)
{
    const GPtrArray *missing = session->capture->missing;

    const char *provider = session->capture->provider;

    g_info("capturing with %s", provider ? provider : session->provider->ops->name);
    for (guint i = 0; missing && i < missing->len; i++) {
        g_info("missing: %s", (const char *)missing->pdata[i]);
    }
}

/* time: no event of the provider is older. */
static void begin_output(struct pktmon_session *session, uint64_t time)
{
    GError *error = NULL;

    session->newest = time;
    bool good = session->output->ops->begin(session->output, time, &error);
    output_done(session, good, error);
    session_write_filters(session, 0, time);
    flush_output(session);
}

static void read_until_stopped(struct pktmon_session *session)
{
    const struct pktmon_provider_ops *ops = session->provider->ops;
    GError *error = NULL;
    bool more = true;

    while (more && !session->failed && !atomic_load(&session->stopped)) {
        int timeout_ms = read_timeout(session, pktmon_clock_monotonic());
        more =
            ops->read(session->provider, timeout_ms, &error) > 0 && do_what_is_due(session, &error);
        if (session->shared) {
            session_advance_additions(session);
        }
        flush_output(session);
        session->failed |= session->output->ops->closed(session->output);
    }
    additions_close(session->additions);
    keep_error(session, error);
}

static void end_output(struct pktmon_session *session)
{
    GError *error = NULL;

    if (session->clock_step_time) {
        write_clock_step(session);
    }
    if (session->failed) {
        return;
    }
    bool good = session->output->ops->end(session->output, session->newest, &error);
    output_done(session, good, error);
}

/* Detaches, and takes what the provider still holds. */
static void stop_provider(struct pktmon_session *session)
{
    GError *error = NULL;

    session->final = true;
    session->provider->ops->stop(session->provider, &error);
    keep_error(session, error);
}

/* Takes ownership of output. */
static bool run(struct pktmon_session *session, struct session_output *output, GError **error)
{
    uint64_t time = pktmon_clock_real();

    session->output = output;

    session->offset = session->reported_offset = pktmon_clock_offset();
    if (!open_provider(session, error)) {
        return false;
    }
    if (session->failed) {
        return true; /* nobody reads */
    }
    warn_of_network_file(session);
    log_start(session);
    begin_output(session, time);
    set_timers(session);
    read_until_stopped(session);
    stop_provider(session);
    end_output(session);
    g_info("the capture has ended");
    if (session->error) {
        g_propagate_error(error, g_steal_pointer(&session->error));
        return false;
    }
    return true;
}

void pktmon_session_add_output(struct pktmon_session *session, int fd)
{
    outputs_add(&session->outputs, fd);
}

bool pktmon_session_run(struct pktmon_session *session, int fd, enum pktmon_carrier carrier,
                        GError **error)
{
    const struct pktmon_stream_options options = {
        .fd = fd,
        .carrier = carrier,
        .live = true,
        .matches_only = pktmon_packet_filters_count(session->filters) > 0,
        .application = "pktmon " PKTMON_VERSION,
    };

    pktmon_session_add_output(session, fd);
    return run(session, session_output_to_file(&options, session->registry, session->capture),
               error);
}

bool pktmon_session_run_to(struct pktmon_session *session, struct pktmon_receiver *receiver,
                           GError **error)
{
    return run(session, session_output_to_receiver(receiver), error);
}

const struct pktmon_registry *pktmon_session_registry(const struct pktmon_session *session)
{
    return session->registry;
}

const struct pktmon_capture *pktmon_session_capture(const struct pktmon_session *session)
{
    return session->capture;
}

bool pktmon_session_selects(struct pktmon_session *session, uint32_t component)
{
    return pktmon_constraints_select(session->constraints, session->registry, component);
}

void pktmon_session_stop(struct pktmon_session *session)
{
    atomic_store(&session->stopped, true);
}

/* Making and freeing --------------------------------------------------------------------------- */

static uint64_t random_id(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int();
}

struct pktmon_session *pktmon_session_new_from(const struct pktmon_session_options *options,
                                               pktmon_source *source, GError **error)
{
    struct pktmon_packet_filters *filters = pktmon_packet_filters_new(options, error);

    if (!filters) {
        return NULL;
    }
    struct pktmon_session *session = g_new0(struct pktmon_session, 1);
    session->sink.event = take_event;
    session->options = *options;
    session->options.components = NULL;
    session->options.netns = NULL;
    session->options.capture_filter = NULL;
    session->options.filters = NULL;
    session->options.provider = NULL;
    session->source = source;
    session->constraints = pktmon_constraints_new(options);
    session->filters = filters;
    session->registry = pktmon_registry_new();
    session->capture = pktmon_capture_new();
    session->capture->id = random_id();
    session->account = pktmon_account_new();
    session->additions = additions_new();
    return session;
}

bool session_find_source(const char *name, pktmon_source **source, pktmon_source **fallback,
                         GError **error)
{
    const char *wanted = name && *name ? name : "auto";

    for (size_t i = 0; i < G_N_ELEMENTS(providers); i++) {
        if (g_str_equal(providers[i].name, wanted)) {
            *source = providers[i].source;
            *fallback = providers[i].fallback;
            return true;
        }
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "There is no source called \"%s\": use auto, ebpf or pcap.", wanted);
    return false;
}

struct pktmon_session *pktmon_session_new(const struct pktmon_session_options *options,
                                          GError **error)
{
    pktmon_source *source, *fallback;

    if (!session_find_source(options->provider, &source, &fallback, error)) {
        return NULL;
    }
    struct pktmon_session *session = pktmon_session_new_from(options, source, error);
    if (session) {
        session->fallback = fallback;
    }
    return session;
}

void pktmon_session_free(struct pktmon_session *session)
{
    if (!session) {
        return;
    }
    if (session->provider) {
        session->provider->ops->free(session->provider);
    }
    if (session->output) {
        session->output->ops->free(session->output);
    }
    pktmon_constraints_free(session->constraints);
    pktmon_packet_filters_free(session->filters);
    pktmon_registry_free(session->registry);
    pktmon_capture_free(session->capture);
    pktmon_account_free(session->account);
    additions_free(session->additions);
    g_clear_error(&session->error);
    g_free(session);
}
