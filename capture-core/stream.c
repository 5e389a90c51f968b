/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream-private.h"

#include <string.h>
#include <sys/utsname.h>

#include "plural.h"

/* Bytes that TRUNCATED takes in a packet's block, padding included. */
#define TRUNCATED_SIZE 8

/* Of "@pktmon" in the table of interfaces, so that no packet is ever put on it. */
#define NO_LINK_TYPE UINT16_MAX

static void filter_free(void *data)
{
    struct stream_filter *filter = data;

    g_free(filter->name);
    g_free(filter->text);
    g_free(filter);
}

static int compare_ids(const void *a, const void *b, void *data)
{
    (void)data;
    uint32_t left = GPOINTER_TO_UINT(a), right = GPOINTER_TO_UINT(b);

    return (left > right) - (left < right);
}

bool pktmon_stream_speaks_of(const struct pktmon_stream *stream, uint32_t component)
{
    return g_tree_lookup(stream->described, GUINT_TO_POINTER(component)) != NULL;
}

bool pktmon_stream_has_packets_of(const struct pktmon_stream *stream, uint32_t component)
{
    return pktmon_interfaces_find(stream->interfaces, component, PKTMON_LINKTYPE_ETHERNET) != NULL;
}

struct pktmon_stream *pktmon_stream_new(const struct pktmon_stream_options *options,
                                        const struct pktmon_registry *registry,
                                        const struct pktmon_capture *capture)
{
    struct pktmon_stream *stream = g_new0(struct pktmon_stream, 1);

    stream->options = *options;
    if (stream->options.packets_only)
        stream->options.carrier = PKTMON_CARRIER_BLOCKS;
    if (stream->options.snaplen == 0)
        stream->options.snaplen = PKTMON_MAX_BLOCK_SIZE;
    stream->application = g_strdup(options->application);
    stream->registry = registry;
    stream->capture = capture;
    stream->buffer = g_byte_array_sized_new(STREAM_FLUSH_SIZE + PKTMON_MAX_BLOCK_SIZE);
    /* Live, the reader waits for each packet; a log is converted as fast as it goes. */
    stream->output = pktmon_output_new(options->fd, !options->live);
    stream->interfaces = pktmon_interfaces_new();
    stream->described = g_tree_new_full(compare_ids, NULL, NULL, g_free);
    stream->unwritten = unwritten_new();
    stream->filters = g_ptr_array_new_with_free_func(filter_free);
    stream->line = g_string_new(NULL);
    return stream;
}

void pktmon_stream_free(struct pktmon_stream *stream)
{
    if (!stream)
        return;
    g_free(stream->application);
    pktmon_output_free(stream->output);
    g_byte_array_unref(stream->buffer);
    pktmon_interfaces_free(stream->interfaces);
    g_tree_unref(stream->described);
    unwritten_free(stream->unwritten);
    g_ptr_array_unref(stream->filters);
    g_string_free(stream->line, TRUE);
    g_free(stream);
}

bool pktmon_stream_closed(const struct pktmon_stream *stream)
{
    return stream->closed;
}

static struct pktmon_interface *add_interface(struct pktmon_stream *stream, uint32_t id,
                                              uint16_t link_type)
{
    const struct pktmon_component *component = pktmon_registry_find(stream->registry, id);
    char text[STREAM_NAME_SIZE];
    struct pktmon_pcapng_interface description = {
        .link_type = link_type,
        .snaplen = stream->options.snaplen,
        .name = stream_component_name(stream, id, text),
    };

    if (component) {
        description.description = component->description;
        description.mac = component->has_mac ? component->mac : NULL;
        description.speed = component->speed;
    }
    pktmon_pcapng_put_interface(stream->buffer, &description);
    return pktmon_interfaces_add(stream->interfaces, id, link_type, description.name);
}

/* The interface of a packet. Its component's description and its block go before it. */
static struct pktmon_interface *get_interface(struct pktmon_stream *stream,
                                              const struct pktmon_event *event)
{
    uint16_t link_type = event->packet.link_type;
    struct pktmon_interface *interface =
        pktmon_interfaces_find(stream->interfaces, event->component, link_type);

    if (interface)
        return interface;
    stream_introduce(stream, event->time, event->component);
    return add_interface(stream, event->component, link_type);
}

