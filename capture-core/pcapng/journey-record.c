/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-record.h"

#include <glib.h>
#include <string.h>

#include "journey-encoder.h"

#define FIELD_HEADER  4                      /* bytes, of the metadata record's field */
#define HEAD_ROOM     128                    /* bytes, of the head and of all sections' headers */
#define MAX_BASE      2048                   /* bytes, of a section BASE */
#define KEPT_BYTES    256                    /* of a first hop that does not fit with all of them */
#define MAX_PATH_TEXT (PKTMON_PATH_SIZE - 1) /* bytes */
#define MIN_NAME      3                      /* bytes of a name that is written by its number */
#define MAX_LINE      512                    /* bytes of a hop line, more than it can have */
#define RUN_SLACK     8 /* bytes, by which a run's length and its split line may be longer */

/* What of a hop is written: less and less, so that the first one of a record always fits. */
enum effort { EFFORT_WHOLE, EFFORT_FEW_BYTES, EFFORT_NO_BYTES, EFFORT_COUNT };

static const uint8_t section_types[PART_COUNT] = {
    [PART_COMPONENTS] = JOURNEY_SECTION_COMPONENTS,
    [PART_TEXTS] = JOURNEY_SECTION_TEXTS,
    [PART_EDITS] = JOURNEY_SECTION_EDITS,
    [PART_EXTRAS] = JOURNEY_SECTION_EXTRAS,
    [PART_HOPS] = JOURNEY_SECTION_HOPS,
    [PART_PIECES] = JOURNEY_SECTION_PIECES,
};

struct journey_encoder *journey_encoder_new(void)
{
    return g_new(struct journey_encoder, 1);
}

void journey_encoder_free(struct journey_encoder *encoder)
{
    g_free(encoder);
}

/* --- hops --- */

static size_t packet_bytes(struct journey_encoder *encoder, const struct pktmon_packet *packet,
                           enum effort effort)
{
    static const size_t most[EFFORT_COUNT] = {UINT32_MAX, KEPT_BYTES, 0};
    size_t size = packet->data ? MIN(packet->caplen, most[effort]) : 0;

    encoder->cut |= size < packet->caplen;
    return size;
}

static void put_fields(struct journey_encoder *encoder, const struct pktmon_hop *hop,
                       enum effort effort, struct journey_values *values)
{
    const struct pktmon_event *event = hop->event;
    const struct pktmon_packet *packet = &event->packet;
    const uint64_t *before = encoder->before.at;
    uint64_t *at = values->at;
    size_t bytes = packet_bytes(encoder, packet, effort);

