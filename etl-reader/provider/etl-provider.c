/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-reader/etl.h"

#include "etl-delivery.h"
#include "etl-reader/log/etl-set.h"
#include "etl-reader/events/link.h"
#include "ndis.h"
#include "etl-reader/events/pktmon-event.h"
#include "model/plural.h"
#include "window.h"

/* Records per read(), so that the caller regains control in between. */
#define RECORDS_PER_READ 1024

/* From this build on, group ids do not join appearances. */
#define BUILD_WITHOUT_GROUPS 26100

/* Between two observations of a packet of the same group id: it may wait for the address of its
 * neighbour for three seconds, and in a driver. */
#define GROUP_GAP_NS UINT64_C(10000000000)

struct etl_provider {
    struct provider base;
    struct etl_budget *budget;
    struct etl_log *log;
    struct etl_set *set; /* while the log is scanned */
    struct etl_delivery delivery;
    struct etl_ndis *ndis;
    struct etl_places *places;
    struct etl_window *window; /* NULL: the log has no out-of-band data */
    etl_observer *observer;
    void *observer_user;
    bool scanned;
    bool ended;
};

void etl_options_init(struct etl_options *options)
{
    *options = (struct etl_options){.flow = true, .drops = true, .counters = true, .notices = true};
    etl_limits_read_environment(&options->limits);
}

static struct etl_provider *get_provider(const struct provider *provider)
{
    return (struct etl_provider *)provider;
}

/* Whether the second pass needs a record; descriptions only for an observer. */
static bool is_wanted(const struct etl_provider *provider, const struct etl_record *record)
{
    enum etl_use use = etl_use_of(record);
    return use == ETL_USE_EVENT || (use == ETL_USE_DESCRIPTION && provider->observer);
}

static void note_packet(struct etl_provider *provider, const struct etl_record *record)
{
    struct etl_packet_event packet;
    if (etl_packet_event_read(record, &packet) == ETL_PACKET_READ &&
        packet.kind != ETL_PACKET_NBL && packet.kind != ETL_PACKET_CONTEXT)
        etl_places_count(provider->places, packet.component, etl_link_type_of(&packet),
                         packet.dropped);
}

static bool visit(void *user, const struct etl_record *record, unsigned file)
{
    struct etl_provider *provider = user;
    if (etl_record_is(record, ETL_RECORD_EVENT, etl_pktmon_guid)) {
        etl_set_learn(provider->set, record, file);
        note_packet(provider, record);
    } else {
        etl_ndis_learn(provider->ndis, record, provider->places);
    }
    etl_catalogue_learn(provider->delivery.catalogue, record);
    return is_wanted(provider, record);
}

static bool visit_last(void *user, const struct etl_record *record, unsigned file)
{
    (void)file;
    etl_catalogue_learn_names(((struct etl_provider *)user)->delivery.catalogue, record);
    return false;
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

/* A log without events is empty, not unreadable. Records of the logger about itself do not count.
 */
static bool has_read_anything(const struct etl_log_stats *stats)
{
    uint64_t events = stats->records[ETL_RECORD_EVENT] + stats->records[ETL_RECORD_CLASSIC] +
                      stats->records[ETL_RECORD_MESSAGE];
    return events > 0 || stats->records[ETL_RECORD_KERNEL] > stats->own_records ||
           (stats->lost_bytes == 0 && !etl_log_is_incomplete(stats));
}

static bool may_go_on(void *user)
{
    const struct etl_options *options = &((struct etl_provider *)user)->delivery.options;
    return !options->go_on || options->go_on(options->user);
}

static bool set_stopped(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "Stopped before the whole log was converted.");
    return false;
}

/* Only files without descriptions need the last file, which may be from another session. */
static bool scan(struct etl_provider *provider, GError **error)
{
    if (!etl_log_scan(provider->log, visit, may_go_on, provider))
        return set_stopped(error);
    if (!etl_log_check(provider->log, error) || !etl_set_check_events(provider->set, error))
        return false;
    return etl_set_has_descriptions(provider->set) ||
           etl_log_scan_last(provider->log, visit_last, may_go_on, provider) || set_stopped(error);
}

