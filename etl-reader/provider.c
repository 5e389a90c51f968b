/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl.h"

#include "delivery.h"
#include "ndis.h"
#include "pktmon-event.h"
#include "plural.h"
#include "window.h"

/* Records handled by one read(), so that the caller can look at its own affairs in between. */
#define RECORDS_PER_READ 1024

/* Build from which on group ids join nothing. */
#define BUILD_WITHOUT_GROUPS 26100

struct etl_provider {
    struct pktmon_provider base;
    struct etl_budget *budget;
    struct etl_log *log;
    struct etl_delivery delivery;
    struct etl_ndis *ndis;
    struct etl_window *window; /* NULL: the log has no out-of-band data */
    pktmon_etl_observer *observer;
    void *observer_user;
    bool scanned;
    bool ended;
};

void pktmon_etl_options_init(struct pktmon_etl_options *options)
{
    *options =
        (struct pktmon_etl_options){.flow = true, .drops = true, .counters = true, .notices = true};
    pktmon_etl_limits_of_environment(&options->limits);
}

static struct etl_provider *self(const struct pktmon_provider *provider)
{
    return (struct etl_provider *)provider;
}

/* Whether the second pass looks at it; descriptions only where somebody observes. */
static bool is_wanted(const struct etl_provider *provider, const struct etl_record *record)
{
    enum etl_use use = etl_use_of(record);
    return use == ETL_USE_EVENT || (use == ETL_USE_DESCRIPTION && provider->observer);
}

static bool visit(void *user, const struct etl_record *record, unsigned file)
{
    struct etl_provider *provider = user;
    if (file == ETL_LAST_FILE)
        etl_catalogue_learn_names(provider->delivery.catalogue, record);
    else
        etl_catalogue_learn(provider->delivery.catalogue, record);
    return is_wanted(provider, record);
}

static bool has_out_of_band(const struct etl_catalogue *catalogue)
{
    static const uint16_t ids[] = {
        ETL_PKTMON_PARSED_IPV4,      ETL_PKTMON_PARSED_IPV6, ETL_PKTMON_PARSED_DROP_IPV4,
        ETL_PKTMON_PARSED_DROP_IPV6, ETL_PKTMON_NBL,         ETL_PKTMON_NBL_DROP,
        ETL_PKTMON_CONTEXT,          ETL_PKTMON_CONTEXT_DROP};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        if (etl_catalogue_pktmon_count(catalogue, ids[i]) > 0)
            return true;
    }
    return false;
}

static void handle(void *user, const struct etl_record *record, const struct etl_notes *notes);
static void handle_joined(void *user, const struct etl_record *record);

/* A log without events is empty, not unreadable; its own header does not count. */
static bool anything_read(const struct etl_log_stats *stats)
{
    uint64_t events = stats->records[ETL_RECORD_EVENT] + stats->records[ETL_RECORD_CLASSIC] +
                      stats->records[ETL_RECORD_MESSAGE];
    return events > 0 || stats->records[ETL_RECORD_KERNEL] > stats->files || stats->lost_bytes == 0;
}

static bool goes_on(void *user)
{
    const struct pktmon_etl_options *options = &((struct etl_provider *)user)->delivery.options;
    return !options->go_on || options->go_on(options->user);
}

static bool stopped(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "Stopped before the whole log was converted.");
    return false;
}

static bool enumerate(struct pktmon_provider *base, GError **error)
{
    struct etl_provider *provider = self(base);
    if (provider->scanned)
        return true;
    provider->scanned = true;
    if (!etl_log_scan(provider->log, visit, goes_on, provider))
        return stopped(error);
    etl_budget_set_decoded(provider->budget, etl_log_stats(provider->log)->decoded);
    if (!anything_read(etl_log_stats(provider->log))) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "The log begins well, but none of its events can be read: copy it again.");
        return false;
    }
    etl_catalogue_finish(provider->delivery.catalogue);
    if (has_out_of_band(provider->delivery.catalogue))
        provider->window = etl_window_new(handle, handle_joined, provider);
    return true;
}

