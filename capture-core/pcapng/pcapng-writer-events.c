/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer: its beginning and end, and a record for each event. */
#include "pcapng-writer-private.h"

#include <string.h>
#include <sys/utsname.h>

#include "model/plural.h"

/* Bytes that TRUNCATED takes in a packet's block, padding included. */
#define TRUNCATED_SIZE 8

/* The link type of "@pktmon" in the table of interfaces, so that no packet gets onto it. */
#define NO_LINK_TYPE UINT16_MAX

static void filter_free(void *data)
{
    struct pcapng_writer_filter *filter = data;

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

bool pcapng_writer_has_described(const struct pcapng_writer *writer, uint32_t component)
{
    return g_tree_lookup(writer->described, GUINT_TO_POINTER(component)) != NULL;
}

bool pcapng_writer_has_packets_of(const struct pcapng_writer *writer, uint32_t component)
{
    const struct pcapng_writer_described *described =
        g_tree_lookup(writer->described, GUINT_TO_POINTER(component));

    return (described && described->is_in_journey) ||
           pcapng_interfaces_find(writer->interfaces, component, PKTMON_LINKTYPE_ETHERNET) != NULL;
}

struct pcapng_writer *pcapng_writer_new(const struct pcapng_writer_options *options,
                                        const struct pktmon_registry *registry,
                                        const struct pktmon_capture_info *capture)
{
    struct pcapng_writer *writer = g_new0(struct pcapng_writer, 1);

    writer->options = *options;
    if (writer->options.carrier == PKTMON_CARRIER_EACH) {
        writer->options.carrier = PKTMON_CARRIER_FRAMES;
        writer->options.quiet = false;
    }
    if (writer->options.snaplen == 0)
        writer->options.snaplen = PKTMON_MAX_BLOCK_SIZE;
    writer->application = g_strdup(options->application);
    writer->registry = registry;
    writer->capture = capture;
    writer->buffer = g_byte_array_sized_new(PCAPNG_WRITER_FLUSH_SIZE + PKTMON_MAX_BLOCK_SIZE);
    /* In a live capture, the reader waits for each packet; a log is converted at full speed. */
    writer->output = descriptor_writer_new(options->fd, !options->live);
    writer->interfaces = pcapng_interfaces_new();
    writer->described = g_tree_new_full(compare_ids, NULL, NULL, g_free);
    writer->unwritten = unwritten_new();
    writer->filters = g_ptr_array_new_with_free_func(filter_free);
    writer->line = g_string_new(NULL);
    writer->comment = g_string_new(NULL);
    for (int i = 0; i < BATCH_COUNT; i++) {
        writer->waiting[i].records = g_byte_array_new();
        writer->waiting[i].line = g_string_new(NULL);
    }
    return writer;
}

void pcapng_writer_free(struct pcapng_writer *writer)
{
    if (!writer)
        return;
    g_free(writer->application);
    descriptor_writer_free(writer->output);
    g_byte_array_unref(writer->buffer);
    pcapng_interfaces_free(writer->interfaces);
    g_tree_unref(writer->described);
    unwritten_free(writer->unwritten);
    g_ptr_array_unref(writer->filters);
    g_string_free(writer->line, TRUE);
    g_string_free(writer->comment, TRUE);
    for (int i = 0; i < BATCH_COUNT; i++) {
        g_byte_array_unref(writer->waiting[i].records);
        g_string_free(writer->waiting[i].line, TRUE);
    }
    journey_encoder_free(writer->encoder);
    g_free(writer);
}

bool pcapng_writer_closed(const struct pcapng_writer *writer)
{
    return writer->closed;
}

static struct pcapng_interface *add_interface(struct pcapng_writer *writer, uint32_t id,
                                              uint16_t link_type, const char *name)
{
    const struct pktmon_component *component = pktmon_registry_find(writer->registry, id);
    struct pcapng_interface_block description = {
        .link_type = link_type,
        .snaplen = writer->options.snaplen,
        .name = name,
    };

    if (component) {
        description.description = component->description;
        description.mac = component->has_mac ? component->mac : NULL;
        description.speed = component->speed;
    }
    pcapng_put_interface(writer->buffer, &description);
    return pcapng_interfaces_add(writer->interfaces, id, link_type, description.name);
}

struct pcapng_interface *pcapng_writer_get_interface(struct pcapng_writer *writer, uint64_t time,
                                                     uint32_t component, uint16_t link_type,
                                                     const char *name)
{
    struct pcapng_interface *interface =
        pcapng_interfaces_find(writer->interfaces, component, link_type);
    char text[PCAPNG_WRITER_NAME_SIZE];

    if (interface)
        return interface;
    if (!name)
        name = pcapng_writer_component_name(writer, component, text);
    interface = pcapng_interfaces_resume(writer->interfaces, component, link_type, name);
    if (interface)
        return interface;
    pcapng_writer_introduce(writer, time, component);
    return add_interface(writer, component, link_type, name);
}

/* Bytes of packet data that fit into the block, with TRUNCATED in its record. */
static uint32_t data_room(const struct pcapng_writer *writer,
                          const struct pcapng_packet_block *packet)
{
    size_t room = PKTMON_MAX_BLOCK_SIZE - pcapng_packet_overhead(packet) - TRUNCATED_SIZE;

    return MIN(room, writer->options.snaplen);
}

bool pcapng_writer_takes_link_type(const struct pcapng_writer *writer, uint16_t link_type,
                                   GError **error)
{
    if (!writer->options.live || link_type == PKTMON_LINKTYPE_ETHERNET)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "A live capture holds Ethernet frames only, but a packet has link type %u; "
                "please report this.",
                link_type);
    return false;
}

