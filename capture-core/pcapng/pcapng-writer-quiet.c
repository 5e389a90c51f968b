/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Few frames: records wait until others of their kind have come. */
#include "pcapng-writer-private.h"

#include "model/clock.h"

/* Bytes of a frame's records. The rest of its block is less than 2 KiB. */
#define RECORDS_ROOM (PKTMON_MAX_BLOCK_SIZE - 2048)

/* The longest line of a frame, beyond which nothing of a batch's line is shown. */
#define LINE_SIZE 1500

/* A reading takes no longer, from its first counters to its last. Packets come in between. */
#define READING_NS (50 * PKTMON_NS_PER_MS)

/* What a frame has several of; NULL: that is not told. */
static const char *const batch_names[BATCH_COUNT] = {
    [BATCH_DESCRIPTIONS] = "descriptions",
    [BATCH_COUNTERS] = "counters",
};

static void clear(struct pcapng_writer_waiting *waiting)
{
    waiting->count = 0;
    g_byte_array_set_size(waiting->records, 0);
    g_string_truncate(waiting->line, 0);
}

static void set_line(struct pcapng_writer *writer, enum pcapng_writer_batch batch)
{
    const struct pcapng_writer_waiting *waiting = &writer->waiting[batch];

    g_string_truncate(writer->line, 0);
    if (waiting->count > 1 && batch_names[batch])
        g_string_append_printf(writer->line, "%u %s: ", waiting->count, batch_names[batch]);
    g_string_append(writer->line, waiting->line->str);
}

void pcapng_writer_put_batch(struct pcapng_writer *writer, enum pcapng_writer_batch batch)
{
    struct pcapng_writer_waiting *waiting = &writer->waiting[batch];
    const struct pcapng_packet_block block = {
        /* a frame that was between them may have been written before */
        .time = MAX(waiting->newest, writer->newest),
        .records = waiting->records,
    };

    if (waiting->count == 0)
        return;
    set_line(writer, batch);
    pcapng_writer_put_own(writer, block);
    clear(waiting);
}

void pcapng_writer_put_batches(struct pcapng_writer *writer)
{
    for (int batch = 0; batch < BATCH_COUNT; batch++)
        pcapng_writer_put_batch(writer, batch);
}

static void add_line(struct pcapng_writer_waiting *waiting, const char *line)
{
    if (waiting->line->len > LINE_SIZE)
        return;
    if (waiting->line->len > 0)
        g_string_append(waiting->line, "; ");
    g_string_append(waiting->line, line);
}

void pcapng_writer_gather(struct pcapng_writer *writer, enum pcapng_writer_batch batch,
                          uint64_t time, const struct pktmon_metadata_writer *record)
{
    struct pcapng_writer_waiting *waiting = &writer->waiting[batch];

    if (!writer->options.quiet) {
        pcapng_writer_put_frame(writer, time, record);
        return;
    }
    if (waiting->records->len + record->length + 16 > RECORDS_ROOM) {
        g_autofree char *line = g_strdup(writer->line->str);

        for (enum pcapng_writer_batch before = 0; before <= batch; before++)
            pcapng_writer_put_batch(writer, before);
        g_string_assign(writer->line, line);
    }
    if (waiting->count == 0)
        waiting->first = time;
    waiting->newest = time;
    waiting->count++;
    pcapng_put_record(waiting->records, record->data, record->length);
    add_line(waiting, writer->line->str);
}

void pcapng_writer_put_descriptions(struct pcapng_writer *writer)
{
    if (writer->waiting[BATCH_COUNTERS].count == 0)
        pcapng_writer_put_batch(writer, BATCH_DESCRIPTIONS);
}

void pcapng_writer_make_way(struct pcapng_writer *writer, const struct pktmon_event *event)
{
    const struct pcapng_writer_waiting *counters = &writer->waiting[BATCH_COUNTERS];

    if (event->record != PKTMON_RECORD_FILTER && event->record != PKTMON_RECORD_CAPTURE)
        pcapng_writer_put_batch(writer, BATCH_BEGINNING);
    if (counters->count > 0 && event->time > counters->first + READING_NS) {
        pcapng_writer_put_batch(writer, BATCH_DESCRIPTIONS);
        pcapng_writer_put_batch(writer, BATCH_COUNTERS);
    }
    if (event->record != PKTMON_RECORD_COMPONENT && event->record != PKTMON_RECORD_COUNTERS)
        pcapng_writer_put_descriptions(writer);
}
