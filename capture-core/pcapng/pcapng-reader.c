/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcapng-reader.h"

#include <string.h>

#include "block-reader.h"
#include "event-metadata.h"
#include "metadata-event.h"
#include "model/journey-decode.h"
#include "pcapng-blocks.h"
#include "pktmon/journey.h"

#define MAX_CAPTURES   64
#define MAX_FILTERS    256                 /* of a capture, whose descriptions are compared */
#define MAX_DESCRIBED  (128 * 1024 * 1024) /* bytes of all descriptions of components */
#define COMPONENT_COST 512                 /* bytes of a description, beside its texts */
#define MAX_HOP_BYTES  (16 * 1024 * 1024)  /* of all hops of a journey */
#define MAX_HOP_CAPLEN PKTMON_MAX_BLOCK_SIZE
#define MAX_PIECES     JOURNEY_MAX_RECORD /* of a journey: each takes a byte at least */

struct known_filter {
    uint16_t id;
    char *name, *text;
};

struct pcapng_reader {
    struct block_reader *blocks; /* NULL: no file is open */
    struct read_block block;     /* of the newest event */
    bool has_more;               /* the block may have more records */
    struct pcapng_reader_counts counts;
    GPtrArray *captures; /* of struct pcapng_capture, owned */
    struct pcapng_capture *newest;
    size_t described; /* bytes */
    uint64_t time;    /* of the newest event */

    struct pktmon_event event;
    struct metadata_memory memory;
    struct journey_decoder decoder;
    struct pktmon_journey journey;
    struct pktmon_hop hops[PKTMON_JOURNEY_MAX_HOPS];
    struct journey_decoded_hop *decoded; /* of as many hops */
    uint8_t *hop_bytes;                  /* MAX_HOP_BYTES; touched where they are needed */
    size_t hop_bytes_used;
    GString *own_comment, *user_comment;
    struct pktmon_piece *pieces; /* MAX_PIECES, likewise */
    size_t pieces_used;
};

/* --- captures --- */

static void filter_free(void *data)
{
    struct known_filter *filter = data;

    g_free(filter->name);
    g_free(filter->text);
    g_free(filter);
}

static struct pcapng_capture *capture_new(uint64_t id)
{
    struct pcapng_capture *capture = g_new0(struct pcapng_capture, 1);

    capture->info = pktmon_capture_info_new();
    capture->info->id = id;
    capture->registry = pktmon_registry_new();
    capture->filters = g_ptr_array_new_with_free_func(filter_free);
    return capture;
}

static void capture_free(void *data)
{
    struct pcapng_capture *capture = data;

    pktmon_capture_info_free(capture->info);
    pktmon_registry_free(capture->registry);
    g_ptr_array_unref(capture->filters);
    g_free(capture);
}

/* NULL: there are too many. */
static struct pcapng_capture *get_capture(struct pcapng_reader *reader, uint64_t id)
{
    if (reader->newest && reader->newest->info->id == id)
        return reader->newest;
    for (guint i = 0; i < reader->captures->len; i++) {
        struct pcapng_capture *capture = g_ptr_array_index(reader->captures, i);

        if (capture->info->id == id)
            return reader->newest = capture;
    }
    if (reader->captures->len == MAX_CAPTURES)
        return NULL;
    reader->newest = capture_new(id);
    g_ptr_array_add(reader->captures, reader->newest);
    return reader->newest;
}

/* --- its life --- */

struct pcapng_reader *pcapng_reader_new(void)
{
    struct pcapng_reader *reader = g_new0(struct pcapng_reader, 1);

    reader->captures = g_ptr_array_new_with_free_func(capture_free);
    reader->decoded = g_new(struct journey_decoded_hop, PKTMON_JOURNEY_MAX_HOPS);
    reader->hop_bytes = g_malloc(MAX_HOP_BYTES);
    reader->own_comment = g_string_new(NULL);
    reader->user_comment = g_string_new(NULL);
    reader->pieces = g_new(struct pktmon_piece, MAX_PIECES);
    return reader;
}

void pcapng_reader_free(struct pcapng_reader *reader)
{
    if (!reader)
        return;
    block_reader_free(reader->blocks);
    g_ptr_array_unref(reader->captures);
    g_free(reader->decoded);
    g_free(reader->hop_bytes);
    g_string_free(reader->own_comment, TRUE);
    g_string_free(reader->user_comment, TRUE);
    g_free(reader->pieces);
    g_free(reader);
}

void pcapng_reader_open(struct pcapng_reader *reader, int fd)
{
    block_reader_free(reader->blocks);
    reader->blocks = block_reader_new(fd);
    reader->has_more = false;
}

struct pcapng_reader_counts pcapng_reader_counts(const struct pcapng_reader *reader)
{
    return reader->counts;
}