static void deliver_components(struct etl_provider *provider)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(provider->base.registry);
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        const struct pktmon_event event = {.record = PKTMON_RECORD_COMPONENT,
                                           .time = etl_log_start(provider->log),
                                           .component = component->id};
        etl_deliver(&provider->delivery, &event);
    }
}

static void deliver_filters(struct etl_provider *provider)
{
    const GPtrArray *filters = etl_catalogue_filters(provider->delivery.catalogue);
    for (guint i = 0; i < filters->len; i++) {
        const struct etl_filter *filter = g_ptr_array_index(filters, i);
        const struct pktmon_event event = {
            .record = PKTMON_RECORD_FILTER,
            .time = etl_log_start(provider->log),
            .filter = {.id = filter->id, .name = filter->name, .text = filter->text}};
        etl_deliver(&provider->delivery, &event);
    }
}

static bool start(struct pktmon_provider *base, GError **error)
{
    struct etl_provider *provider = self(base);
    if (!enumerate(base, error))
        return false;
    deliver_components(provider);
    deliver_filters(provider);
    return true;
}

static void handle_counters(struct etl_provider *provider, const struct etl_record *record,
                            const struct etl_notes *notes)
{
    struct etl_counter counter;
    g_autofree char *edge_name = NULL;
    (void)notes;
    if (!etl_counter_read(record, &counter, &edge_name)) {
        provider->delivery.report.short_events++;
        etl_deliver_notice(&provider->delivery, record);
        return;
    }
    struct pktmon_event event = {
        .record = PKTMON_RECORD_COUNTERS,
        .time = record->time,
        .component = counter.component,
        .counters = {.edge = counter.edge,
                     .edge_name = edge_name,
                     .has_flow = !counter.drops,
                     .has_drops = counter.drops},
    };
    struct pktmon_counters *to = &event.counters;
    *(counter.drops ? &to->drops_in : &to->packets_in) = counter.packets_in;
    *(counter.drops ? &to->drop_bytes_in : &to->bytes_in) = counter.bytes_in;
    *(counter.drops ? &to->drops_out : &to->packets_out) = counter.packets_out;
    *(counter.drops ? &to->drop_bytes_out : &to->bytes_out) = counter.bytes_out;
    etl_deliver(&provider->delivery, &event);
}

static void handle_registration(struct etl_provider *provider, const struct etl_record *record,
                                const struct etl_notes *notes)
{
    (void)notes;
    uint32_t id = etl_catalogue_register(provider->delivery.catalogue, record);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_COMPONENT, .time = record->time, .component = id};
    if (id)
        etl_deliver(&provider->delivery, &event);
    else
        provider->delivery.report.short_events++;
    etl_deliver_notice(&provider->delivery, record);
}

/* A packet, or out-of-band data of one that the log does not hold. */
static void handle_packet(struct etl_provider *provider, const struct etl_record *record,
                          const struct etl_notes *notes)
{
    struct etl_packet_event packet;
    enum etl_packet_read read = etl_packet_event_read(record, &packet);
    provider->delivery.report.short_events += read == ETL_PACKET_SHORT;
    if (read != ETL_PACKET_READ || packet.kind == ETL_PACKET_NBL ||
        packet.kind == ETL_PACKET_CONTEXT)
        etl_deliver_notice(&provider->delivery, record);
    else
        etl_deliver_packet(&provider->delivery, record, &packet, notes);
}

static void handle_pktmon(struct etl_provider *provider, const struct etl_record *record,
                          const struct etl_notes *notes)
{
    static const struct {
        uint16_t id;
        void (*handle)(struct etl_provider *provider, const struct etl_record *record,
                       const struct etl_notes *notes);
    } handlers[] = {
        {ETL_PKTMON_DROP_COUNTERS, handle_counters},
        {ETL_PKTMON_FLOW_COUNTERS, handle_counters},
        {ETL_PKTMON_REGISTERED, handle_registration},
        {ETL_PKTMON_UNREGISTERED, handle_registration},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(handlers); i++) {
        if (handlers[i].id == record->id) {
            handlers[i].handle(provider, record, notes);
            return;
        }
    }
    handle_packet(provider, record, notes);
}

