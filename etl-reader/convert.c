/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert.h"

#include "etl-journeys.h"
#include "etl-reader/events/link.h"
#include "pcap-file.h"
#include "model/plural.h"
#include "model/salted-hash.h"

struct etl_converter {
    struct pktmon_sink sink;
    const struct etl_conversion *conversion;
    struct pktmon_registry *registry;
    struct pktmon_capture_info *capture;
    struct provider *provider;
    struct pcapng_writer *stream; /* NULL: the output is classic pcap */
    struct etl_pcap_file *pcap;
    struct etl_journeys *journeys; /* NULL: each observation is a frame */
    uint64_t continuations;        /* of journeys that a pcap file has no place for */
    uint64_t size;                 /* of the output, as reported to the budget */
    bool started;
    GError *error; /* the first */
};

/* --- the output, in either format --- */

static bool is_closed(const struct etl_converter *converter)
{
    return converter->pcap ? etl_pcap_file_closed(converter->pcap)
                           : pcapng_writer_closed(converter->stream);
}

/* A pcap file has no place for what becomes known of a packet later. */
static bool put_in_pcap(struct etl_converter *converter, const struct pktmon_event *event,
                        GError **error)
{
    if (event->record == PKTMON_RECORD_PACKET)
        return etl_pcap_file_put(converter->pcap, &event->packet, event->time, error);
    if (event->record != PKTMON_RECORD_JOURNEY)
        return true;
    if (event->journey->continued) {
        converter->continuations++;
        return true;
    }
    const struct pktmon_journey *journey = event->journey;
    const struct pktmon_packet packet = {.link_type = journey->link_type,
                                         .data = journey->data,
                                         .caplen = journey->caplen,
                                         .origlen = journey->origlen};
    return etl_pcap_file_put(converter->pcap, &packet, event->time, error);
}

static bool put_event(struct etl_converter *converter, const struct pktmon_event *event,
                      GError **error)
{
    return converter->pcap ? put_in_pcap(converter, event, error)
                           : pcapng_writer_write(converter->stream, event, error);
}

static bool flush_output(struct etl_converter *converter, GError **error)
{
    return converter->pcap ? etl_pcap_file_flush(converter->pcap, error)
                           : pcapng_writer_flush(converter->stream, error);
}

static bool end_output(struct etl_converter *converter, GError **error)
{
    struct pcapng_writer_lack lack = {.continuations = converter->continuations};
    if (!converter->pcap)
        lack = pcapng_writer_lack(converter->stream);
    etl_provider_set_lack(converter->provider, lack.continuations, lack.shortened);
    return converter->pcap
               ? etl_pcap_file_flush(converter->pcap, error)
               : pcapng_writer_end(converter->stream, etl_provider_end(converter->provider), error);
}

static void spend(struct etl_converter *converter)
{
    uint64_t size = converter->pcap ? etl_pcap_file_size(converter->pcap)
                                    : pcapng_writer_size(converter->stream);
    etl_provider_spend(converter->provider, size - converter->size);
    converter->size = size;
}

static void write_event(void *user, const struct pktmon_event *event)
{
    struct etl_converter *converter = user;
    bool is_journey = event->record == PKTMON_RECORD_JOURNEY;
    if (converter->error || is_closed(converter))
        return;
    put_event(converter, event, &converter->error);
    if (is_journey)
        etl_provider_count_journey(converter->provider);
    /* Packets keep the size they have in the log, so counting them after each step is enough. */
    if (event->record != PKTMON_RECORD_PACKET && !is_journey)
        spend(converter);
}

static void take_event(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct etl_converter *converter = (struct etl_converter *)sink;
    if (converter->journeys)
        etl_journeys_take(converter->journeys, event);
    else
        write_event(converter, event);
}

static bool may_go_on(void *user)
{
    const struct etl_converter *converter = user;
    const struct etl_conversion *conversion = converter->conversion;
    uint64_t done = 0, all = 1;
    if (!conversion->progress)
        return true;
    if (converter->started)
        etl_log_progress(etl_provider_log(converter->provider), &done, &all);
    return conversion->progress(conversion->user, done, all);
}