static bool write_packet(struct pcapng_writer *writer, const struct pktmon_event *event,
                         GError **error)
{
    const struct pktmon_packet *packet = &event->packet;
    struct pktmon_metadata_writer record;
    struct pcapng_interface *interface;
    char comment[PKTMON_COMMENT_SIZE];
    char name[PCAPNG_WRITER_NAME_SIZE];

    if (!pcapng_writer_takes_link_type(writer, packet->link_type, error))
        return false;
    interface =
        pcapng_writer_get_interface(writer, event->time, event->component, packet->link_type, NULL);
    record = pcapng_writer_begin_metadata(writer, PKTMON_RECORD_PACKET);
    record.size -= TRUNCATED_SIZE; /* reserve room for TRUNCATED, which must fit */
    pcapng_record_put_packet(&record, event);
    record.size += TRUNCATED_SIZE;

    struct pcapng_packet_block block = {
        .interface = interface->number,
        .time = event->time,
        .data = packet->data,
        .origlen = MAX(packet->origlen, packet->caplen),
        .comment =
            packet->dropped
                ? pcapng_drop_comment(
                      comment, pcapng_writer_component_name(writer, event->component, name), packet)
                : NULL,
        .user_comment = packet->comment,
        .flags = pcapng_direction_flags(packet),
        .dropcount = packet->lost,
        .has_packet_id = true,
        .packet_id = packet->group,
        .has_queue = packet->queue >= 0,
        .queue = packet->queue,
        .metadata = record.data,
        .metadata_size = record.length,
    };
    block.caplen = MIN(packet->caplen, data_room(writer, &block));
    if (block.caplen < block.origlen) {
        pktmon_metadata_put(&record, PKTMON_FIELD_TRUNCATED, true);
        block.metadata_size = record.length;
    }
    pcapng_writer_put_descriptions(writer);
    pcapng_put_packet(writer->buffer, &block);

    writer->newest = event->time;
    interface->received++;
    pcapng_interfaces_report_loss(writer->interfaces, interface, event->component, packet->lost);
    return true;
}