static void observe(struct etl_provider *provider, const struct etl_record *record)
{
    if (provider->observer)
        provider->observer(provider->observer_user, record);
}

static void handle_joined(void *user, const struct etl_record *record)
{
    struct etl_provider *provider = user;
    if (etl_budget_is_spent(provider->budget)) {
        etl_budget_cuts(provider->budget)->events++;
        return;
    }
    observe(provider, record);
    provider->delivery.report.joined++;
}

static void handle(void *user, const struct etl_record *record, const struct etl_notes *notes)
{
    struct etl_provider *provider = user;
    /* Before it is made into anything: that takes its time too. */
    if (etl_budget_is_spent(provider->budget)) {
        etl_budget_cuts(provider->budget)->events++;
        return;
    }
    observe(provider, record);
    if (etl_use_of(record) == ETL_USE_DESCRIPTION)
        return;
    if (etl_record_is(record, ETL_RECORD_EVENT, etl_pktmon_guid))
        handle_pktmon(provider, record, notes);
    else if (record->kind != ETL_RECORD_EVENT || !etl_ndis_add(provider->ndis, record))
        etl_deliver_notice(&provider->delivery, record);
}

/* Something is not in the capture, whatever was asked for. */
static void deliver_lost(struct etl_provider *provider, const char *message)
{
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = provider->delivery.time,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_LOST,
                   .level = PKTMON_LEVEL_WARNING,
                   .message = message},
    };
    etl_deliver_anyway(&provider->delivery, &event);
}

/* What the logger itself could not write, as the log's header says. */
static void deliver_loss(struct etl_provider *provider)
{
    const struct etl_log_stats *stats = etl_log_stats(provider->log);
    if (stats->events_lost == 0 && stats->buffers_lost == 0 && stats->lost_bytes == 0)
        return;
    g_autofree char *message =
        g_strdup_printf("The logger lost %" G_GUINT64_FORMAT " %s and %" G_GUINT64_FORMAT
                        " %s; %" G_GUINT64_FORMAT " %s of the log cannot be read",
                        stats->events_lost, PLURAL(stats->events_lost, "event", "events"),
                        stats->buffers_lost, PLURAL(stats->buffers_lost, "buffer", "buffers"),
                        stats->lost_bytes, PLURAL(stats->lost_bytes, "byte", "bytes"));
    deliver_lost(provider, message);
}

/* What the limits cut of the events, where the reader of the capture sees it. */
static void deliver_cuts(struct etl_provider *provider)
{
    const struct etl_cuts *cuts = etl_budget_cuts(provider->budget);
    if (cuts->events == 0)
        return;
    g_autofree char *message = g_strdup_printf(
        "%" G_GUINT64_FORMAT " %s left out: more output would be made than is allowed for "
        "a log of this size",
        cuts->events, PLURAL(cuts->events, "event of the log was", "events of the log were"));
    deliver_lost(provider, message);
}

static void end(struct etl_provider *provider)
{
    if (provider->ended)
        return;
    provider->ended = true;
    if (provider->window)
        etl_window_flush(provider->window);
    etl_ndis_flush(provider->ndis);
    deliver_loss(provider);
    deliver_cuts(provider);
}

static int read_records(struct pktmon_provider *base, int timeout_ms, GError **error)
{
    struct etl_provider *provider = self(base);
    struct etl_record record;
    (void)timeout_ms;
    if (!goes_on(provider)) {
        stopped(error);
        return -1;
    }
    for (int i = 0; i < RECORDS_PER_READ; i++) {
        if (provider->ended || !etl_log_next(provider->log, &record)) {
            end(provider);
            return 0;
        }
        /* The scan keeps whole buffers, so records that it took already come again. */
        if (!is_wanted(provider, &record))
            continue;
        if (provider->window)
            etl_window_add(provider->window, &record);
        else
            handle(provider, &record, NULL);
    }
    return 1;
}