/* False: nothing more can be written; error is set unless the reader closed the pipe. */
static bool can_write(struct etl_converter *converter, GError **error)
{
    if (converter->error)
        g_propagate_error(error, g_steal_pointer(&converter->error));
    else if (!is_closed(converter))
        return true;
    return false;
}

static bool finish(struct etl_converter *converter, GError **error)
{
    if (!converter->provider->ops->stop(converter->provider, error))
        return false;
    if (converter->journeys)
        etl_journeys_finish(converter->journeys);
    return can_write(converter, error) && end_output(converter, error);
}

static int step(struct etl_converter *converter, bool flush, GError **error)
{
    const struct provider_ops *ops = converter->provider->ops;
    int more = 1;
    if (!converter->started) {
        if (!ops->start(converter->provider, error))
            return -1;
        converter->started = true;
    } else {
        more = ops->read(converter->provider, 0, error);
    }
    spend(converter);
    if (more < 0 || !can_write(converter, error))
        return -1;
    if (more == 0)
        return finish(converter, error) ? 0 : -1;
    return !flush || flush_output(converter, error) ? more : -1;
}

int etl_converter_step(struct etl_converter *converter, bool flush, GError **error)
{
    int more = step(converter, flush, error);
    return more < 0 && is_closed(converter) ? 0 : more;
}

/* The same log always gets the same capture id. */
static uint64_t compute_capture_id(const struct etl_log *log)
{
    const struct etl_file_header *header = etl_log_header(log);
    return (uint64_t)header->start_filetime * 0x9E3779B97F4A7C15u ^ (uint64_t)header->boot_filetime;
}

/* --- the output, as far as the scan determines it --- */

/* How many packets of the place the options select. */
static uint64_t count_wanted(const struct etl_options *options, const struct etl_place *place)
{
    if (options->component != 0 && options->component != place->component)
        return 0;
    return (options->flow ? place->flow : 0) + (options->drops ? place->drops : 0);
}

static uint64_t count_packets(const struct etl_options *options, const GArray *places,
                              uint16_t link_type)
{
    uint64_t count = 0;
    for (guint i = 0; i < places->len; i++) {
        const struct etl_place *place = &g_array_index(places, struct etl_place, i);
        if (place->link_type == link_type)
            count += count_wanted(options, place);
    }
    return count;
}

/* The most frequent link type; Ethernet where there are no packets. */
static uint16_t find_most_frequent(const struct etl_options *options, const GArray *places)
{
    uint16_t best = ETL_LINKTYPE_ETHERNET;
    uint64_t most = count_packets(options, places, best);
    for (guint i = 0; i < places->len; i++) {
        uint16_t link_type = g_array_index(places, struct etl_place, i).link_type;
        uint64_t count = count_packets(options, places, link_type);
        if (count > most) {
            most = count;
            best = link_type;
        }
    }
    return best;
}

static bool has_component(const struct etl_converter *converter, const GArray *places)
{
    uint32_t component = converter->conversion->events.component;
    for (guint i = 0; i < places->len; i++) {
        if (g_array_index(places, struct etl_place, i).component == component)
            return true;
    }
    return component == 0 || pktmon_registry_find(converter->registry, component);
}

static bool check_component(const struct etl_converter *converter, const GArray *places,
                            GError **error)
{
    if (has_component(converter, places))
        return true;
    g_set_error(
        error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
        "The log has no component %u: \"pktmon list\" with the log shows those that it has.",
        converter->conversion->events.component);
    return false;
}

/* --- converters --- */

/* Also for each former name of the component. */
static void declare_interface(struct etl_converter *converter, const struct etl_place *place)
{
    const GArray *names = etl_catalogue_former_names(etl_provider_catalogue(converter->provider));
    for (guint i = 0; i < names->len; i++) {
        const struct etl_former_name *former = &g_array_index(names, struct etl_former_name, i);
        if (former->component == place->component && former->name)
            pcapng_writer_declare(converter->stream, place->component, place->link_type,
                                  former->name);
    }
    pcapng_writer_declare(converter->stream, place->component, place->link_type, NULL);
}

