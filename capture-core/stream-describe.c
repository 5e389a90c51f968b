/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a stream says besides packets: descriptions, and the frames that carry metadata records. */
#include "stream-private.h"

#include <string.h>

#define ETHERNET_HEADER_SIZE  14
#define ETHERNET_PAYLOAD_SIZE 46   /* at least */
#define LINE_SIZE             1500 /* at most, of a frame's readable line */

const char *stream_component_name(const struct pktmon_stream *stream, uint32_t id,
                                  char text[STREAM_NAME_SIZE])
{
    const struct pktmon_component *component = pktmon_registry_find(stream->registry, id);

    if (component && component->name)
        return component->name;
    g_snprintf(text, STREAM_NAME_SIZE, "component %u", id);
    return text;
}

struct pktmon_metadata_writer stream_begin_metadata(struct pktmon_stream *stream,
                                                    enum pktmon_record record)
{
    struct pktmon_metadata_writer writer;

    pktmon_metadata_begin(&writer, stream->metadata, sizeof(stream->metadata), record);
    pktmon_metadata_put(&writer, PKTMON_FIELD_CAPTURE_ID, stream->capture->id);
    return writer;
}

/* The Ethernet frame that carries stream->line. Returns its size. */
static uint32_t build_frame(const struct pktmon_stream *stream,
                            uint8_t frame[ETHERNET_HEADER_SIZE + LINE_SIZE])
{
    /* clang-format off */
    static const uint8_t header[ETHERNET_HEADER_SIZE] = {
        0x02, 'P', 'K', 'M', 'N', 0x02, /* to */
        0x02, 'P', 'K', 'M', 'N', 0x01, /* from */
        PKTMON_FRAME_ETHERTYPE >> 8, PKTMON_FRAME_ETHERTYPE & 0xff,
    };
    /* clang-format on */
    uint8_t *payload = frame + sizeof(header);
    size_t length = MIN(stream->line->len, LINE_SIZE);

    memcpy(frame, header, sizeof(header));
    for (size_t i = 0; i < length; i++)
        payload[i] = g_ascii_isprint(stream->line->str[i]) ? stream->line->str[i] : '?';
    if (length < ETHERNET_PAYLOAD_SIZE)
        memset(payload + length, 0, ETHERNET_PAYLOAD_SIZE - length);
    return sizeof(header) + MAX(length, ETHERNET_PAYLOAD_SIZE);
}

void stream_put_frame(struct pktmon_stream *stream, uint64_t time,
                      const struct pktmon_metadata_writer *writer)
{
    if (stream->options.packets_only)
        return;

    uint8_t frame[ETHERNET_HEADER_SIZE + LINE_SIZE];
    uint32_t length = build_frame(stream, frame);
    const struct pktmon_pcapng_packet packet = {
        .interface = stream->own->number,
        .time = time,
        .data = frame,
        .caplen = MIN(length, stream->options.snaplen), /* libpcap refuses more */
        .origlen = length,
        .metadata = writer->data,
        .metadata_size = writer->length,
    };

    pktmon_pcapng_put_packet(stream->buffer, &packet);
    stream->own->received++;
}

/* A description, on the carrier that was chosen for descriptions. */
static void put_description(struct pktmon_stream *stream, uint64_t time,
                            const struct pktmon_metadata_writer *writer)
{
    if (stream->options.carrier == PKTMON_CARRIER_FRAMES)
        stream_put_frame(stream, time, writer);
    else
        pktmon_pcapng_put_custom(stream->buffer, writer->data, writer->length);
}

void stream_describe_capture(struct pktmon_stream *stream, uint64_t time)
{
    struct pktmon_metadata_writer writer = stream_begin_metadata(stream, PKTMON_RECORD_CAPTURE);

    pktmon_record_put_capture(&writer, stream->capture);
    g_string_truncate(stream->line, 0);
    pktmon_line_put_capture(stream->line, stream->capture);
    put_description(stream, time, &writer);
}

void stream_describe_filter(struct pktmon_stream *stream, uint64_t time,
                            const struct pktmon_filter_description *filter)
{
    struct pktmon_metadata_writer writer = stream_begin_metadata(stream, PKTMON_RECORD_FILTER);

    pktmon_record_put_filter(&writer, filter);
    g_string_truncate(stream->line, 0);
    pktmon_line_put_filter(stream->line, filter);
    put_description(stream, time, &writer);
}

void stream_describe_component(struct pktmon_stream *stream, uint64_t time, uint32_t id)
{
    const struct pktmon_component *component = pktmon_registry_find(stream->registry, id);
    struct pktmon_metadata_writer writer;

    if (!component)
        return;
    writer = stream_begin_metadata(stream, PKTMON_RECORD_COMPONENT);
    pktmon_record_put_component(&writer, component);
    g_string_truncate(stream->line, 0);
    pktmon_line_put_component(stream->line, component);
    put_description(stream, time, &writer);
}

void stream_introduce(struct pktmon_stream *stream, uint64_t time, uint32_t component)
{
    struct stream_described *described =
        g_tree_lookup(stream->described, GUINT_TO_POINTER(component));

    if (!described) {
        unwritten_forget(stream->unwritten, component);
        described = g_new0(struct stream_described, 1);
        g_tree_insert(stream->described, GUINT_TO_POINTER(component), described);
        stream_describe_component(stream, time, component);
    }
    described->spoken = true;
}

void stream_describe_filters(struct pktmon_stream *stream, uint64_t time)
{
    for (guint i = 0; i < stream->filters->len; i++) {
        const struct stream_filter *filter = g_ptr_array_index(stream->filters, i);

        stream_describe_filter(
            stream, time,
            &(struct pktmon_filter_description){filter->id, filter->name, filter->text});
    }
}

static void note_packets(void *context, uint32_t component)
{
    const struct pktmon_stream *stream = context;
    struct stream_described *described =
        g_tree_lookup(stream->described, GUINT_TO_POINTER(component));

    if (described)
        described->spoken = true;
}

/* What is silent takes no room from what speaks: a reader that keeps the newest bytes only has
 * nothing of it that would need the description. */
bool pktmon_stream_repeat_descriptions(struct pktmon_stream *stream, uint64_t time, GError **error)
{
    if (stream->closed)
        return false;
    stream_describe_capture(stream, time);
    pktmon_interfaces_visit_news(stream->interfaces, note_packets, stream);
    for (GTreeNode *node = g_tree_node_first(stream->described); node;
         node = g_tree_node_next(node)) {
        struct stream_described *described = g_tree_node_value(node);

        if (described->spoken)
            stream_describe_component(stream, time, GPOINTER_TO_UINT(g_tree_node_key(node)));
        described->spoken = false;
    }
    stream_describe_filters(stream, time);
    return stream->buffer->len < STREAM_FLUSH_SIZE || stream_put_buffer(stream, error);
}