static bool write_counters(struct pcapng_writer *writer, const struct pktmon_event *event,
                           G_GNUC_UNUSED GError **error)
{
    struct pktmon_metadata_writer record;
    char text[PCAPNG_WRITER_NAME_SIZE];

    if (writer->options.matches_only && !event->counters.last &&
        !pcapng_writer_has_described(writer, event->component)) {
        unwritten_note(writer->unwritten, event->component, &event->counters);
        return true;
    }
    pcapng_writer_introduce(writer, event->time, event->component);
    pcapng_interfaces_count_loss(writer->interfaces, event->component, event->counters.edge,
                                 event->counters.lost);
    record = pcapng_writer_begin_metadata(writer, PKTMON_RECORD_COUNTERS);
    pcapng_record_put_counters(&record, event);
    g_string_truncate(writer->line, 0);
    pcapng_line_put_counters(writer->line,
                             pcapng_writer_component_name(writer, event->component, text), event);
    pcapng_writer_gather(writer, BATCH_COUNTERS, event->time, &record);
    return true;
}

static struct pktmon_metadata_writer make_notice(struct pcapng_writer *writer,
                                                 const struct pktmon_event *event)
{
    struct pktmon_metadata_writer record =
        pcapng_writer_begin_metadata(writer, PKTMON_RECORD_EVENT);
    char text[PCAPNG_WRITER_NAME_SIZE];

    pcapng_record_put_notice(&record, event);
    g_string_truncate(writer->line, 0);
    pcapng_line_put_notice(writer->line,
                           pcapng_writer_component_name(writer, event->component, text), event);
    return record;
}

static bool write_notice(struct pcapng_writer *writer, const struct pktmon_event *event,
                         G_GNUC_UNUSED GError **error)
{
    /* The end of a device without records is not reported. */
    if (event->notice.id == PKTMON_NOTICE_DEVICE_GONE &&
        !pcapng_writer_has_described(writer, event->component) &&
        g_strcmp0(event->notice.provider, "pktmon") == 0)
        return true;
    if (event->component != 0)
        pcapng_writer_introduce(writer, event->time, event->component);
    pcapng_writer_put_descriptions(writer);

    struct pktmon_metadata_writer record = make_notice(writer, event);

    pcapng_writer_put_frame(writer, event->time, &record);
    return true;
}

static bool write_component(struct pcapng_writer *writer, const struct pktmon_event *event,
                            G_GNUC_UNUSED GError **error)
{
    char text[PCAPNG_WRITER_NAME_SIZE];

    if (writer->options.live && !pcapng_writer_has_described(writer, event->component))
        return true; /* it is described before its first record */
    g_tree_insert(writer->described, GUINT_TO_POINTER(event->component),
                  g_new0(struct pcapng_writer_described, 1));
    pcapng_writer_describe_component(writer, event->time, event->component);
    pcapng_interfaces_rename(writer->interfaces, event->component,
                             pcapng_writer_component_name(writer, event->component, text));
    return true;
}

static bool write_retired(struct pcapng_writer *writer, const struct pktmon_event *event,
                          G_GNUC_UNUSED GError **error)
{
    if (g_tree_remove(writer->described, GUINT_TO_POINTER(event->component)))
        pcapng_interfaces_retire(writer->interfaces, writer->buffer, event->component,
                                 writer->start_time, event->time);
    unwritten_close(writer->unwritten, event->component);
    return true;
}

static void keep_filter(struct pcapng_writer *writer,
                        const struct pktmon_filter_description *description)
{
    struct pcapng_writer_filter *filter = NULL;

    for (guint i = 0; i < writer->filters->len && !filter; i++) {
        struct pcapng_writer_filter *kept = g_ptr_array_index(writer->filters, i);

        filter = kept->id == description->id ? kept : NULL;
    }
    if (!filter) {
        filter = g_new0(struct pcapng_writer_filter, 1);
        filter->id = description->id;
        g_ptr_array_add(writer->filters, filter);
    }
    pktmon_component_set(&filter->name, description->name);
    pktmon_component_set(&filter->text, description->text);
}