/* The packets that the options select have frames of this kind there. */
static bool has_packets(const struct etl_converter *converter, const struct etl_place *place,
                        bool is_ethernet)
{
    return (place->link_type == ETL_LINKTYPE_ETHERNET) == is_ethernet &&
           count_wanted(&converter->conversion->events, place) > 0;
}

static gpointer find_stack(const struct etl_converter *converter, uint32_t component)
{
    const struct etl_catalogue *catalogue = etl_provider_catalogue(converter->provider);
    const struct etl_binding *binding = etl_catalogue_binding(catalogue, component);
    return GUINT_TO_POINTER(binding ? binding->stack : 0);
}

/* The frame of a packet is at its first component, and is Ethernet if it was anywhere in its stack.
 */
static void declare_lent_interfaces(struct etl_converter *converter, const GArray *places)
{
    g_autoptr(GHashTable) stacks = g_hash_table_new(salted_number, NULL);
    g_autoptr(GHashTable) declared = g_hash_table_new(salted_number, NULL);
    for (guint i = 0; i < places->len; i++) {
        const struct etl_place *place = &g_array_index(places, struct etl_place, i);
        if (!has_packets(converter, place, true))
            continue;
        g_hash_table_add(stacks, find_stack(converter, place->component));
        g_hash_table_add(declared, GUINT_TO_POINTER(place->component));
    }
    for (guint i = 0; i < places->len; i++) {
        struct etl_place place = g_array_index(places, struct etl_place, i);
        if (!has_packets(converter, &place, false) ||
            !g_hash_table_contains(stacks, find_stack(converter, place.component)) ||
            !g_hash_table_add(declared, GUINT_TO_POINTER(place.component)))
            continue;
        place.link_type = ETL_LINKTYPE_ETHERNET;
        declare_interface(converter, &place);
    }
}

static void declare_interfaces(struct etl_converter *converter, const GArray *places)
{
    for (guint i = 0; i < places->len; i++) {
        const struct etl_place *place = &g_array_index(places, struct etl_place, i);
        if (count_wanted(&converter->conversion->events, place) > 0)
            declare_interface(converter, place);
    }
    if (converter->journeys)
        declare_lent_interfaces(converter, places);
}

/* Whether to leave out frames of our own, which are Ethernet: the output of one component is to be
 * readable by tcpdump, which accepts one link type per file. */
static bool has_no_ethernet(const struct etl_options *options, const GArray *places)
{
    return options->component != 0 &&
           count_packets(options, places, find_most_frequent(options, places)) > 0 &&
           count_packets(options, places, ETL_LINKTYPE_ETHERNET) == 0;
}

static bool begin_stream(struct etl_converter *converter, const GArray *places, GError **error)
{
    const struct etl_conversion *conversion = converter->conversion;
    bool packets_only = has_no_ethernet(&conversion->events, places);
    const struct pcapng_writer_options options = {
        .fd = conversion->fd,
        .carrier = packets_only && !conversion->carrier_given ? PKTMON_CARRIER_BLOCKS
                                                              : conversion->carrier,
        .application = conversion->application,
        .packets_only = packets_only,
        .quiet = converter->journeys != NULL,
    };
    if (packets_only)
        etl_provider_set_packets_only(converter->provider);
    converter->stream = pcapng_writer_new(
        &options,
        converter->journeys ? etl_journeys_registry(converter->journeys) : converter->registry,
        converter->capture);
    declare_interfaces(converter, places);
    return pcapng_writer_begin(converter->stream,
                               etl_log_start(etl_provider_log(converter->provider)), error) ||
           pcapng_writer_closed(converter->stream);
}

static bool begin_pcap(struct etl_converter *converter, const GArray *places, GError **error)
{
    const struct etl_options *options = &converter->conversion->events;
    uint16_t link_type =
        options->link_type ? options->link_type : find_most_frequent(options, places);
    if (options->link_type && count_packets(options, places, link_type) == 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "None of the packets has this link type: leave out the link type.");
        return false;
    }
    etl_provider_set_link_type(converter->provider, link_type);
    etl_provider_set_packets_only(converter->provider);
    converter->pcap = etl_pcap_file_new(converter->conversion->fd, link_type);
    return etl_pcap_file_flush(converter->pcap, error) || etl_pcap_file_closed(converter->pcap);
}