static bool enumerate(struct provider *base, GError **error)
{
    struct etl_provider *provider = get_provider(base);
    if (provider->scanned)
        return true;
    provider->scanned = true;
    if (!scan(provider, error))
        return false;
    etl_budget_set_decoded(provider->budget, etl_log_stats(provider->log)->decoded);
    if (!has_read_anything(etl_log_stats(provider->log))) {
        g_set_error(
            error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
            "The log's header is intact, but none of its events can be read: copy it again.");
        return false;
    }
    etl_catalogue_finish(provider->delivery.catalogue);
    etl_ndis_finish(provider->ndis);
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

static bool start(struct provider *base, GError **error)
{
    struct etl_provider *provider = get_provider(base);
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

/* A packet, or out-of-band data of a packet that is not in the log. */
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
    /* Check before processing the record, which takes time too. */
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

/* Reports a loss, whatever the options select. */
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
    etl_deliver_own(&provider->delivery, &event);
}

#define N "%" G_GUINT64_FORMAT

/* Reports events that the logger could not write, by the header of the log, and damage of the log.
 */
static void deliver_loss(struct etl_provider *provider)
{
    const struct etl_log_stats *stats = etl_log_stats(provider->log);
    g_autoptr(GString) message = g_string_new(NULL);
    if (stats->events_lost || stats->buffers_lost)
        g_string_append_printf(message, "; the logger lost " N " %s and " N " %s",
                               stats->events_lost, PLURAL(stats->events_lost, "event", "events"),
                               stats->buffers_lost,
                               PLURAL(stats->buffers_lost, "buffer", "buffers"));
    if (stats->lost_bytes)
        g_string_append_printf(message, "; " N " %s of the log cannot be read", stats->lost_bytes,
                               PLURAL(stats->lost_bytes, "byte", "bytes"));
    if (stats->missing_buffers)
        g_string_append_printf(message, "; " N " %s missing from the log", stats->missing_buffers,
                               PLURAL(stats->missing_buffers, "buffer is", "buffers are"));
    if (stats->lossy_buffers)
        g_string_append_printf(message, "; " N " %s that events were lost", stats->lossy_buffers,
                               PLURAL(stats->lossy_buffers, "buffer reports", "buffers report"));
    if (stats->open_files)
        g_string_append(message, "; the log was not closed");
    if (message->len == 0)
        return;
    g_string_erase(message, 0, 2);
    *message->str = g_ascii_toupper(*message->str);
    deliver_lost(provider, message->str);
}

/* Reports in the capture what the limits cut. */
static void deliver_cuts(struct etl_provider *provider)
{
    const struct etl_cuts *cuts = etl_budget_cuts(provider->budget);
    if (cuts->events == 0)
        return;
    g_autofree char *message = g_strdup_printf(
        N " %s left out: the output would exceed the limit for a log of this size", cuts->events,
        PLURAL(cuts->events, "event of the log was", "events of the log were"));
    deliver_lost(provider, message);
}

static void finish(struct etl_provider *provider)
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

static int read_records(struct provider *base, int timeout_ms, GError **error)
{
    struct etl_provider *provider = get_provider(base);
    struct etl_record record;
    (void)timeout_ms;
    if (!may_go_on(provider)) {
        set_stopped(error);
        return -1;
    }
    for (int i = 0; i < RECORDS_PER_READ; i++) {
        if (provider->ended || !etl_log_next(provider->log, &record)) {
            finish(provider);
            return 0;
        }
        /* The scan selects whole buffers, so unwanted records are read again. */
        if (!is_wanted(provider, &record))
            continue;
        if (provider->window)
            etl_window_add(provider->window, &record);
        else
            handle(provider, &record, NULL);
    }
    return 1;
}

/* Counters are delivered as they occur in the log. */
static bool read_counters(struct provider *base, GError **error)
{
    (void)base, (void)error;
    return true;
}

static bool stop(struct provider *base, GError **error)
{
    (void)error;
    finish(get_provider(base));
    return true;
}

static void free_provider(struct provider *base)
{
    struct etl_provider *provider = get_provider(base);
    etl_window_free(provider->window);
    etl_ndis_free(provider->ndis);
    etl_places_free(provider->places);
    etl_correlator_free(provider->delivery.correlator);
    etl_catalogue_free(provider->delivery.catalogue);
    etl_budget_free(provider->budget);
    etl_set_free(provider->set);
    etl_log_close(provider->log);
    g_byte_array_free(provider->delivery.scratch, TRUE);
    g_string_free(provider->delivery.text, TRUE);
    g_free(provider);
}

static const struct provider_ops operations = {
    .name = "etl",
    .enumerate = enumerate,
    .start = start,
    .read = read_records,
    .read_counters = read_counters,
    .stop = stop,
    .free = free_provider,
};

static void describe_capture(struct pktmon_capture_info *capture,
                             const struct etl_file_header *header)
{
    g_free(capture->os);
    g_free(capture->release);
    g_free(capture->provider);
    capture->os = g_strdup("Windows");
    capture->release = g_strdup_printf("%u", header->build);
    capture->provider = g_strdup(operations.name);
}

struct provider *etl_provider_new(const char *const *paths, const struct etl_options *options,
                                  struct pktmon_registry *registry,
                                  struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                  GError **error)
{
    struct etl_log *log = etl_log_open(paths, error);
    if (!log)
        return NULL;
    const struct etl_file_header *header = etl_log_header(log);
    struct etl_provider *provider = g_new0(struct etl_provider, 1);
    provider->base = (struct provider){
        .ops = &operations, .registry = registry, .capture = capture, .sink = sink};
    provider->log = log;
    provider->set = etl_set_new(etl_log_files(log));
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
    provider->places = etl_places_new();
    provider->ndis = etl_ndis_new(&provider->delivery);
    describe_capture(capture, header);
    return &provider->base;
}

void etl_provider_spend(struct provider *provider, uint64_t bytes)
{
    etl_budget_spend(get_provider(provider)->budget, bytes);
}

size_t etl_provider_set_journeys_aside(struct provider *provider)
{
    struct etl_provider *etl = get_provider(provider);
    uint64_t aside = etl_budget_buffers(etl->budget) / 2;
    etl_log_set_memory(etl->log, etl_budget_buffers(etl->budget) - aside);
    return aside;
}

/* Whether the log has packets that may be observed several times. */
static bool has_groups(const struct etl_catalogue *catalogue)
{
    static const uint16_t ids[] = {ETL_PKTMON_PACKET, ETL_PKTMON_PACKET_DROP,
                                   ETL_PKTMON_PACKET_DUPLICATE};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        if (etl_catalogue_pktmon_count(catalogue, ids[i]) > 0)
            return true;
    }
    return has_out_of_band(catalogue);
}