static uint32_t direction_flags(uint16_t direction)
{
    static const uint8_t flags[] = {
        [PKTMON_DIRECTION_IN] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_DIRECTION_OUT] = PKTMON_PCAPNG_OUTBOUND,
        [PKTMON_DIRECTION_RX] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_DIRECTION_TX] = PKTMON_PCAPNG_OUTBOUND,
        [PKTMON_DIRECTION_INGRESS] = PKTMON_PCAPNG_INBOUND,
        [PKTMON_DIRECTION_EGRESS] = PKTMON_PCAPNG_OUTBOUND,
    };

    return direction < G_N_ELEMENTS(flags) ? flags[direction] : 0;
}

/* Bytes of data that fit into the packet's block, with TRUNCATED in its record. */
static uint32_t data_room(const struct pktmon_stream *stream,
                          const struct pktmon_pcapng_packet *packet)
{
    size_t room = PKTMON_MAX_BLOCK_SIZE - pktmon_pcapng_packet_overhead(packet) - TRUNCATED_SIZE;

    return MIN(room, stream->options.snaplen);
}

static bool write_packet(struct pktmon_stream *stream, const struct pktmon_event *event,
                         GError **error)
{
    const struct pktmon_packet *packet = &event->packet;
    struct pktmon_metadata_writer writer;
    struct pktmon_interface *interface;
    char comment[PKTMON_COMMENT_SIZE];
    char name[STREAM_NAME_SIZE];

    if (stream->options.live && packet->link_type != PKTMON_LINKTYPE_ETHERNET) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "A live capture holds Ethernet frames only, and a packet of link type %u "
                    "came; please report this.",
                    packet->link_type);
        return false;
    }
    interface = get_interface(stream, event);
    writer = stream_begin_metadata(stream, PKTMON_RECORD_PACKET);
    writer.size -= TRUNCATED_SIZE; /* whatever else does not fit, this must */
    pktmon_record_put_packet(&writer, event);
    writer.size += TRUNCATED_SIZE;

    struct pktmon_pcapng_packet block = {
        .interface = interface->number,
        .time = event->time,
        .data = packet->data,
        .origlen = MAX(packet->origlen, packet->caplen),
        .comment = packet->dropped
                       ? pktmon_drop_comment(
                             comment, stream_component_name(stream, event->component, name), packet)
                       : NULL,
        .flags = direction_flags(packet->direction),
        .dropcount = packet->lost,
        .has_packet_id = true,
        .packet_id = packet->group,
        .has_queue = packet->queue >= 0,
        .queue = packet->queue,
        .metadata = writer.data,
        .metadata_size = writer.length,
    };
    block.caplen = MIN(packet->caplen, data_room(stream, &block));
    if (block.caplen < block.origlen) {
        pktmon_metadata_put(&writer, PKTMON_FIELD_TRUNCATED, true);
        block.metadata_size = writer.length;
    }
    pktmon_pcapng_put_packet(stream->buffer, &block);

    interface->received++;
    interface->lost += packet->lost;
    return true;
}

static bool write_counters(struct pktmon_stream *stream, const struct pktmon_event *event,
                           G_GNUC_UNUSED GError **error)
{
    struct pktmon_metadata_writer writer;
    char text[STREAM_NAME_SIZE];

    if (stream->options.matches_only && !event->counters.last &&
        !pktmon_stream_speaks_of(stream, event->component)) {
        unwritten_note(stream->unwritten, event->component, &event->counters);
        return true;
    }
    stream_introduce(stream, event->time, event->component);
    pktmon_interfaces_count_loss(stream->interfaces, event->component, event->counters.edge,
                                 event->counters.lost);
    writer = stream_begin_metadata(stream, PKTMON_RECORD_COUNTERS);
    pktmon_record_put_counters(&writer, event);
    g_string_truncate(stream->line, 0);
    pktmon_line_put_counters(stream->line, stream_component_name(stream, event->component, text),
                             event);
    stream_put_frame(stream, event->time, &writer);
    return true;
}

