/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame-hops.h"

#include <glib.h>
#include <string.h>

#include <epan/charsets.h>

#include "compat.h"
#include "model/edges.h"
#include "model/journey-decode.h"

/* Bytes of hops that are made for one frame, and of each hop beyond that. */
#define MAX_MADE_BYTES (1 << 20)
#define FEWEST_BYTES   256

#define NUMBER(FIELD, member, presence)                                                            \
    {                                                                                              \
        PKTMON_FIELD_##FIELD, HOP_FIELD_##presence, offsetof(struct pktmon_packet, member),        \
            sizeof(((struct pktmon_packet *)NULL)->member)                                         \
    }
#define TEXT(FIELD, member)                                                                        \
    {                                                                                              \
        PKTMON_FIELD_##FIELD, HOP_FIELD_IF_SET, offsetof(struct pktmon_packet, member), 0          \
    }

const struct hop_field hop_fields[] = {
    NUMBER(COPY, copy, DENSE),
    NUMBER(COPY_OF, copy_of, IF_SET),
    NUMBER(APPEARANCE, appearance, IF_SET),
    NUMBER(PACKET_NUMBER, packet_number, IF_KNOWN),
    NUMBER(LINKED, linked, IF_OTHER),
    NUMBER(END, end, IF_SET),
    NUMBER(DROPPED, dropped, IF_SET),
    NUMBER(COPY_RELEASED, copy_released, IF_SET),
    TEXT(DROP_REASON, drop_reason),
    NUMBER(DROP_CODE, drop_code, IF_KNOWN),
    TEXT(DROP_LOCATION, drop_location),
    NUMBER(DROP_LOCATION_CODE, drop_location_code, IF_SET),
    NUMBER(PACKET_TYPE, packet_type, IF_OTHER),
    NUMBER(FILTER_ID, filter_id, IF_KNOWN),
    NUMBER(GSO_SIZE, gso_size, IF_SET),
    NUMBER(GSO_SEGS, gso_segs, IF_SET),
    NUMBER(L2_SYNTHESISED, l2_synthesised, IF_SET),
    NUMBER(INCOMPLETE, incomplete, IF_SET),
    NUMBER(LOST, lost, IF_SET),
    NUMBER(CPU, cpu, IF_KNOWN),
    NUMBER(PID, pid, IF_SET),
    TEXT(COMM, comm),
    TEXT(CGROUP, cgroup),
    TEXT(NETNS, netns),
};
const size_t hop_field_count = G_N_ELEMENTS(hop_fields);

/* --- the members --- */

uint64_t hop_field_number(const struct hop_field *field, const struct frame_hop *hop)
{
    const void *member = (const uint8_t *)&hop->event.packet + field->offset;

    switch (field->size) {
    case sizeof(uint8_t):
        return *(const uint8_t *)member;
    case sizeof(uint16_t):
        return *(const uint16_t *)member;
    case sizeof(uint32_t):
        return *(const uint32_t *)member;
    default:
        return *(const uint64_t *)member;
    }
}

const char *hop_field_text(const struct hop_field *field, const struct frame_hop *hop)
{
    return *(const char *const *)((const uint8_t *)&hop->event.packet + field->offset);
}

static void set_number(const struct hop_field *field, struct pktmon_packet *packet, uint64_t number)
{
    void *member = (uint8_t *)packet + field->offset;

    if (pktmon_field_kind(field->field) == PKTMON_KIND_FLAG)
        *(bool *)member = number != 0;
    else if (field->size == sizeof(uint8_t))
        *(uint8_t *)member = (uint8_t)number;
    else if (field->size == sizeof(uint16_t))
        *(uint16_t *)member = (uint16_t)number;
    else if (field->size == sizeof(uint32_t))
        *(uint32_t *)member = (uint32_t)number;
    else
        *(uint64_t *)member = number;
}

static void set_text(const struct hop_field *field, struct pktmon_packet *packet, const char *text)
{
    *(const char **)((uint8_t *)packet + field->offset) = text;
}

static bool is_known(enum pktmon_field field, const struct pktmon_packet *packet)
{
    switch (field) {
    case PKTMON_FIELD_PACKET_NUMBER:
        return packet->packet_number != 0 || packet->has_packet_number;
    case PKTMON_FIELD_FILTER_ID:
        return packet->filter_id != 0 || packet->has_filter_id;
    case PKTMON_FIELD_DROP_CODE:
        return packet->drop_code != 0 || packet->dropped || packet->copy_released;
    default: /* PKTMON_FIELD_CPU */
        return packet->cpu >= 0;
    }
}