static void begin_journeys(struct etl_converter *converter)
{
    const struct etl_journeys_options options = {
        .join = etl_provider_join(converter->provider),
        .memory = etl_provider_set_journeys_aside(converter->provider),
        .dropped_only = converter->conversion->dropped_only,
        .output = write_event,
        .user = converter,
    };
    converter->journeys = etl_journeys_new(&options, converter->registry);
}

static bool begin(struct etl_converter *converter, const char *const *paths, GError **error)
{
    const struct etl_conversion *conversion = converter->conversion;
    struct etl_options options = conversion->events;
    options.go_on = may_go_on;
    options.user = converter;
    converter->provider = etl_provider_new(paths, &options, converter->registry, converter->capture,
                                           &converter->sink, error);
    if (!converter->provider || !converter->provider->ops->enumerate(converter->provider, error))
        return false;
    g_autoptr(GArray) places = etl_provider_places(converter->provider);
    converter->capture->id = compute_capture_id(etl_provider_log(converter->provider));
    if (conversion->view != PKTMON_VIEW_APPEARANCES)
        begin_journeys(converter);
    return check_component(converter, places, error) &&
           (conversion->pcap ? begin_pcap : begin_stream)(converter, places, error);
}

struct etl_converter *etl_converter_new(const char *const *paths,
                                        const struct etl_conversion *conversion, GError **error)
{
    struct etl_converter *converter = g_new0(struct etl_converter, 1);
    converter->sink.event = take_event;
    converter->conversion = conversion;
    converter->registry = pktmon_registry_new();
    converter->capture = pktmon_capture_info_new();
    if (begin(converter, paths, error))
        return converter;
    etl_converter_free(converter);
    return NULL;
}

void etl_converter_free(struct etl_converter *converter)
{
    if (!converter)
        return;
    pcapng_writer_free(converter->stream);
    etl_pcap_file_free(converter->pcap);
    etl_journeys_free(converter->journeys);
    if (converter->provider)
        converter->provider->ops->free(converter->provider);
    g_clear_error(&converter->error);
    pktmon_capture_info_free(converter->capture);
    pktmon_registry_free(converter->registry);
    g_free(converter);
}

bool etl_convert(const char *const *paths, const struct etl_conversion *conversion,
                 etl_finished *finished, GError **error)
{
    struct etl_converter *converter = etl_converter_new(paths, conversion, error);
    int more = converter ? 1 : -1;
    while (more > 0)
        more = etl_converter_step(converter, false, error);
    if (more == 0 && finished)
        finished(conversion->user, converter->provider);
    etl_converter_free(converter);
    return more == 0;
}

G_GNUC_PRINTF(3, 4)
static void add_warning(GPtrArray *warnings, uint64_t count, const char *format, ...)
{
    va_list values;
    if (count == 0)
        return;
    va_start(values, format);
    g_ptr_array_add(warnings, g_strdup_vprintf(format, values));
    va_end(values);
}

#define N "%" G_GUINT64_FORMAT

/* Real logs do not reach these limits. */
static void add_cut_warnings(GPtrArray *warnings, const struct etl_cuts *cuts)
{
    add_warning(warnings, cuts->events,
                N " %s left out: the output would exceed the limit for a log of this size; raise "
                  "the output limit.",
                cuts->events, PLURAL(cuts->events, "event was", "events were"));
    add_warning(warnings, cuts->descriptions,
                N " %s left out: no real log of this size has as many; raise the memory limit.",
                cuts->descriptions,
                PLURAL(cuts->descriptions,
                       "description of an event, component, counter or filter was",
                       "descriptions of events, components, counters or filters were"));
    add_warning(warnings, cuts->texts, N " %s shortened; raise the message limit.", cuts->texts,
                PLURAL(cuts->texts, "message of an event was", "messages of events were"));
    add_warning(warnings, cuts->names, N " long %s shortened.", cuts->names,
                PLURAL(cuts->names, "name or value in a description was",
                       "names and values in descriptions were"));
}

