/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert.h"
#include "plural.h"

#include <sys/stat.h>

struct pktmon_etl_converter {
    struct pktmon_sink sink;
    const struct pktmon_etl_conversion *conversion;
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    struct pktmon_provider *provider;
    struct pktmon_stream *stream;
    uint64_t size; /* of the stream, as far as the budget knows */
    bool started;
    GError *error; /* the first */
};

static void spend(struct pktmon_etl_converter *converter)
{
    uint64_t size = pktmon_stream_size(converter->stream);
    pktmon_etl_spend(converter->provider, size - converter->size);
    converter->size = size;
}

static void write_event(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct pktmon_etl_converter *converter = (struct pktmon_etl_converter *)sink;
    if (converter->error || pktmon_stream_closed(converter->stream))
        return;
    pktmon_stream_write(converter->stream, event, &converter->error);
    /* A packet is as large as it is in the log, so that these can be counted after each step. */
    if (event->record != PKTMON_RECORD_PACKET)
        spend(converter);
}

enum pktmon_carrier pktmon_etl_carrier(int fd)
{
    struct stat status;
    bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    return regular ? PKTMON_CARRIER_BLOCKS : PKTMON_CARRIER_FRAMES;
}

static bool goes_on(void *user)
{
    const struct pktmon_etl_converter *converter = user;
    const struct pktmon_etl_conversion *conversion = converter->conversion;
    uint64_t done = 0, all = 1;
    if (!conversion->progress)
        return true;
    if (converter->started)
        etl_log_progress(pktmon_etl_log(converter->provider), &done, &all);
    return conversion->progress(conversion->user, done, all);
}

/* False: nothing more can be written, and error is set unless the reader has gone. */
static bool can_write(struct pktmon_etl_converter *converter, GError **error)
{
    if (converter->error)
        g_propagate_error(error, g_steal_pointer(&converter->error));
    else if (!pktmon_stream_closed(converter->stream))
        return true;
    return false;
}

static bool finish(struct pktmon_etl_converter *converter, GError **error)
{
    return converter->provider->ops->stop(converter->provider, error) &&
           can_write(converter, error) &&
           pktmon_stream_end(converter->stream, pktmon_etl_end(converter->provider), error);
}

static int step(struct pktmon_etl_converter *converter, bool flush, GError **error)
{
    const struct pktmon_provider_ops *ops = converter->provider->ops;
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
    return !flush || pktmon_stream_flush(converter->stream, error) ? more : -1;
}

int pktmon_etl_converter_step(struct pktmon_etl_converter *converter, bool flush, GError **error)
{
    int more = step(converter, flush, error);
    return more < 0 && pktmon_stream_closed(converter->stream) ? 0 : more;
}

/* A capture id that is the same whenever the same log is converted. */
static uint64_t capture_id(const struct etl_log *log)
{
    const struct etl_file_header *header = etl_log_header(log);
    return (uint64_t)header->start_filetime * 0x9E3779B97F4A7C15u ^ (uint64_t)header->boot_filetime;
}

/* One component alone shall be readable by tcpdump, which takes one link type for the whole file.
 */
static bool has_one_other_link_type(const struct pktmon_etl_conversion *conversion,
                                    const struct pktmon_provider *provider)
{
    uint32_t component = conversion->events.component;
    return component > 0 && component <= UINT16_MAX &&
           !etl_catalogue_has_type(pktmon_etl_catalogue(provider), (uint16_t)component,
                                   PKTMON_PACKET_ETHERNET);
}

static struct pktmon_stream *open_stream(const struct pktmon_etl_conversion *conversion,
                                         const struct pktmon_provider *provider)
{
    const struct pktmon_stream_options options = {
        .fd = conversion->fd,
        .carrier = conversion->carrier,
        .application = conversion->application,
        .packets_only = has_one_other_link_type(conversion, provider),
    };
    return pktmon_stream_new(&options, provider->registry, provider->capture);
}

static bool begin(struct pktmon_etl_converter *converter, const char *const *paths, GError **error)
{
    const struct pktmon_etl_conversion *conversion = converter->conversion;
    struct pktmon_etl_options options = conversion->events;
    options.go_on = goes_on;
    options.user = converter;
    converter->provider = pktmon_etl_provider_new(paths, &options, converter->registry,
                                                  converter->capture, &converter->sink, error);
    if (!converter->provider)
        return false;
    /* What link type one component has, the scan tells. */
    if (conversion->events.component &&
        !converter->provider->ops->enumerate(converter->provider, error))
        return false;
    const struct etl_log *log = pktmon_etl_log(converter->provider);
    converter->capture->id = capture_id(log);
    converter->stream = open_stream(conversion, converter->provider);
    return pktmon_stream_begin(converter->stream, etl_log_start(log), error) ||
           pktmon_stream_closed(converter->stream);
}