bool hop_field_is_shown(const struct hop_field *field, const struct frame_hops *hops, size_t hop)
{
    const struct frame_hop *shown = &hops->hops[hop];
    bool is_set = field->size == 0 ? hop_field_text(field, shown) != NULL
                                   : hop_field_number(field, shown) != 0;

    switch (field->presence) {
    case HOP_FIELD_DENSE:
        return is_set || hops->view == PKTMON_VIEW_PACKETS;
    case HOP_FIELD_IF_KNOWN:
        return is_known(field->field, &shown->event.packet);
    case HOP_FIELD_IF_OTHER:
        return is_set &&
               (hop == 0 || hop_field_number(field, shown - 1) != hop_field_number(field, shown));
    case HOP_FIELD_IF_SET:
        break;
    }
    return is_set;
}

/* --- the appearances view --- */

static void set_member(const struct hop_field *field, struct pktmon_packet *packet,
                       const struct record *record, wmem_allocator_t *scope)
{
    if (!record_has(record, field->field))
        return;
    if (field->size == 0)
        set_text(field, packet, record_string(record, field->field, scope));
    else
        set_number(field, packet, record_number(record, field->field));
}

static void read_appearance(struct frame_hops *hops, const struct record *record,
                            packet_info *pinfo, const struct component_description *known)
{
    struct frame_hop *hop = wmem_new0(pinfo->pool, struct frame_hop);
    struct pktmon_packet *packet = &hop->event.packet;

    packet->cpu = -1;
    for (size_t i = 0; i < hop_field_count; i++)
        set_member(&hop_fields[i], packet, record, pinfo->pool);
    packet->edge = (uint16_t)record_number(record, PKTMON_FIELD_EDGE);
    packet->edge_name = record_string(record, PKTMON_FIELD_EDGE_NAME, pinfo->pool);
    packet->direction = (uint16_t)record_number(record, PKTMON_FIELD_DIRECTION);
    packet->has_packet_number = record_has(record, PKTMON_FIELD_PACKET_NUMBER);
    packet->has_filter_id = record_has(record, PKTMON_FIELD_FILTER_ID);
    hop->event.component = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT);
    hop->name = known->name;
    hop->pieces = wmem_new(pinfo->pool, struct hop_piece);
    *hop->pieces = (struct hop_piece){pinfo->abs_ts, packet->packet_number};
    hop->piece_count = hop->count = 1;
    hops->hops = hop;
    hops->count = 1;
    hops->is_whole = true;
    hops->journey.group = record_number(record, PKTMON_FIELD_GROUP);
}

/* --- the packets view --- */

nstime_t frame_hops_duration(uint64_t nanoseconds)
{
    const uint64_t second = 1000 * 1000 * 1000;

    return (nstime_t){(time_t)(nanoseconds / second), (int)(nanoseconds % second)};
}

static uint64_t nanoseconds_of(const nstime_t *time)
{
    return (uint64_t)time->secs * 1000 * 1000 * 1000 + (uint64_t)time->nsecs;
}

/* Almost every text is valid as it stands, and stays as long as the packet does. */
static const char *valid_text(const char *text, wmem_allocator_t *scope)
{
    if (!text || g_utf8_validate(text, -1, NULL))
        return text;
    return (const char *)get_utf_8_string(scope, (const void *)text, (int)strlen(text));
}

static void make_valid(struct frame_hop *hop, wmem_allocator_t *scope)
{
    for (size_t i = 0; i < hop_field_count; i++) {
        if (hop_fields[i].size == 0)
            set_text(&hop_fields[i], &hop->event.packet,
                     valid_text(hop_field_text(&hop_fields[i], hop), scope));
    }
    hop->event.packet.edge_name = valid_text(hop->event.packet.edge_name, scope);
    hop->name = valid_text(hop->name, scope);
}

static const struct pktmon_nbl *copy_nbl(const struct pktmon_nbl *from, wmem_allocator_t *scope)
{
    struct pktmon_nbl *nbl = wmem_new(scope, struct pktmon_nbl);
    struct pktmon_nbl_value *values =
        wmem_memdup(scope, from->values, from->count * sizeof(*from->values));

    for (size_t i = 0; i < from->count; i++)
        values[i].text = valid_text(values[i].text, scope);
    *nbl = (struct pktmon_nbl){values, from->count};
    return nbl;
}

/* Grows as pieces are read: a record says how many there are, and need not have them. */
static void read_pieces(struct frame_hop *hop, struct journey_decoder *decoder,
                        struct journey_decoded_hop *run, wmem_allocator_t *scope)
{
    wmem_array_t *pieces = wmem_array_new(scope, sizeof(struct hop_piece));
    struct journey_decoded_hop piece;

    wmem_array_append(pieces, hop->pieces, 1);
    while (journey_decode_piece(decoder, run, &piece)) {
        const struct hop_piece read = {frame_hops_duration(piece.event.time),
                                       piece.event.packet.packet_number};

        wmem_array_append_one(pieces, read);
    }
    hop->pieces = wmem_array_get_raw(pieces);
    hop->piece_count = wmem_array_get_count(pieces);
}