static bool write_notice(struct pktmon_stream *stream, const struct pktmon_event *event,
                         G_GNUC_UNUSED GError **error)
{
    struct pktmon_metadata_writer writer;
    char text[STREAM_NAME_SIZE];

    /* Devices that had nothing to say go without a word. */
    if (event->notice.id == PKTMON_NOTICE_DEVICE_GONE &&
        !pktmon_stream_speaks_of(stream, event->component) &&
        g_strcmp0(event->notice.provider, "pktmon") == 0)
        return true;
    if (event->component != 0)
        stream_introduce(stream, event->time, event->component);
    writer = stream_begin_metadata(stream, PKTMON_RECORD_EVENT);
    pktmon_record_put_notice(&writer, event);
    g_string_truncate(stream->line, 0);
    pktmon_line_put_notice(stream->line, stream_component_name(stream, event->component, text),
                           event);
    stream_put_frame(stream, event->time, &writer);
    return true;
}

static bool write_component(struct pktmon_stream *stream, const struct pktmon_event *event,
                            G_GNUC_UNUSED GError **error)
{
    char text[STREAM_NAME_SIZE];

    if (stream->options.live && !pktmon_stream_speaks_of(stream, event->component))
        return true; /* it is, with its first word */
    g_tree_insert(stream->described, GUINT_TO_POINTER(event->component),
                  g_new0(struct stream_described, 1));
    stream_describe_component(stream, event->time, event->component);
    pktmon_interfaces_rename(stream->interfaces, event->component,
                             stream_component_name(stream, event->component, text));
    return true;
}

static bool write_retired(struct pktmon_stream *stream, const struct pktmon_event *event,
                          G_GNUC_UNUSED GError **error)
{
    if (g_tree_remove(stream->described, GUINT_TO_POINTER(event->component)))
        pktmon_interfaces_retire(stream->interfaces, stream->buffer, event->component,
                                 stream->start_time, event->time);
    unwritten_close(stream->unwritten, event->component);
    return true;
}

static void keep_filter(struct pktmon_stream *stream,
                        const struct pktmon_filter_description *description)
{
    struct stream_filter *filter = NULL;

    for (guint i = 0; i < stream->filters->len && !filter; i++) {
        struct stream_filter *kept = g_ptr_array_index(stream->filters, i);

        filter = kept->id == description->id ? kept : NULL;
    }
    if (!filter) {
        filter = g_new0(struct stream_filter, 1);
        filter->id = description->id;
        g_ptr_array_add(stream->filters, filter);
    }
    pktmon_component_set(&filter->name, description->name);
    pktmon_component_set(&filter->text, description->text);
}

static bool write_filter(struct pktmon_stream *stream, const struct pktmon_event *event,
                         G_GNUC_UNUSED GError **error)
{
    keep_filter(stream, &event->filter);
    stream_describe_filter(stream, event->time, &event->filter);
    return true;
}

static bool write_capture(struct pktmon_stream *stream, const struct pktmon_event *event,
                          G_GNUC_UNUSED GError **error)
{
    stream_describe_capture(stream, event->time);
    return true;
}

bool stream_put_buffer(struct pktmon_stream *stream, GError **error)
{
    stream->size += stream->buffer->len;
    bool good = pktmon_output_put(stream->output, &stream->buffer, error);

    stream->closed = !good && pktmon_output_closed(stream->output);
    return good;
}

bool pktmon_stream_write(struct pktmon_stream *stream, const struct pktmon_event *event,
                         GError **error)
{
    typedef bool (*writer)(struct pktmon_stream *, const struct pktmon_event *, GError **);
    static const writer writers[] = {
        [PKTMON_RECORD_PACKET] = write_packet,     [PKTMON_RECORD_COMPONENT] = write_component,
        [PKTMON_RECORD_COUNTERS] = write_counters, [PKTMON_RECORD_FILTER] = write_filter,
        [PKTMON_RECORD_CAPTURE] = write_capture,   [PKTMON_RECORD_EVENT] = write_notice,
        [PKTMON_RECORD_RETIRED] = write_retired,
    };

    g_return_val_if_fail(event->record < G_N_ELEMENTS(writers) && writers[event->record], false);
    if (stream->closed)
        return false;
    if (!writers[event->record](stream, event, error))
        return false;
    return stream->buffer->len < STREAM_FLUSH_SIZE || stream_put_buffer(stream, error);
}

/* Custom Blocks have no time, and Wireshark counts time from the first record: one that has a time
 * goes before them. */
