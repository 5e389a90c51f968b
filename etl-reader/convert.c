/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert.h"

#include <sys/stat.h>

struct writer {
    struct pktmon_sink sink;
    struct pktmon_stream *stream;
    GError *error; /* the first */
};

static void write_event(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct writer *writer = (struct writer *)sink;
    if (!writer->error && !pktmon_stream_closed(writer->stream))
        pktmon_stream_write(writer->stream, event, &writer->error);
}

enum pktmon_carrier pktmon_etl_carrier(int fd)
{
    struct stat status;
    bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    return regular ? PKTMON_CARRIER_BLOCKS : PKTMON_CARRIER_FRAMES;
}

static bool go_on(const struct pktmon_etl_conversion *conversion, const struct writer *writer,
                  const struct pktmon_provider *provider)
{
    uint64_t done, all;
    if (writer->error || pktmon_stream_closed(writer->stream))
        return false;
    etl_log_progress(pktmon_etl_log(provider), &done, &all);
    return !conversion->progress || conversion->progress(conversion->user, done, all);
}

static bool run(struct pktmon_provider *provider, struct writer *writer,
                const struct pktmon_etl_conversion *conversion, GError **error)
{
    const struct etl_log *log = pktmon_etl_log(provider);
    if (!pktmon_stream_begin(writer->stream, etl_log_start(log), error))
        return pktmon_stream_closed(writer->stream);
    if (!provider->ops->start(provider, error))
        return false;
    int more = 1;
    while (more > 0 && go_on(conversion, writer, provider))
        more = provider->ops->read(provider, 0, error);
    if (more < 0 || !provider->ops->stop(provider, error))
        return false;
    if (writer->error) {
        g_propagate_error(error, g_steal_pointer(&writer->error));
        return false;
    }
    /* A reader that has gone is no error, also when it is noticed only now. */
    return pktmon_stream_end(writer->stream, pktmon_etl_end(provider), error) ||
           pktmon_stream_closed(writer->stream);
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

bool pktmon_etl_convert(const char *const *paths, const struct pktmon_etl_conversion *conversion,
                        pktmon_etl_finished *finished, GError **error)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture *capture = pktmon_capture_new();
    struct writer writer = {.sink = {write_event}};
    bool done = false;
    struct pktmon_provider *provider =
        pktmon_etl_provider_new(paths, &conversion->events, registry, capture, &writer.sink, error);
    if (provider && provider->ops->enumerate(provider, error)) {
        capture->id = capture_id(pktmon_etl_log(provider));
        writer.stream = open_stream(conversion, provider);
        done = run(provider, &writer, conversion, error);
        if (done && finished)
            finished(conversion->user, provider);
        pktmon_stream_free(writer.stream);
    }
    if (provider)
        provider->ops->free(provider);
    g_clear_error(&writer.error);
    pktmon_capture_free(capture);
    pktmon_registry_free(registry);
    return done;
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

GPtrArray *pktmon_etl_warnings(const struct pktmon_provider *provider)
{
    const struct etl_log_stats *log = etl_log_stats(pktmon_etl_log(provider));
    const struct pktmon_etl_report *report = pktmon_etl_report(provider);
    uint64_t refused = etl_catalogue_refused(pktmon_etl_catalogue(provider));
    uint64_t lost = log->events_lost + log->buffers_lost;
    GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
    warn(warnings, lost,
         "While it logged, Windows lost " N " events and " N " buffers; use a larger buffer or a "
         "filter to capture them.",
         log->events_lost, log->buffers_lost);
    warn(warnings, log->bad_buffers, N " places in the log hold no buffer and were skipped.",
         log->bad_buffers);
    warn(warnings, log->cut_buffers,
         N " buffers are cut off or damaged; what could be read of them was.", log->cut_buffers);
    warn(warnings, log->damaged_buffers, N " buffers hold a damaged record and end before it.",
         log->damaged_buffers);
    warn(warnings, log->lost_bytes, "In all, " N " bytes of the log's buffers could not be read.",
         log->lost_bytes);
    warn(warnings, log->late_buffers,
         N " buffers overlap with more than memory should hold; the order and the times of their "
           "events are not exact.",
         log->late_buffers);
    warn(warnings, refused, N " descriptions in the log are damaged and were not used.", refused);
    warn(warnings, report->short_events,
         N " events are shorter than they must be; they are kept as they are, as events.",
         report->short_events);
    warn(warnings, report->cut_packets, N " packets lack their last fragment.",
         report->cut_packets);
    return warnings;
}