uint64_t pcapng_reader_offset(const struct pcapng_reader *reader)
{
    return reader->blocks ? block_reader_offset(reader->blocks) : 0;
}

/* --- descriptions --- */

static bool describe_component(struct pcapng_reader *reader, struct pcapng_capture *capture,
                               struct pktmon_metadata_reader *record)
{
    uint32_t id = (uint32_t)pcapng_record_number(record, PKTMON_FIELD_COMPONENT);
    bool is_new = !pktmon_registry_find(capture->registry, id);

    if (id == 0)
        return false;
    if (reader->described + record->size + COMPONENT_COST > MAX_DESCRIBED) {
        reader->counts.unread_components++;
        return false;
    }
    bool changed = pcapng_record_get_component(record, pktmon_registry_get(capture->registry, id));
    reader->event.record = PKTMON_RECORD_COMPONENT;
    reader->event.component = id;
    if (is_new || changed)
        reader->described += record->size + COMPONENT_COST;
    return is_new || changed;
}

static bool describe_capture(struct pcapng_reader *reader, struct pcapng_capture *capture,
                             struct pktmon_metadata_reader *record)
{
    reader->event.record = PKTMON_RECORD_CAPTURE;
    return pcapng_record_get_capture(record, capture->info);
}

static bool set_text(char **to, const char *text)
{
    if (g_strcmp0(*to, text) == 0)
        return false;
    g_free(*to);
    *to = g_strdup(text);
    return true;
}

/* Whether it is another one than before. */
static bool is_new_filter(struct pcapng_capture *capture,
                          const struct pktmon_filter_description *filter)
{
    for (guint i = 0; i < capture->filters->len; i++) {
        struct known_filter *known = g_ptr_array_index(capture->filters, i);

        if (known->id == filter->id) {
            bool has_name = set_text(&known->name, filter->name);

            return set_text(&known->text, filter->text) || has_name;
        }
    }
    if (capture->filters->len < MAX_FILTERS) {
        struct known_filter *known = g_new0(struct known_filter, 1);

        known->id = filter->id;
        known->name = g_strdup(filter->name);
        known->text = g_strdup(filter->text);
        g_ptr_array_add(capture->filters, known);
    }
    return true;
}

/* --- packets --- */

/* The flags say more than the direction if they differ from it. */
static uint8_t traffic_of(const struct pktmon_packet *packet, uint32_t flags)
{
    static const uint8_t of_flags[] = {
        [0] = PKTMON_TRAFFIC_THROUGH,
        [PKTMON_PCAPNG_INBOUND] = PKTMON_TRAFFIC_INBOUND,
        [PKTMON_PCAPNG_OUTBOUND] = PKTMON_TRAFFIC_OUTBOUND,
    };

    flags &= PKTMON_PCAPNG_INBOUND | PKTMON_PCAPNG_OUTBOUND;
    if (flags >= G_N_ELEMENTS(of_flags) || pcapng_direction_flags(packet) == flags)
        return PKTMON_TRAFFIC_AS_DIRECTION;
    return of_flags[flags];
}

static void set_packet(struct pktmon_packet *packet, const struct read_block *block)
{
    packet->link_type = block->interface->link_type;
    packet->data = block->data;
    packet->caplen = block->caplen;
    packet->origlen = block->origlen;
    packet->queue = block->has_queue ? (int32_t)block->queue : -1;
    packet->traffic = traffic_of(packet, block->flags);
}

/* What the interface's block has of the component beside its description. */
static void complete_component(struct pcapng_capture *capture, uint32_t id,
                               const struct block_interface *interface)
{
    if (interface->speed == 0 && !interface->has_mac)
        return;
    struct pktmon_component *component =
        (struct pktmon_component *)pktmon_registry_find(capture->registry, id);

    if (!component)
        return;
    if (component->speed == 0)
        component->speed = interface->speed;
    if (!component->has_mac && interface->has_mac) {
        component->has_mac = true;
        memcpy(component->mac, interface->mac, sizeof(component->mac));
    }
}

/* The writer names an interface after the component's number if it has no name. */
static const char *name_of(const struct block_interface *interface, uint32_t component)
{
    char numbered[sizeof("component 4294967295")];

    if (!interface->name || !g_str_has_prefix(interface->name, "component "))
        return interface->name;
    g_snprintf(numbered, sizeof(numbered), "component %u", component);
    return strcmp(interface->name, numbered) == 0 ? NULL : interface->name;
}

/* --- comments --- */