static void write_beginning(struct pktmon_stream *stream, uint64_t time, const char *message)
{
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = time,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_BEGAN,
                   .level = PKTMON_LEVEL_INFORMATION,
                   .message = message},
    };

    write_notice(stream, &event, NULL);
}

/* A live capture is of this machine, and its header is written before it knows more. */
static void put_section(struct pktmon_stream *stream)
{
    const struct pktmon_capture *capture = stream->capture;
    struct utsname machine = {0};
    bool here = stream->options.live && uname(&machine) == 0;
    const char *system = here ? machine.sysname : capture->os;
    g_autofree char *os =
        g_strjoin(" ", system ? system : "", here ? machine.release : capture->release, NULL);
    const struct pktmon_pcapng_section section = {
        /* a log that is converted says nothing of the machine it was made on */
        .hardware = here ? machine.machine : NULL,
        .os = g_strstrip(os),
        .application = stream->application,
    };

    pktmon_pcapng_put_section(stream->buffer, &section);
}

static void put_header(struct pktmon_stream *stream)
{
    const struct pktmon_pcapng_interface interface = {
        .link_type = PKTMON_LINKTYPE_ETHERNET,
        .snaplen = stream->options.snaplen,
        .name = PKTMON_METADATA_INTERFACE,
        .description = "Packet Monitor: descriptions, counters and events",
    };

    stream->opened = true;
    put_section(stream);
    if (!stream->options.packets_only) {
        pktmon_pcapng_put_interface(stream->buffer, &interface);
        stream->own = pktmon_interfaces_add(stream->interfaces, 0, NO_LINK_TYPE, interface.name);
    }
}

bool pktmon_stream_open(struct pktmon_stream *stream, GError **error)
{
    put_header(stream);
    return pktmon_stream_flush(stream, error);
}

static bool begin_section(struct pktmon_stream *stream, uint64_t time, const char *message,
                          GError **error)
{
    if (stream->closed)
        return false;
    if (!stream->opened)
        put_header(stream);
    stream->start_time = time;
    write_beginning(stream, time, message);
    stream_describe_capture(stream, time);
    return pktmon_stream_flush(stream, error);
}

bool pktmon_stream_begin(struct pktmon_stream *stream, uint64_t time, GError **error)
{
    return begin_section(stream, time, "The capture began.", error);
}

bool pktmon_stream_flush(struct pktmon_stream *stream, GError **error)
{
    bool good;

    if (stream->closed)
        return false;
    good = stream_put_buffer(stream, error) && pktmon_output_finish(stream->output, error);
    stream->closed = !good && pktmon_output_closed(stream->output);
    return good;
}

/* One sentence, however many there were. */
static void write_gone(struct pktmon_stream *stream, uint64_t time)
{
    g_autofree char *message = unwritten_sentence(stream->unwritten);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = time,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_UNWRITTEN,
                   .level = PKTMON_LEVEL_INFORMATION,
                   .message = message},
    };

    if (message)
        write_notice(stream, &event, NULL);
}

bool pktmon_stream_end(struct pktmon_stream *stream, uint64_t time, GError **error)
{
    if (stream->closed)
        return false;
    write_gone(stream, time);
    pktmon_interfaces_put_statistics(stream->interfaces, stream->buffer, stream->start_time, time);
    return pktmon_stream_flush(stream, error);
}

bool pktmon_stream_continue(struct pktmon_stream *stream, int fd, uint64_t time, GError **error)
{
    if (!pktmon_stream_end(stream, time, error))
        return false;
    pktmon_output_free(stream->output);
    stream->output = pktmon_output_new(fd, !stream->options.live);
    stream->size = 0;
    stream->opened = false;
    g_tree_remove_all(stream->described);
    pktmon_interfaces_next_section(stream->interfaces);
    if (!begin_section(stream, time, "The capture goes on from the file before.", error))
        return false;
    stream_describe_filters(stream, time);
    return pktmon_stream_flush(stream, error);
}

uint64_t pktmon_stream_written(struct pktmon_stream *stream)
{
    return pktmon_output_written(stream->output);
}

uint64_t pktmon_stream_size(const struct pktmon_stream *stream)
{
    return stream->size + stream->buffer->len;
}