struct pktmon_etl_converter *
pktmon_etl_converter_new(const char *const *paths, const struct pktmon_etl_conversion *conversion,
                         GError **error)
{
    struct pktmon_etl_converter *converter = g_new0(struct pktmon_etl_converter, 1);
    converter->sink.event = write_event;
    converter->conversion = conversion;
    converter->registry = pktmon_registry_new();
    converter->capture = pktmon_capture_new();
    if (begin(converter, paths, error))
        return converter;
    pktmon_etl_converter_free(converter);
    return NULL;
}

void pktmon_etl_converter_free(struct pktmon_etl_converter *converter)
{
    if (!converter)
        return;
    pktmon_stream_free(converter->stream);
    if (converter->provider)
        converter->provider->ops->free(converter->provider);
    g_clear_error(&converter->error);
    pktmon_capture_free(converter->capture);
    pktmon_registry_free(converter->registry);
    g_free(converter);
}

bool pktmon_etl_convert(const char *const *paths, const struct pktmon_etl_conversion *conversion,
                        pktmon_etl_finished *finished, GError **error)
{
    struct pktmon_etl_converter *converter = pktmon_etl_converter_new(paths, conversion, error);
    int more = converter ? 1 : -1;
    while (more > 0)
        more = pktmon_etl_converter_step(converter, false, error);
    if (more == 0 && finished)
        finished(conversion->user, converter->provider);
    pktmon_etl_converter_free(converter);
    return more == 0;
}

G_GNUC_PRINTF(3, 4)
static void warn(GPtrArray *warnings, uint64_t count, const char *format, ...)
{
    va_list values;
    if (count == 0)
        return;
    va_start(values, format);
    g_ptr_array_add(warnings, g_strdup_vprintf(format, values));
    va_end(values);
}

#define N "%" G_GUINT64_FORMAT

/* Real logs are far from these limits. */
static void warn_of_cuts(GPtrArray *warnings, const struct etl_cuts *cuts)
{
    warn(warnings, cuts->events,
         N " %s left out: more output would be made than is allowed for a log of this size; raise "
           "the limit with --max-output.",
         cuts->events, PLURAL(cuts->events, "event was", "events were"));
    warn(warnings, cuts->descriptions,
         N " %s left out: no real log of this size has as many; raise the limit with --max-memory.",
         cuts->descriptions,
         PLURAL(cuts->descriptions, "description of an event, component, counter or filter was",
                "descriptions of events, components, counters or filters were"));
    warn(warnings, cuts->texts, N " %s shortened; raise the limit with --max-text.", cuts->texts,
         PLURAL(cuts->texts, "message of an event was", "messages of events were"));
    warn(warnings, cuts->names, N " long %s shortened.", cuts->names,
         PLURAL(cuts->names, "name or value in a description was",
                "names and values in descriptions were"));
}

GPtrArray *pktmon_etl_warnings(const struct pktmon_provider *provider)
{
    const struct etl_log_stats *log = etl_log_stats(pktmon_etl_log(provider));
    const struct pktmon_etl_report *report = pktmon_etl_report(provider);
    uint64_t refused = etl_catalogue_refused(pktmon_etl_catalogue(provider));
    uint64_t lost = log->events_lost + log->buffers_lost;
    GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
    warn(warnings, lost,
         "While it logged, Windows lost " N " %s and " N " %s; use a larger buffer or a filter to "
         "capture them.",
         log->events_lost, PLURAL(log->events_lost, "event", "events"), log->buffers_lost,
         PLURAL(log->buffers_lost, "buffer", "buffers"));
    warn(warnings, log->bad_buffers, N " %s skipped.", log->bad_buffers,
         PLURAL(log->bad_buffers, "place in the log holds no buffer and was",
                "places in the log hold no buffer and were"));
    warn(warnings, log->cut_buffers, N " %s cut off or damaged; what could be read of them was.",
         log->cut_buffers, PLURAL(log->cut_buffers, "buffer is", "buffers are"));
    warn(warnings, log->damaged_buffers, N " %s before it.", log->damaged_buffers,
         PLURAL(log->damaged_buffers, "buffer holds a damaged record and ends",
                "buffers hold a damaged record and end"));
    warn(warnings, log->lost_bytes, "In all, " N " %s of the log's buffers could not be read.",
         log->lost_bytes, PLURAL(log->lost_bytes, "byte", "bytes"));
    warn(warnings, log->late_buffers,
         N " %s with more than memory should hold; the order and the times of their "
           "events are not exact: raise the limit with --max-memory.",
         log->late_buffers, PLURAL(log->late_buffers, "buffer overlaps", "buffers overlap"));
    warn(warnings, refused, N " %s not used.", refused,
         PLURAL(refused, "description in the log is damaged and was",
                "descriptions in the log are damaged and were"));
    warn(warnings, report->short_events, N " %s.", report->short_events,
         PLURAL(report->short_events,
                "event is shorter than it must be; it is kept as it is, as an event",
                "events are shorter than they must be; they are kept as they are, as events"));
    warn(warnings, report->cut_packets, N " %s last fragment.", report->cut_packets,
         PLURAL(report->cut_packets, "packet lacks its", "packets lack their"));
    warn_of_cuts(warnings, pktmon_etl_cuts(provider));
    return warnings;
}