/* What users wrote at a frame: all comments but the writer's own. NULL: nothing. */
static const char *user_comment(struct pcapng_reader *reader, const struct read_block *block,
                                const char *own)
{
    size_t own_size = own ? strlen(own) : 0, size;
    const uint8_t *at = NULL;
    const char *text;

    g_string_truncate(reader->user_comment, 0);
    while (block_reader_next_comment(reader->blocks, block, &at, &text, &size)) {
        if (size == 0 || (own && size == own_size && memcmp(text, own, size) == 0))
            continue;
        if (reader->user_comment->len > 0)
            g_string_append_c(reader->user_comment, '\n');
        g_string_append_len(reader->user_comment, text, (gssize)size);
    }
    return reader->user_comment->len > 0 ? reader->user_comment->str : NULL;
}

static void add_drop(struct pcapng_drops *drops, const struct pktmon_event *event, const char *name,
                     uint32_t count)
{
    char numbered[sizeof("component 4294967295")];

    g_snprintf(numbered, sizeof(numbered), "component %u", event->component);
    pcapng_drops_add(drops, name ? name : numbered, &event->packet, count);
}

static void read_packet_comment(struct pcapng_reader *reader, const struct read_block *block)
{
    struct pcapng_drops drops = {.text = g_string_truncate(reader->own_comment, 0)};

    add_drop(&drops, &reader->event, block->interface->name, 1);
    reader->event.packet.comment = user_comment(reader, block, pcapng_drops_end(&drops));
}

/* That of a frame is the first observation's. */
static void read_journey_comment(struct pcapng_reader *reader, const struct read_block *block)
{
    struct pcapng_drops drops = {.text = g_string_truncate(reader->own_comment, 0)};

    for (size_t i = 0; i < reader->journey.hop_count; i++)
        add_drop(&drops, reader->hops[i].event, reader->hops[i].name, reader->hops[i].count);
    reader->decoded[0].event.packet.comment = user_comment(reader, block, pcapng_drops_end(&drops));
}

/* --- journeys --- */

static bool find_journey(const struct pktmon_metadata_reader *record,
                         struct pktmon_metadata_field *field)
{
    struct pktmon_metadata_reader reader = *record;

    while (pktmon_metadata_next(&reader, field))
        if (field->type == PKTMON_FIELD_JOURNEY)
            return true;
    return false;
}

static void read_bytes(struct pcapng_reader *reader, struct journey_decoded_hop *hop)
{
    struct pktmon_packet *packet = &hop->event.packet;
    uint8_t *memory = reader->hop_bytes + reader->hop_bytes_used;

    journey_decode_bytes(&reader->decoder, hop, memory,
                         MIN(MAX_HOP_BYTES - reader->hop_bytes_used, MAX_HOP_CAPLEN));
    packet->origlen = MAX(packet->origlen, packet->caplen);
    if (packet->data == memory)
        reader->hop_bytes_used += packet->caplen;
}

static void add_piece(struct pcapng_reader *reader, const struct pktmon_event *event)
{
    reader->pieces[reader->pieces_used++] = (struct pktmon_piece){
        .time = event->time,
        .appearance = event->packet.appearance,
        .caplen = event->packet.caplen,
        .origlen = event->packet.origlen,
        .data = event->packet.data,
        .number = event->packet.packet_number,
    };
}

/* What is known of a run is its count; if its observations are not known, the count remains. */
static void read_pieces(struct pcapng_reader *reader, struct journey_decoded_hop *run)
{
    struct pktmon_piece *pieces = reader->pieces + reader->pieces_used;
    struct journey_decoded_hop piece;
    uint32_t count = 1;

    if (reader->pieces_used == MAX_PIECES)
        return;
    add_piece(reader, &run->event);
    while (count < run->hop.count && reader->pieces_used < MAX_PIECES &&
           journey_decode_piece(&reader->decoder, run, &piece)) {
        read_bytes(reader, &piece);
        add_piece(reader, &piece.event);
        count++;
    }
    reader->counts.unread_pieces += run->hop.count - count;
    if (count == 1)
        return;
    run->hop.pieces = pieces;
    run->hop.count = count;
}

static void read_hops(struct pcapng_reader *reader)
{
    struct pktmon_journey *journey = &reader->journey;

    reader->hop_bytes_used = reader->pieces_used = 0;
    journey->hop_count = 0;
    while (journey->hop_count < PKTMON_JOURNEY_MAX_HOPS &&
           journey_decode_next(&reader->decoder, &reader->decoded[journey->hop_count])) {
        struct journey_decoded_hop *hop = &reader->decoded[journey->hop_count];

        read_bytes(reader, hop);
        if (hop->hop.count > 1)
            read_pieces(reader, hop);
        reader->hops[journey->hop_count++] = hop->hop;
    }
    journey->hops = reader->hops;
}