static void keep_hop(struct frame_hop *hop, struct journey_decoder *decoder,
                     struct journey_decoded_hop *decoded, wmem_allocator_t *scope)
{
    hop->event = decoded->event;
    hop->name = decoded->hop.name;
    hop->count = decoded->hop.count;
    make_valid(hop, scope);
    if (hop->event.packet.nbl)
        hop->event.packet.nbl = copy_nbl(hop->event.packet.nbl, scope);
    hop->piece_count = 1;
    hop->pieces = wmem_new(scope, struct hop_piece);
    *hop->pieces =
        (struct hop_piece){frame_hops_duration(hop->event.time), hop->event.packet.packet_number};
    if (hop->count > 1)
        read_pieces(hop, decoder, decoded, scope);
}

/* Bytes that are those of the frame are not copied. */
static void read_bytes(const struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                       size_t *made, wmem_allocator_t *scope)
{
    size_t room = *made < MAX_MADE_BYTES ? MAX_MADE_BYTES - *made : FEWEST_BYTES;
    uint8_t *memory = NULL;

    if (journey_left(&hop->edits) > 0) {
        room = MIN(room, hop->event.packet.caplen);
        memory = wmem_alloc(scope, MAX(room, 1));
        *made += room;
    }
    journey_decode_bytes(decoder, hop, memory, room);
}

static void read_hops(struct frame_hops *hops, struct journey_decoder *decoder,
                      enum hops_wanted wanted, wmem_allocator_t *scope)
{
    struct journey_decoded_hop hop;
    size_t made = 0;

    hops->is_whole = true;
    hops->hops = wmem_alloc0_array(scope, struct frame_hop, decoder->journey.hop_count);
    while (journey_decode_next(decoder, &hop)) {
        if (wanted == HOPS_WITH_BYTES)
            read_bytes(decoder, &hop, &made, scope);
        keep_hop(&hops->hops[hops->count++], decoder, &hop, scope);
    }
    hops->malformed |= decoder->malformed || hops->count < decoder->journey.hop_count;
}

static void set_journey(struct frame_hops *hops, const struct journey_decoder *decoder,
                        wmem_allocator_t *scope)
{
    hops->journey = decoder->journey;
    if (hops->journey.fate > PKTMON_FATE_DELIVERED)
        hops->journey.fate = PKTMON_FATE_UNKNOWN; /* none that this version knows */
    hops->path = valid_text(decoder->journey.path, scope);
}

static void read_journey(struct frame_hops *hops, const struct record *record, tvbuff_t *frame,
                         packet_info *pinfo, enum hops_wanted wanted)
{
    const struct record_value *value = &record->values[PKTMON_FIELD_JOURNEY];
    struct journey_decoder *decoder = wmem_new(pinfo->pool, struct journey_decoder);
    const uint8_t *bytes =
        value->present ? tvb_get_ptr(record->tvb, (int)value->offset, value->length) : NULL;
    unsigned size = tvb_captured_length(frame);
    const struct journey_frame as_it_is = {
        .time = nanoseconds_of(&pinfo->abs_ts),
        .data = size > 0 ? tvb_get_ptr(frame, 0, (int)size) : NULL,
        .size = size,
    };

    if (!bytes || !journey_decode_open(decoder, bytes, value->length, &as_it_is)) {
        hops->malformed = hops->is_whole = true;
        return;
    }
    set_journey(hops, decoder, pinfo->pool);
    if (decoder->journey.continued)
        wanted = HOPS_WITH_BYTES; /* the frame has none of the packet */
    if (wanted != HOPS_IF_DROPPED || journey_decode_has_drop(decoder))
        read_hops(hops, decoder, wanted, pinfo->pool);
}

const struct frame_hops *frame_hops_read(const struct record *record, tvbuff_t *frame,
                                         packet_info *pinfo,
                                         const struct component_description *known,
                                         enum hops_wanted wanted)
{
    struct frame_hops *hops;

    if (record->type != PKTMON_RECORD_PACKET && record->type != PKTMON_RECORD_JOURNEY)
        return NULL;
    hops = wmem_new0(pinfo->pool, struct frame_hops);
    hops->capture_id = record_number(record, PKTMON_FIELD_CAPTURE_ID);
    if (record->type == PKTMON_RECORD_PACKET) {
        hops->view = PKTMON_VIEW_APPEARANCES;
        read_appearance(hops, record, pinfo, known);
    } else {
        hops->view = PKTMON_VIEW_PACKETS;
        read_journey(hops, record, frame, pinfo, wanted);
    }
    for (size_t i = 0; i < hops->count; i++) {
        struct frame_hop *hop = &hops->hops[i];
        const char *name = hop->event.packet.edge_name;

        hop->edge_name = name ? name : edge_common_name(hop->event.packet.edge);
    }
    return hops;
}

const struct frame_hop *frame_hops_drop(const struct frame_hops *hops)
{
    for (size_t i = 0; i < hops->count; i++) {
        if (hops->hops[i].event.packet.dropped)
            return &hops->hops[i];
    }
    return NULL;
}
