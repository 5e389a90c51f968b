/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reading.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const char *keep(struct reading *reading, const char *text)
{
    return text ? g_string_chunk_insert(reading->strings, text) : NULL;
}

static void keep_packet(struct reading *reading, struct pktmon_packet *packet)
{
    packet->edge_name = keep(reading, packet->edge_name);
    packet->drop_reason = keep(reading, packet->drop_reason);
    packet->drop_location = keep(reading, packet->drop_location);
    packet->data = g_memdup2(packet->data, packet->caplen);
    if (!packet->nbl)
        return;
    struct pktmon_nbl *nbl = g_new(struct pktmon_nbl, 1);
    struct pktmon_nbl_value *values =
        g_memdup2(packet->nbl->values, packet->nbl->count * sizeof(*values));
    for (size_t i = 0; i < packet->nbl->count; i++)
        values[i].text = keep(reading, values[i].text);
    *nbl = (struct pktmon_nbl){.values = values, .count = packet->nbl->count};
    packet->nbl = nbl;
}

static void collect(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct reading *reading = (struct reading *)sink;
    struct seen *seen = g_new(struct seen, 1);
    seen->event = *event;
    if (event->record == PKTMON_RECORD_PACKET) {
        keep_packet(reading, &seen->event.packet);
    } else if (event->record == PKTMON_RECORD_EVENT) {
        seen->event.notice.provider = keep(reading, event->notice.provider);
        seen->event.notice.message = keep(reading, event->notice.message);
    } else if (event->record == PKTMON_RECORD_FILTER) {
        seen->event.filter.name = keep(reading, event->filter.name);
        seen->event.filter.text = keep(reading, event->filter.text);
    } else if (event->record == PKTMON_RECORD_COUNTERS) {
        seen->event.counters.edge_name = keep(reading, event->counters.edge_name);
    }
    g_ptr_array_add(reading->events, seen);
}

static void free_seen(gpointer data)
{
    struct seen *seen = data;
    if (seen->event.record == PKTMON_RECORD_PACKET) {
        g_free((void *)seen->event.packet.data);
        if (seen->event.packet.nbl)
            g_free((void *)seen->event.packet.nbl->values);
        g_free((void *)seen->event.packet.nbl);
    }
    g_free(seen);
}

static void run(struct reading *reading)
{
    const struct provider_ops *ops = reading->provider->ops;
    if (!ops->enumerate(reading->provider, &reading->error)) {
        g_clear_pointer(&reading->provider, ops->free);
        return;
    }
    g_assert_true(ops->start(reading->provider, NULL));
    while (ops->read(reading->provider, 0, NULL) > 0) {
    }
    g_assert_true(ops->stop(reading->provider, NULL));
}

void reading_open(struct reading *reading, const char *const *paths,
                  const struct etl_options *options)
{
    struct etl_options all;
    etl_options_init(&all);
    *reading = (struct reading){.sink = {collect}};
    reading->events = g_ptr_array_new_with_free_func(free_seen);
    reading->strings = g_string_chunk_new(1024);
    reading->registry = pktmon_registry_new();
    reading->capture = pktmon_capture_info_new();
    reading->provider = etl_provider_new(paths, options ? options : &all, reading->registry,
                                         reading->capture, &reading->sink, &reading->error);
    if (reading->provider)
        run(reading);
}

void reading_of_bytes(struct reading *reading, const GByteArray *log,
                      const struct etl_options *options)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("etl-test-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, log->data, log->len), ==, (gssize)log->len);
    close(fd);
    const char *const paths[] = {path, NULL};
    reading_open(reading, paths, options);
    g_unlink(path);
}

void reading_close(struct reading *reading)
{
    if (reading->provider)
        reading->provider->ops->free(reading->provider);
    pktmon_capture_info_free(reading->capture);
    pktmon_registry_free(reading->registry);
    g_ptr_array_free(reading->events, TRUE);
    g_string_chunk_free(reading->strings);
    g_clear_error(&reading->error);
}

guint reading_count(const struct reading *reading, enum pktmon_record record)
{
    guint count = 0;
    for (guint i = 0; i < reading->events->len; i++) {
        const struct seen *seen = g_ptr_array_index(reading->events, i);
        count += seen->event.record == record;
    }
    return count;
}

const struct pktmon_event *reading_get(const struct reading *reading, enum pktmon_record record,
                                       guint n)
{
    for (guint i = 0; i < reading->events->len; i++) {
        const struct seen *seen = g_ptr_array_index(reading->events, i);
        if (seen->event.record == record && n-- == 0)
            return &seen->event;
    }
    g_error("There is no such event.");
}

uint64_t reading_nbl(const struct pktmon_event *event, enum pktmon_field field)
{
    const struct pktmon_nbl *nbl = event->packet.nbl;
    for (size_t i = 0; nbl && i < nbl->count; i++) {
        if (nbl->values[i].field == field)
            return nbl->values[i].number;
    }
    return G_MAXUINT64;
}