static bool read_journey(struct pcapng_reader *reader, const struct pktmon_metadata_reader *record,
                         const struct read_block *block)
{
    const struct journey_frame frame = {block->time, block->data, block->caplen};
    struct pktmon_metadata_field field;

    if (!find_journey(record, &field) ||
        !journey_decode_open(&reader->decoder, field.value, field.length, &frame)) {
        reader->counts.damaged_records++;
        return false;
    }
    reader->journey = reader->decoder.journey;
    read_hops(reader);
    reader->counts.damaged_records += reader->decoder.malformed;
    reader->counts.cut_frames += reader->decoder.cut || reader->decoder.foreign;
    if (reader->journey.hop_count == 0)
        return false;
    read_journey_comment(reader, block);
    reader->event.record = PKTMON_RECORD_JOURNEY;
    reader->event.component = reader->hops[0].event->component;
    reader->event.journey = &reader->journey;
    return true;
}

/* --- records --- */

/* Whether the record is an event. */
static bool read_event(struct pcapng_reader *reader, struct pcapng_capture *capture,
                       struct pktmon_metadata_reader *record, const struct read_block *block,
                       struct pcapng_item *item)
{
    struct pktmon_event *event = &reader->event;
    bool is_frame = block->kind == BLOCK_KIND_PACKET;

    if (record->record == PKTMON_RECORD_COMPONENT)
        return describe_component(reader, capture, record);
    if (record->record == PKTMON_RECORD_CAPTURE)
        return describe_capture(reader, capture, record);
    if (record->record == PKTMON_RECORD_JOURNEY && is_frame)
        return read_journey(reader, record, block);
    if ((record->record == PKTMON_RECORD_PACKET && !is_frame) ||
        !pcapng_record_get_event(record, &reader->memory, event)) {
        reader->counts.unknown_records++;
        return false;
    }
    if (event->record == PKTMON_RECORD_FILTER)
        return is_new_filter(capture, &event->filter);
    if (event->record == PKTMON_RECORD_PACKET) {
        set_packet(&event->packet, block);
        item->name = name_of(block->interface, event->component);
        read_packet_comment(reader, block);
    }
    return true;
}

static bool read_record(struct pcapng_reader *reader, const struct read_block *block,
                        struct pcapng_item *item)
{
    struct pktmon_metadata_reader record;

    if (!pktmon_metadata_open(&record, block->record, block->record_size))
        return false;
    struct pcapng_capture *capture =
        get_capture(reader, pcapng_record_number(&record, PKTMON_FIELD_CAPTURE_ID));
    if (!capture) {
        reader->counts.unread_captures++;
        return false;
    }
    if (block->kind == BLOCK_KIND_PACKET)
        reader->time = block->time;
    reader->event = (struct pktmon_event){.time = reader->time};
    *item = (struct pcapng_item){.event = &reader->event, .capture = capture};
    bool is_event = read_event(reader, capture, &record, block, item);
    if (is_event && (reader->event.record == PKTMON_RECORD_PACKET ||
                     reader->event.record == PKTMON_RECORD_JOURNEY))
        complete_component(capture, reader->event.component, block->interface);
    reader->counts.damaged_records += record.malformed;
    reader->counts.events += is_event;
    return is_event;
}

/* A frame of ours may have several records. A packet has one. */
static bool may_have_more(const struct read_block *block)
{
    struct pktmon_metadata_reader record;

    return block->record && block->kind == BLOCK_KIND_PACKET &&
           pktmon_metadata_open(&record, block->record, block->record_size) &&
           record.record != PKTMON_RECORD_PACKET && record.record != PKTMON_RECORD_JOURNEY;
}

/* The next record of the same block. */
static bool read_more(struct pcapng_reader *reader, struct pcapng_item *item)
{
    while (reader->has_more) {
        reader->has_more = block_reader_next_record(reader->blocks, &reader->block);
        if (reader->has_more && read_record(reader, &reader->block, item))
            return true;
    }
    return false;
}

static void count_foreign(struct pcapng_reader *reader, const struct read_block *block)
{
    bool is_packet = block->kind == BLOCK_KIND_PACKET || block->kind == BLOCK_KIND_OTHER_PACKET;

    reader->counts.foreign_packets += is_packet && !block->record;
    reader->counts.foreign_blocks += block->kind == BLOCK_KIND_OTHER;
}

bool pcapng_reader_next(struct pcapng_reader *reader, struct pcapng_item *item, GError **error)
{
    struct read_block *block = &reader->block;

    if (read_more(reader, item))
        return true;
    while (block_reader_next(reader->blocks, block, error)) {
        reader->has_more = may_have_more(block);
        if (block->record && read_record(reader, block, item))
            return true;
        count_foreign(reader, block);
        if (read_more(reader, item))
            return true;
    }
    return false;
}