/* The log's own readings come in their turn. */
static bool read_counters(struct pktmon_provider *base, GError **error)
{
    (void)base, (void)error;
    return true;
}

static bool stop(struct pktmon_provider *base, GError **error)
{
    (void)error;
    end(self(base));
    return true;
}

static void free_provider(struct pktmon_provider *base)
{
    struct etl_provider *provider = self(base);
    etl_window_free(provider->window);
    etl_ndis_free(provider->ndis);
    etl_correlator_free(provider->delivery.correlator);
    etl_catalogue_free(provider->delivery.catalogue);
    etl_budget_free(provider->budget);
    etl_log_close(provider->log);
    g_byte_array_free(provider->delivery.scratch, TRUE);
    g_string_free(provider->delivery.text, TRUE);
    g_free(provider);
}

static const struct pktmon_provider_ops operations = {
    .name = "etl",
    .enumerate = enumerate,
    .start = start,
    .read = read_records,
    .read_counters = read_counters,
    .stop = stop,
    .free = free_provider,
};

static void describe_capture(struct pktmon_capture *capture, const struct etl_file_header *header)
{
    g_free(capture->os);
    g_free(capture->release);
    g_free(capture->provider);
    capture->os = g_strdup("Windows");
    capture->release = g_strdup_printf("%u", header->build);
    capture->provider = g_strdup(operations.name);
}

struct pktmon_provider *pktmon_etl_provider_new(const char *const *paths,
                                                const struct pktmon_etl_options *options,
                                                struct pktmon_registry *registry,
                                                struct pktmon_capture *capture,
                                                struct pktmon_sink *sink, GError **error)
{
    struct etl_log *log = etl_log_open(paths, error);
    if (!log)
        return NULL;
    const struct etl_file_header *header = etl_log_header(log);
    struct etl_provider *provider = g_new0(struct etl_provider, 1);
    provider->base = (struct pktmon_provider){
        .ops = &operations, .registry = registry, .capture = capture, .sink = sink};
    provider->log = log;
    provider->budget = etl_budget_new(&options->limits, etl_log_stats(log)->bytes);
    etl_log_set_memory(log, etl_budget_buffers(provider->budget));
    provider->delivery.budget = provider->budget;
    provider->delivery.options = *options;
    provider->delivery.registry = registry;
    provider->delivery.sink = sink;
    provider->delivery.catalogue = etl_catalogue_new(registry, header->build, provider->budget);
    provider->delivery.correlator = etl_correlator_new(provider->delivery.catalogue);
    provider->delivery.by_content = header->build >= BUILD_WITHOUT_GROUPS;
    provider->delivery.scratch = g_byte_array_new();
    provider->delivery.text = g_string_new(NULL);
    provider->ndis = etl_ndis_new(&provider->delivery);
    describe_capture(capture, header);
    return &provider->base;
}

void pktmon_etl_spend(struct pktmon_provider *provider, uint64_t bytes)
{
    etl_budget_spend(self(provider)->budget, bytes);
}

bool pktmon_etl_is_spent(const struct pktmon_provider *provider)
{
    return etl_budget_is_spent(self(provider)->budget);
}

const struct etl_cuts *pktmon_etl_cuts(const struct pktmon_provider *provider)
{
    return etl_budget_cuts(self(provider)->budget);
}

const struct pktmon_etl_report *pktmon_etl_report(const struct pktmon_provider *provider)
{
    return &self(provider)->delivery.report;
}

uint64_t pktmon_etl_end(const struct pktmon_provider *provider)
{
    return MAX(self(provider)->delivery.time, etl_log_start(self(provider)->log));
}

const struct etl_log *pktmon_etl_log(const struct pktmon_provider *provider)
{
    return self(provider)->log;
}

const struct etl_catalogue *pktmon_etl_catalogue(const struct pktmon_provider *provider)
{
    return self(provider)->delivery.catalogue;
}

void pktmon_etl_observe(struct pktmon_provider *provider, pktmon_etl_observer *observer, void *user)
{
    self(provider)->observer = observer;
    self(provider)->observer_user = user;
}