static bool write_filter(struct pcapng_writer *writer, const struct pktmon_event *event,
                         G_GNUC_UNUSED GError **error)
{
    keep_filter(writer, &event->filter);
    pcapng_writer_describe_filter(writer, event->time, &event->filter);
    return true;
}

static bool write_capture(struct pcapng_writer *writer, const struct pktmon_event *event,
                          G_GNUC_UNUSED GError **error)
{
    pcapng_writer_describe_capture(writer, event->time);
    return true;
}

/* If the reader of a pipe has gone, that is a normal end, noted in writer->closed. */
static bool put_buffer(struct pcapng_writer *writer, GError **error)
{
    writer->size += writer->buffer->len;
    bool ok = descriptor_writer_put(writer->output, &writer->buffer, error);

    writer->closed = !ok && descriptor_writer_closed(writer->output);
    return ok;
}

bool pcapng_writer_write(struct pcapng_writer *writer, const struct pktmon_event *event,
                         GError **error)
{
    typedef bool (*event_writer)(struct pcapng_writer *, const struct pktmon_event *, GError **);
    static const event_writer writers[] = {
        [PKTMON_RECORD_PACKET] = write_packet,
        [PKTMON_RECORD_COMPONENT] = write_component,
        [PKTMON_RECORD_COUNTERS] = write_counters,
        [PKTMON_RECORD_FILTER] = write_filter,
        [PKTMON_RECORD_CAPTURE] = write_capture,
        [PKTMON_RECORD_EVENT] = write_notice,
        [PKTMON_RECORD_RETIRED] = write_retired,
        [PKTMON_RECORD_JOURNEY] = pcapng_writer_write_journey,
    };

    g_return_val_if_fail(event->record < G_N_ELEMENTS(writers) && writers[event->record], false);
    if (writer->closed)
        return false;
    pcapng_writer_make_way(writer, event);
    if (!writers[event->record](writer, event, error))
        return false;
    return writer->buffer->len < PCAPNG_WRITER_FLUSH_SIZE || put_buffer(writer, error);
}

bool pcapng_writer_repeat_descriptions(struct pcapng_writer *writer, uint64_t time, GError **error)
{
    if (writer->closed)
        return false;
    pcapng_writer_describe_again(writer, time);
    return writer->buffer->len < PCAPNG_WRITER_FLUSH_SIZE || put_buffer(writer, error);
}

/* Custom Blocks have no time, and Wireshark counts time from the first record: so a record with a
 * time comes first. */
static void write_beginning(struct pcapng_writer *writer, uint64_t time, const char *message)
{
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = time,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_BEGAN,
                   .level = PKTMON_LEVEL_INFORMATION,
                   .message = message},
    };
    struct pktmon_metadata_writer record = make_notice(writer, &event);

    if (writer->options.carrier == PKTMON_CARRIER_FRAMES)
        pcapng_writer_gather(writer, BATCH_BEGINNING, time, &record);
    else
        pcapng_writer_put_frame(writer, time, &record);
}

/* A live capture is of this machine, and its header is written before more is known. */
static void put_section(struct pcapng_writer *writer)
{
    const struct pktmon_capture_info *capture = writer->capture;
    struct utsname machine = {0};
    bool here = writer->options.live && uname(&machine) == 0;
    const char *system = here ? machine.sysname : capture->os;
    g_autofree char *os =
        g_strjoin(" ", system ? system : "", here ? machine.release : capture->release, NULL);
    const struct pcapng_section_block section = {
        /* a converted log does not say on which machine it was made */
        .hardware = here ? machine.machine : NULL,
        .os = g_strstrip(os),
        .application = writer->application,
    };

    pcapng_put_section(writer->buffer, &section);
}