uint64_t etl_provider_join(const struct provider *provider)
{
    const struct etl_delivery *delivery = &get_provider(provider)->delivery;
    if (!has_groups(delivery->catalogue))
        return 1;
    return (delivery->by_content ? ETL_CORRELATION_NS : GROUP_GAP_NS) + 1;
}

void etl_provider_count_journey(struct provider *provider)
{
    get_provider(provider)->delivery.report.journeys++;
}

void etl_provider_set_lack(struct provider *provider, uint64_t continuations, uint64_t cut)
{
    struct etl_report *report = &get_provider(provider)->delivery.report;
    report->continuations_lost = continuations;
    report->journeys_cut = cut;
}

const struct etl_cuts *etl_provider_cuts(const struct provider *provider)
{
    return etl_budget_cuts(get_provider(provider)->budget);
}

const struct etl_report *etl_provider_report(const struct provider *provider)
{
    return &get_provider(provider)->delivery.report;
}

uint64_t etl_provider_end(const struct provider *provider)
{
    return MAX(get_provider(provider)->delivery.time, etl_log_start(get_provider(provider)->log));
}

const struct etl_log *etl_provider_log(const struct provider *provider)
{
    return get_provider(provider)->log;
}

const struct etl_catalogue *etl_provider_catalogue(const struct provider *provider)
{
    return get_provider(provider)->delivery.catalogue;
}

GArray *etl_provider_places(const struct provider *provider)
{
    return etl_places_list(get_provider(provider)->places);
}

void etl_provider_set_link_type(struct provider *provider, uint16_t link_type)
{
    get_provider(provider)->delivery.options.link_type = link_type;
}

void etl_provider_set_packets_only(struct provider *provider)
{
    get_provider(provider)->delivery.options.counters = false;
    get_provider(provider)->delivery.options.notices = false;
}

void etl_provider_observe(struct provider *provider, etl_observer *observer, void *user)
{
    get_provider(provider)->observer = observer;
    get_provider(provider)->observer_user = user;
}