GPtrArray *etl_warnings(const struct provider *provider)
{
    const struct etl_log_stats *log = etl_log_stats(etl_provider_log(provider));
    const struct etl_report *report = etl_provider_report(provider);
    uint64_t refused = etl_catalogue_refused(etl_provider_catalogue(provider));
    uint64_t lost = log->events_lost + log->buffers_lost;
    GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
    add_warning(warnings, lost,
                "While it logged, Windows lost " N " %s and " N
                " %s; use a larger buffer or a filter to "
                "capture them.",
                log->events_lost, PLURAL(log->events_lost, "event", "events"), log->buffers_lost,
                PLURAL(log->buffers_lost, "buffer", "buffers"));
    add_warning(
        warnings, log->lossy_buffers,
        N " %s that events were lost while Windows logged; use a larger buffer or a filter to "
          "capture them.",
        log->lossy_buffers, PLURAL(log->lossy_buffers, "buffer reports", "buffers report"));
    add_warning(warnings, log->open_files,
                "The log was not closed: it was copied while the capture ran, or Windows stopped; "
                "events may be missing at its end, and \"pktmon stop\" completes it.");
    add_warning(warnings, log->bad_buffers, N " %s skipped.", log->bad_buffers,
                PLURAL(log->bad_buffers, "place in the log holds no buffer and was",
                       "places in the log hold no buffer and were"));
    add_warning(warnings, log->cut_buffers,
                N " %s cut off or damaged; the readable part of %s was used.", log->cut_buffers,
                PLURAL(log->cut_buffers, "buffer is", "buffers are"),
                PLURAL(log->cut_buffers, "it", "them"));
    add_warning(warnings, log->missing_buffers,
                N " %s missing from the log, which had " N " in total: copy it again in full.",
                log->missing_buffers, PLURAL(log->missing_buffers, "buffer is", "buffers are"),
                log->buffers + log->bad_buffers + log->missing_buffers);
    add_warning(warnings, log->damaged_buffers, N " %s before it.", log->damaged_buffers,
                PLURAL(log->damaged_buffers, "buffer holds a damaged record and ends",
                       "buffers hold a damaged record and end"));
    add_warning(warnings, log->hiding_buffers,
                N " %s after the last record: events there are lost.", log->hiding_buffers,
                PLURAL(log->hiding_buffers, "buffer is damaged and has bytes",
                       "buffers are damaged and have bytes"));
    add_warning(
        warnings, log->surplus_buffers,
        N " %s in the log than its header counts: it may have been assembled from several logs.",
        log->surplus_buffers, PLURAL(log->surplus_buffers, "more buffer is", "more buffers are"));
    add_warning(warnings, log->repeated_buffers,
                N " %s in the log twice, and so are their events: copy it again.",
                log->repeated_buffers, PLURAL(log->repeated_buffers, "buffer is", "buffers are"));
    add_warning(warnings, log->lost_bytes,
                "In total, " N " %s of the log's buffers (decompressed) could not be read.",
                log->lost_bytes, PLURAL(log->lost_bytes, "byte", "bytes"));
    add_warning(warnings, log->late_buffers,
                N " %s with more data than the memory limit allows; the order and times of their "
                  "events are not exact: raise the memory limit.",
                log->late_buffers, PLURAL(log->late_buffers, "buffer overlaps", "buffers overlap"));
    add_warning(warnings, refused, N " %s not used.", refused,
                PLURAL(refused, "description in the log is damaged and was",
                       "descriptions in the log are damaged and were"));
    add_warning(warnings, report->short_events, N " %s.", report->short_events,
                PLURAL(report->short_events,
                       "event is shorter than required; it is kept unchanged, as an event",
                       "events are shorter than required; they are kept unchanged, as events"));
    add_warning(warnings, report->cut_packets, N " %s last fragment.", report->cut_packets,
                PLURAL(report->cut_packets, "packet lacks its", "packets lack their"));
    add_warning(warnings, report->continuations_lost,
                N " %s observed again after it was written, which is not in the output; raise the "
                  "memory limit.",
                report->continuations_lost,
                PLURAL(report->continuations_lost, "packet was", "packets were"));
    add_warning(warnings, report->journeys_cut, N " %s a hop that is too large to be kept whole.",
                report->journeys_cut, PLURAL(report->journeys_cut, "packet has", "packets have"));
    add_cut_warnings(warnings, etl_provider_cuts(provider));
    return warnings;
}