static void put_header(struct pcapng_writer *writer)
{
    const struct pcapng_interface_block interface = {
        .link_type = PKTMON_LINKTYPE_ETHERNET,
        .snaplen = writer->options.snaplen,
        .name = PKTMON_METADATA_INTERFACE,
        .description = "Packet Monitor: descriptions, counters and events",
    };

    writer->opened = true;
    put_section(writer);
    if (!writer->options.packets_only) {
        pcapng_put_interface(writer->buffer, &interface);
        writer->own = pcapng_interfaces_add(writer->interfaces, 0, NO_LINK_TYPE, interface.name);
    }
}

bool pcapng_writer_open(struct pcapng_writer *writer, GError **error)
{
    put_header(writer);
    return pcapng_writer_flush(writer, error);
}

void pcapng_writer_declare(struct pcapng_writer *writer, uint32_t component, uint16_t link_type,
                           const char *name)
{
    char text[PCAPNG_WRITER_NAME_SIZE];

    if (!writer->opened)
        put_header(writer);
    if (!name)
        name = pcapng_writer_component_name(writer, component, text);
    pcapng_interfaces_rename(writer->interfaces, component, name);
    if (!pcapng_interfaces_find(writer->interfaces, component, link_type) &&
        !pcapng_interfaces_resume(writer->interfaces, component, link_type, name))
        add_interface(writer, component, link_type, name);
}

static bool flush_buffer(struct pcapng_writer *writer, GError **error)
{
    bool ok;

    if (writer->closed)
        return false;
    ok = put_buffer(writer, error) && descriptor_writer_finish(writer->output, error);
    writer->closed = !ok && descriptor_writer_closed(writer->output);
    return ok;
}

static bool begin_section(struct pcapng_writer *writer, uint64_t time, const char *message,
                          GError **error)
{
    if (writer->closed)
        return false;
    if (!writer->opened)
        put_header(writer);
    writer->start_time = time;
    write_beginning(writer, time, message);
    pcapng_writer_describe_capture(writer, time);
    return flush_buffer(writer, error);
}

bool pcapng_writer_begin(struct pcapng_writer *writer, uint64_t time, GError **error)
{
    return begin_section(writer, time, "The capture began.", error);
}

bool pcapng_writer_flush(struct pcapng_writer *writer, GError **error)
{
    pcapng_writer_put_batches(writer);
    return flush_buffer(writer, error);
}

/* One sentence, however many components have gone. */
static void write_gone(struct pcapng_writer *writer, uint64_t time)
{
    g_autofree char *message = unwritten_sentence(writer->unwritten);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = time,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_UNWRITTEN,
                   .level = PKTMON_LEVEL_INFORMATION,
                   .message = message},
    };

    if (message)
        write_notice(writer, &event, NULL);
}

bool pcapng_writer_end(struct pcapng_writer *writer, uint64_t time, GError **error)
{
    if (writer->closed)
        return false;
    write_gone(writer, time);
    pcapng_writer_put_batches(writer);
    pcapng_interfaces_put_statistics(writer->interfaces, writer->buffer, writer->start_time, time);
    return pcapng_writer_flush(writer, error);
}

bool pcapng_writer_continue(struct pcapng_writer *writer, int fd, uint64_t time, GError **error)
{
    if (!pcapng_writer_end(writer, time, error))
        return false;
    descriptor_writer_free(writer->output);
    writer->output = descriptor_writer_new(fd, !writer->options.live);
    writer->size = 0;
    writer->opened = false;
    writer->newest = 0;
    g_tree_remove_all(writer->described);
    pcapng_interfaces_next_section(writer->interfaces);
    if (!begin_section(writer, time, "The capture continues from the previous file.", error))
        return false;
    pcapng_writer_describe_filters(writer, time);
    return pcapng_writer_flush(writer, error);
}

uint64_t pcapng_writer_written(struct pcapng_writer *writer)
{
    return descriptor_writer_written(writer->output);
}

uint64_t pcapng_writer_size(const struct pcapng_writer *writer)
{
    uint64_t size = writer->size + writer->buffer->len;

    for (int i = 0; i < BATCH_COUNT; i++)
        size += writer->waiting[i].records->len;
    return size;
}
