/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records other than packets: descriptions, and the frames that carry metadata records. */
#include "pcapng-writer-private.h"

#include <string.h>

#include "known-filters.h"

#define ETHERNET_HEADER_SIZE  14
#define ETHERNET_PAYLOAD_SIZE 46   /* minimum */
#define LINE_SIZE             1500 /* maximum, of a frame's readable line */

const char *pcapng_writer_component_name(const struct pcapng_writer *writer, uint32_t id,
                                         char text[PCAPNG_WRITER_NAME_SIZE])
{
    const struct pktmon_component *component = pktmon_registry_find(writer->registry, id);

    if (component && component->name)
        return component->name;
    g_snprintf(text, PCAPNG_WRITER_NAME_SIZE, "component %u", id);
    return text;
}

struct pktmon_metadata_writer pcapng_writer_begin_metadata(struct pcapng_writer *writer,
                                                           enum pktmon_record kind)
{
    struct pktmon_metadata_writer record;

    pktmon_metadata_begin(&record, writer->metadata, sizeof(writer->metadata), kind);
    pktmon_metadata_put(&record, PKTMON_FIELD_CAPTURE_ID, writer->capture->id);
    return record;
}

/* The Ethernet frame that carries writer->line. Returns its size. */
static uint32_t build_frame(const struct pcapng_writer *writer,
                            uint8_t frame[ETHERNET_HEADER_SIZE + LINE_SIZE])
{
    /* clang-format off */
    static const uint8_t header[ETHERNET_HEADER_SIZE] = {
        0x02, 'P', 'K', 'M', 'N', 0x02, /* destination */
        0x02, 'P', 'K', 'M', 'N', 0x01, /* source */
        PKTMON_FRAME_ETHERTYPE >> 8, PKTMON_FRAME_ETHERTYPE & 0xff,
    };
    /* clang-format on */
    uint8_t *payload = frame + sizeof(header);
    size_t length = MIN(writer->line->len, LINE_SIZE);

    memcpy(frame, header, sizeof(header));
    for (size_t i = 0; i < length; i++)
        payload[i] = g_ascii_isprint(writer->line->str[i]) ? writer->line->str[i] : '?';
    if (length < ETHERNET_PAYLOAD_SIZE)
        memset(payload + length, 0, ETHERNET_PAYLOAD_SIZE - length);
    return sizeof(header) + MAX(length, ETHERNET_PAYLOAD_SIZE);
}

void pcapng_writer_put_own(struct pcapng_writer *writer, struct pcapng_packet_block block)
{
    uint8_t frame[ETHERNET_HEADER_SIZE + LINE_SIZE];

    if (writer->options.packets_only)
        return;
    block.interface = writer->own->number;
    block.data = frame;
    block.origlen = build_frame(writer, frame);
    block.caplen = MIN(block.origlen, writer->options.snaplen); /* libpcap rejects more */
    pcapng_put_packet(writer->buffer, &block);
    writer->own->received++;
    writer->newest = MAX(writer->newest, block.time);
}

void pcapng_writer_put_frame(struct pcapng_writer *writer, uint64_t time,
                             const struct pktmon_metadata_writer *record)
{
    const struct pcapng_packet_block block = {
        .time = time,
        .metadata = record->data,
        .metadata_size = record->length,
    };

    pcapng_writer_put_own(writer, block);
}

/* Writes a description, on the carrier chosen for descriptions. */
static void put_description(struct pcapng_writer *writer, enum pcapng_writer_batch batch,
                            uint64_t time, const struct pktmon_metadata_writer *record)
{
    if (writer->options.carrier == PKTMON_CARRIER_FRAMES)
        pcapng_writer_gather(writer, batch, time, record);
    else
        pcapng_put_custom(writer->buffer, record->data, record->length);
}

void pcapng_writer_describe_capture(struct pcapng_writer *writer, uint64_t time)
{
    struct pktmon_metadata_writer record =
        pcapng_writer_begin_metadata(writer, PKTMON_RECORD_CAPTURE);

    pcapng_record_put_capture(&record, writer->capture);
    g_string_truncate(writer->line, 0);
    pcapng_line_put_capture(writer->line, writer->capture);
    put_description(writer, BATCH_BEGINNING, time, &record);
}

void pcapng_writer_describe_filter(struct pcapng_writer *writer, uint64_t time,
                                   const struct pktmon_filter_description *filter)
{
    struct pktmon_metadata_writer record =
        pcapng_writer_begin_metadata(writer, PKTMON_RECORD_FILTER);

    pcapng_record_put_filter(&record, filter);
    g_string_truncate(writer->line, 0);
    pcapng_line_put_filter(writer->line, filter);
    put_description(writer, BATCH_BEGINNING, time, &record);
}

void pcapng_writer_describe_component(struct pcapng_writer *writer, uint64_t time, uint32_t id)
{
    const struct pktmon_component *component = pktmon_registry_find(writer->registry, id);
    struct pktmon_metadata_writer record;

    if (!component)
        return;
    record = pcapng_writer_begin_metadata(writer, PKTMON_RECORD_COMPONENT);
    pcapng_record_put_component(&record, component);
    g_string_truncate(writer->line, 0);
    pcapng_line_put_component(writer->line, component);
    put_description(writer, BATCH_DESCRIPTIONS, time, &record);
}

struct pcapng_writer_described *pcapng_writer_introduce(struct pcapng_writer *writer, uint64_t time,
                                                        uint32_t component)
{
    struct pcapng_writer_described *described =
        g_tree_lookup(writer->described, GUINT_TO_POINTER(component));

    if (!described) {
        unwritten_forget(writer->unwritten, component);
        described = g_new0(struct pcapng_writer_described, 1);
        g_tree_insert(writer->described, GUINT_TO_POINTER(component), described);
        pcapng_writer_describe_component(writer, time, component);
    }
    described->has_new_records = true;
    return described;
}

void pcapng_writer_describe_filters(struct pcapng_writer *writer, uint64_t time)
{
    for (guint i = 0; i < writer->filters->len; i++) {
        const struct pktmon_filter_description filter = known_filters_get(writer->filters, i);

        pcapng_writer_describe_filter(writer, time, &filter);
    }
}

static void note_packets(void *context, uint32_t component)
{
    const struct pcapng_writer *writer = context;
    struct pcapng_writer_described *described =
        g_tree_lookup(writer->described, GUINT_TO_POINTER(component));

    if (described)
        described->has_new_records = true;
}

void pcapng_writer_describe_again(struct pcapng_writer *writer, uint64_t time)
{
    if (writer->options.quiet)
        return;
    pcapng_writer_describe_capture(writer, time);
    pcapng_interfaces_visit_active(writer->interfaces, note_packets, writer);
    for (GTreeNode *node = g_tree_node_first(writer->described); node;
         node = g_tree_node_next(node)) {
        struct pcapng_writer_described *described = g_tree_node_value(node);

        if (described->has_new_records)
            pcapng_writer_describe_component(writer, time, GPOINTER_TO_UINT(g_tree_node_key(node)));
        described->has_new_records = false;
    }
    pcapng_writer_describe_filters(writer, time);
}