    journey_values_of_hop(values, hop);
    at[JOURNEY_HOP_CAPLEN] = bytes;
#define X(NAME, member)                                                                            \
    at[JOURNEY_HOP_##NAME] =                                                                       \
        journey_encoder_put_text(encoder, packet->member, before[JOURNEY_HOP_##NAME]);
    JOURNEY_HOP_TEXTS(X)
#undef X
    at[JOURNEY_HOP_COMPONENT] = journey_encoder_put_component(encoder, hop, at[JOURNEY_HOP_NETNS]);
    at[JOURNEY_HOP_EDITS] =
        bytes > 0 ? journey_encoder_put_bytes(encoder, packet, bytes, before[JOURNEY_HOP_EDITS])
                  : 0;
    if (effort == EFFORT_NO_BYTES && packet->nbl) {
        encoder->cut = true;
        at[JOURNEY_HOP_EXTRAS] = 0;
    } else {
        at[JOURNEY_HOP_EXTRAS] =
            journey_encoder_put_extras(encoder, packet->nbl, before[JOURNEY_HOP_EXTRAS]);
    }
    at[JOURNEY_HOP_BACK] =
        event->time < encoder->time_before ? encoder->time_before - event->time : 0;
}

static size_t parts_size(const struct journey_encoder *encoder)
{
    size_t size = encoder->own_base_size;

    for (size_t i = 0; i < PART_COUNT; i++)
        size += encoder->parts[i].out.length;
    return size;
}

/* --- runs --- */

static bool has_pieces(const struct pktmon_hop *hop)
{
    return hop->pieces && hop->count > 1;
}

static uint64_t put_piece_bytes(struct journey_encoder *encoder, const struct pktmon_piece *piece,
                                const struct journey_piece_values *before)
{
    uint64_t number = before->at[JOURNEY_PIECE_EDITS];

    if (!piece->data || journey_bytes_begin_with(encoder->base.data, encoder->base.size,
                                                 piece->data, piece->caplen))
        return 0;
    return journey_encoder_put_edits(encoder, piece->data, piece->caplen, piece->origlen,
                                     number + 1);
}

/* False: it does not fit, and nothing was put. */
static bool put_piece(struct journey_encoder *encoder, struct journey_writer *run,
                      const struct pktmon_piece *piece, struct journey_piece_values *before,
                      size_t room)
{
    struct journey_encoder_part *edits = &encoder->parts[PART_EDITS];
    size_t run_length = run->length, edits_length = edits->out.length, edits_count = edits->count;
    struct journey_piece_values next = {
        .time = piece->time,
        .at = {[JOURNEY_PIECE_APPEARANCE] = piece->appearance,
               [JOURNEY_PIECE_EDITS] = put_piece_bytes(encoder, piece, before),
               [JOURNEY_PIECE_ORIGLEN] = piece->origlen,
               [JOURNEY_PIECE_CAPLEN] = piece->data ? piece->caplen : 0,
               [JOURNEY_PIECE_PACKET_NUMBER] = piece->number},
    };

    encoder->cut |= !piece->data && piece->caplen > 0;
    journey_put_piece(run, &next, before);
    if (encoder->full || run->overflow || parts_size(encoder) + run->length > room) {
        edits->out.length = edits_length;
        edits->out.overflow = false;
        edits->count = edits_count;
        run->length = run_length;
        encoder->full = run->overflow = false;
        return false;
    }
    *before = next;
    return true;
}

/* Puts the observations of a run that have room. Returns their number: 1 where only the first one
 * has, which is in the line. */
static uint32_t put_pieces(struct journey_encoder *encoder, const struct pktmon_hop *hop,
                           const struct journey_values *values, size_t room)
{
    struct journey_writer run = {.data = encoder->run, .size = sizeof(encoder->run)};
    struct journey_piece_values before = journey_piece_first(values, hop->event->time);
    struct journey_writer *out = &encoder->parts[PART_PIECES].out;
    uint32_t count = 1;

    while (count < hop->count && put_piece(encoder, &run, &hop->pieces[count], &before, room))
        count++;
    if (count > 1) {
        journey_put_number(out, run.length);
        journey_put(out, run.data, run.length);
    }
    return count;
}

/* Bytes of the line, as it would be. */
static size_t measure_line(const struct journey_encoder *encoder,
                           const struct journey_values *values)
{
    uint8_t memory[MAX_LINE];
    struct journey_writer line = {.data = memory, .size = sizeof(memory)};

    journey_put_number(&line, UINT64_MAX);
    journey_put_values(&line, values, &encoder->before);
    return line.length;
}

/* Puts the pieces of a line. Returns how many observations the line has then. */
static uint32_t put_run(struct journey_encoder *encoder, const struct pktmon_hop *hop,
                        enum effort effort, struct journey_values *values, size_t room)
{
    size_t reserved = measure_line(encoder, values) + RUN_SLACK;
    uint32_t count = 1;

    if (!has_pieces(hop)) {
        if (hop->count > 1)
            journey_put_number(&encoder->parts[PART_PIECES].out, 0);
        return hop->count;
    }
    if (effort == EFFORT_WHOLE)
        count = put_pieces(encoder, hop, values, room - MIN(room, reserved));
    if (count < hop->count) {
        values->at[JOURNEY_HOP_MORE] = count - 1;
        values->at[JOURNEY_HOP_LAST] = hop->pieces[count - 1].time - hop->event->time;
        values->at[JOURNEY_HOP_LAST_NUMBER] = hop->pieces[count - 1].number;
    }
    return count;
}

/* Returns how many observations of the hop were put; 0: it does not fit. */
static uint32_t put_hop(struct journey_encoder *encoder, const struct pktmon_hop *hop,
                        enum effort effort, size_t room)
{
    struct journey_encoder_mark mark = journey_encoder_mark(encoder);
    struct journey_encoder_part *hops = &encoder->parts[PART_HOPS];
    struct journey_values values;
    uint64_t time = hop->event->time;
    uint32_t count = hop->count;

    encoder->full = encoder->cut = false;
    put_fields(encoder, hop, effort, &values);
    if (count > 1 && !encoder->full)
        count = put_run(encoder, hop, effort, &values, room);
    journey_put_number(&hops->out, time > encoder->time_before ? time - encoder->time_before : 0);
    journey_put_values(&hops->out, &values, &encoder->before);
    journey_encoder_end_entry(encoder, PART_HOPS);
    if (encoder->full || parts_size(encoder) > room) {
        journey_encoder_go_back(encoder, &mark);
        return 0;
    }
    encoder->before = values;
    encoder->packet_before = &hop->event->packet;
    encoder->time_before = time;
    encoder->observations += count;
    return MAX(count, 1);
}

/* Puts lines with this effort, until there is no room or one has only a part of its pieces. */
static void put_lines(struct journey_encoder *encoder, struct journey_written *written,
                      enum effort effort, size_t room)
{
    const struct pktmon_journey *journey = encoder->journey;

    while (written->hops < journey->hop_count && written->pieces == 0) {
        const struct pktmon_hop *hop = &journey->hops[written->hops];
        uint32_t count = put_hop(encoder, hop, effort, room);

        if (count == 0)
            return;
        written->cut |= encoder->cut;
        if (count < hop->count)
            written->pieces = count;
        else
            written->hops++;
        effort = EFFORT_WHOLE;
    }
}

static struct journey_written put_hops(struct journey_encoder *encoder, size_t room)
{
    struct journey_written written = {0};

    for (int effort = EFFORT_WHOLE;
         effort < EFFORT_COUNT && written.hops == 0 && written.pieces == 0; effort++)
        put_lines(encoder, &written, effort, room);
    return written;
}

/* --- the whole --- */

static size_t frame_size(const struct pktmon_journey *journey)
{
    return journey->data ? journey->caplen : 0;
}

/* Where the frame has no bytes, the first hop that has some is what the others are made of. */
static void choose_base(struct journey_encoder *encoder)
{
    const struct pktmon_journey *journey = encoder->journey;
    size_t size = frame_size(journey);

    encoder->own_base_size = 0;
    journey_base_set(&encoder->base, journey->data, size);
    for (size_t i = 0; size == 0 && i < journey->hop_count; i++) {
        const struct pktmon_packet *packet = &journey->hops[i].event->packet;

        size = packet->data ? MIN(packet->caplen, MAX_BASE) : 0;
        encoder->own_base = packet->data;
        encoder->own_base_size = size;
        journey_base_set(&encoder->base, packet->data, size);
    }
}

static void begin(struct journey_encoder *encoder, const struct pktmon_journey *journey)
{
    encoder->journey = journey;
    for (size_t i = 0; i < PART_COUNT; i++) {
        struct journey_encoder_part *part = &encoder->parts[i];

        part->out = (struct journey_writer){.data = part->memory, .size = sizeof(part->memory)};
        part->count = 0;
    }
    choose_base(encoder);
    encoder->before = journey_values_first(journey);
    encoder->before.at[JOURNEY_HOP_CAPLEN] = frame_size(journey);
    encoder->packet_before = NULL;
    encoder->time_before = journey->time;
    encoder->observations = 0;
    encoder->made_names = 0;
}

static void put_head(const struct journey_encoder *encoder, struct journey_writer *out)
{
    const struct pktmon_journey *journey = encoder->journey;
    size_t hops = encoder->parts[PART_HOPS].count, size = frame_size(journey);
    const uint64_t values[JOURNEY_HEAD_COUNT] = {
        [JOURNEY_HEAD_GROUP] = journey->group,
        [JOURNEY_HEAD_HOP_COUNT] = hops,
        [JOURNEY_HEAD_FATE] = journey->fate,
        [JOURNEY_HEAD_TOTAL] = journey->total,
        [JOURNEY_HEAD_CAPLEN] = size,
        [JOURNEY_HEAD_CHECK] = journey_check(journey->data, size),
        [JOURNEY_HEAD_FLAGS] = (journey->open ? JOURNEY_FLAG_OPEN : 0) |
                               (journey->continued ? JOURNEY_FLAG_CONTINUED : 0) |
                               (journey->composed ? JOURNEY_FLAG_COMPOSED : 0),
        [JOURNEY_HEAD_MISSING] = (uint32_t)(journey->origlen - size),
        [JOURNEY_HEAD_BYTES_HOP] = journey->bytes_hop,
        [JOURNEY_HEAD_MORE_OBSERVATIONS] = (uint32_t)(encoder->observations - hops),
        [JOURNEY_HEAD_FORM] = journey->form,
        [JOURNEY_HEAD_FORMS] = journey->forms,
        [JOURNEY_HEAD_SIDE] = journey->side,
        [JOURNEY_HEAD_MERGED_INTO] = journey->merged_into,
        [JOURNEY_HEAD_LINK_TYPE] = journey->link_type,
    };
    journey_put_head(out, values);
}

/* The component whose name stands at the text: its number from 1, 0 = none. The longest one. */
static uint8_t find_name(const struct journey_encoder *encoder, const char *text, size_t *size)
{
    size_t count = MIN(encoder->parts[PART_COMPONENTS].count, JOURNEY_PATH_MAX_NAME);
    uint8_t found = 0;

    *size = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = encoder->known_names[i];

        if (name[0] != text[0]) /* most of them */
            continue;
        size_t length = strlen(name);
        if (length >= MIN_NAME && length > *size && length <= MAX_PATH_TEXT &&
            strncmp(name, text, length) == 0) {
            found = (uint8_t)(i + 1);
            *size = length;
        }
    }
    return found;
}

static size_t path_length(const char *path)
{
    return path ? strnlen(path, MAX_PATH_TEXT) : 0;
}

static bool begins_with_step(const char *path, const char *end)
{
    size_t size = strlen(JOURNEY_PATH_STEP_TEXT);

    return (size_t)(end - path) >= size && memcmp(path, JOURNEY_PATH_STEP_TEXT, size) == 0;
}

static void put_path(const struct journey_encoder *encoder, struct journey_writer *out)
{
    const char *path = encoder->journey->path ? encoder->journey->path : "";
    const char *end = path + path_length(path);
    bool at_word = true;

    while (path < end) {
        uint8_t byte = (uint8_t)*path;
        size_t size = 0;
        uint8_t number = at_word ? find_name(encoder, path, &size) : 0;

        at_word = true;
        if (byte == (uint8_t)JOURNEY_PATH_STEP_TEXT[0] && begins_with_step(path, end)) {
            journey_put(out, &(uint8_t){JOURNEY_PATH_STEP}, 1);
            path += strlen(JOURNEY_PATH_STEP_TEXT);
            continue;
        }
        if (number > 0 && path + size <= end) {
            journey_put(out, (uint8_t[]){JOURNEY_PATH_NAME, number}, 2);
            path += size;
            continue;
        }
        if (byte == JOURNEY_PATH_NAME)
            journey_put(out, (uint8_t[]){JOURNEY_PATH_NAME, JOURNEY_PATH_NAME_FF}, 2);
        else if (byte == JOURNEY_PATH_STEP)
            journey_put(out, (uint8_t[]){JOURNEY_PATH_NAME, JOURNEY_PATH_NAME_FE}, 2);
        else
            journey_put(out, &byte, 1);
        at_word = byte == ' ' || byte == '[' || byte == '(';
        path++;
    }
}

static void put_section(struct journey_writer *out, uint8_t type, const void *data, size_t size)
{
    if (size == 0)
        return;
    journey_put_number(out, type);
    journey_put_number(out, size);
    journey_put(out, data, size);
}

static void put_sections(struct journey_encoder *encoder, struct journey_writer *out)
{
    uint8_t memory[HEAD_ROOM + 2 * MAX_PATH_TEXT];
    struct journey_writer section = {.data = memory, .size = sizeof(memory)};

    put_head(encoder, &section);
    put_section(out, JOURNEY_SECTION_HEAD, memory, section.length);
    section.length = 0;
    put_path(encoder, &section);
    if (encoder->journey->path && section.length == 0) { /* a path without text */
        journey_put_number(out, JOURNEY_SECTION_PATH);
        journey_put_number(out, 0);
    }
    put_section(out, JOURNEY_SECTION_PATH, memory, section.length);
    put_section(out, JOURNEY_SECTION_BASE, encoder->own_base, encoder->own_base_size);
    for (size_t i = 0; i < PART_COUNT; i++)
        put_section(out, section_types[i], encoder->parts[i].memory, encoder->parts[i].out.length);
}

bool journey_record_put(struct journey_encoder *encoder, struct pktmon_metadata_writer *writer,
                        const struct pktmon_journey *journey, struct journey_written *written)
{
    struct journey_writer out = {.data = encoder->scratch, .size = sizeof(encoder->scratch)};
    size_t size = MIN(writer->size, JOURNEY_MAX_RECORD);
    size_t room = size - MIN(size, writer->length);
    size_t reserved = FIELD_HEADER + HEAD_ROOM + 2 * path_length(journey->path);

    begin(encoder, journey);
    *written = put_hops(encoder, room - MIN(room, reserved));
    bool is_empty = written->hops == 0 && written->pieces == 0;
    if (room < reserved || (is_empty && journey->hop_count > 0)) {
        writer->overflow = true;
        return false;
    }
    put_sections(encoder, &out);
    uint8_t *at = pktmon_metadata_put_bytes(writer, PKTMON_FIELD_JOURNEY, out.length);
    if (at)
        memcpy(at, out.data, out.length);
    return at;
}
