/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journeys.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "pcapng/pcapng-reader.h"
#include "pktmon/journey.h"

static const char *const fates[] = {
#define X(NAME, number, name) [number] = (name),
    PKTMON_FATES(X)
#undef X
};

static void add_journey(struct log_journeys *to, const struct pktmon_journey *journey)
{
    g_ptr_array_add(to->lines, g_strdup_printf("%s: %s, %u, %u%s%s", journey->path,
                                               fates[journey->fate], journey->observations,
                                               journey->link_type, journey->open ? ", open" : "",
                                               journey->continued ? ", continued" : ""));
    to->packets += !journey->continued;
    to->observations += journey->observations;
    for (size_t i = 0; i < journey->hop_count; i++)
        to->drops += journey->hops[i].event->packet.dropped ? journey->hops[i].count : 0;
}

static void read_output(struct log_journeys *to, int fd)
{
    struct pcapng_reader *reader = pcapng_reader_new();
    struct pcapng_item item;
    GError *error = NULL;
    pcapng_reader_open(reader, fd);
    while (pcapng_reader_next(reader, &item, &error)) {
        g_assert_cmpint(item.event->record, !=, PKTMON_RECORD_PACKET);
        if (item.event->record == PKTMON_RECORD_JOURNEY)
            add_journey(to, item.event->journey);
    }
    g_assert_no_error(error);
    struct pcapng_reader_counts counts = pcapng_reader_counts(reader);
    g_assert_cmpuint(counts.damaged_records + counts.unknown_records + counts.foreign_packets, ==,
                     0);
    pcapng_reader_free(reader);
}

static void keep_report(void *user, const struct provider *provider)
{
    *(struct etl_report *)user = *etl_provider_report(provider);
}

struct etl_conversion log_journeys_wanted(void)
{
    struct etl_conversion wanted = {.view = PKTMON_VIEW_PACKETS, .carrier = PKTMON_CARRIER_BLOCKS};
    etl_options_init(&wanted.events);
    return wanted;
}

struct log_journeys log_journeys_read(const char *log, const struct etl_conversion *wanted)
{
    struct log_journeys journeys = {.lines = g_ptr_array_new_with_free_func(g_free)};
    struct etl_conversion conversion = *wanted;
    const char *const paths[] = {log, NULL};
    GError *error = NULL;
    g_autofree char *out = NULL;
    conversion.fd = g_file_open_tmp("etl-journeys-XXXXXX", &out, NULL);
    conversion.user = &journeys.report;
    etl_convert(paths, &conversion, keep_report, &error);
    g_assert_no_error(error);
    g_assert_cmpint(lseek(conversion.fd, 0, SEEK_SET), ==, 0);
    read_output(&journeys, conversion.fd);
    close(conversion.fd);
    g_unlink(out);
    return journeys;
}

struct log_journeys log_journeys_of_bytes(const GByteArray *log,
                                          const struct etl_conversion *wanted)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("etl-journeys-XXXXXX", &path, NULL);
    close(fd);
    g_assert_true(g_file_set_contents(path, (const char *)log->data, log->len, NULL));
    struct log_journeys journeys = log_journeys_read(path, wanted);
    g_unlink(path);
    return journeys;
}

void log_journeys_clear(struct log_journeys *journeys)
{
    g_ptr_array_unref(journeys->lines);
}
