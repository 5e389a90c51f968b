/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-encoder.h"

#include <glib.h>
#include <string.h>

#define MAX_TEXT     4095 /* bytes */
#define NEAR_ENTRIES 256  /* the newest ones, among which an equal one is looked for */
#define NEAR_TEXTS   16   /* the first ones, which are looked for by their memory */

static const size_t part_limits[PART_COUNT] = {
    [PART_COMPONENTS] = JOURNEY_MAX_COMPONENTS, [PART_TEXTS] = JOURNEY_MAX_TEXTS,
    [PART_EDITS] = JOURNEY_MAX_EDITS,           [PART_EXTRAS] = JOURNEY_MAX_EXTRAS,
    [PART_HOPS] = PKTMON_JOURNEY_MAX_HOPS,      [PART_PIECES] = PKTMON_JOURNEY_MAX_HOPS,
};

/* --- parts --- */

struct journey_encoder_mark journey_encoder_mark(const struct journey_encoder *encoder)
{
    struct journey_encoder_mark mark = {.made_names = encoder->made_names};

    for (size_t i = 0; i < PART_COUNT; i++) {
        mark.lengths[i] = encoder->parts[i].out.length;
        mark.counts[i] = encoder->parts[i].count;
    }
    return mark;
}

void journey_encoder_go_back(struct journey_encoder *encoder,
                             const struct journey_encoder_mark *mark)
{
    encoder->made_names = mark->made_names;
    for (size_t i = 0; i < PART_COUNT; i++) {
        encoder->parts[i].out.length = mark->lengths[i];
        encoder->parts[i].out.overflow = false;
        encoder->parts[i].count = mark->counts[i];
    }
}

static size_t entry_start(const struct journey_encoder_part *part, size_t index)
{
    return index > 0 ? part->ends[index - 1] : 0;
}

static bool is_entry(const struct journey_encoder_part *part, size_t index, const void *data,
                     size_t size)
{
    size_t start = entry_start(part, index);

    return part->ends[index] - start == size && memcmp(part->memory + start, data, size) == 0;
}

/* What was put since the last entry is one. */
void journey_encoder_end_entry(struct journey_encoder *encoder, size_t which)
{
    struct journey_encoder_part *part = &encoder->parts[which];

    if (part->out.overflow || part->count == part_limits[which])
        encoder->full = true;
    else
        part->ends[part->count++] = (uint16_t)part->out.length;
}

/* The number of an entry, from 1; the expected one is looked at first. */
static size_t find_entry(const struct journey_encoder_part *part, const void *data, size_t size,
                         size_t expected)
{
    size_t first = part->count > NEAR_ENTRIES ? part->count - NEAR_ENTRIES : 0;

    if (expected > 0 && expected <= part->count && is_entry(part, expected - 1, data, size))
        return expected;
    for (size_t i = first; i < part->count; i++)
        if (is_entry(part, i, data, size))
            return i + 1;
    return 0;
}

static size_t put_entry(struct journey_encoder *encoder, size_t which, const void *data,
                        size_t size, size_t expected)
{
    struct journey_encoder_part *part = &encoder->parts[which];
    size_t number = find_entry(part, data, size, expected);

    if (number > 0)
        return number;
    journey_put(&part->out, data, size);
    journey_encoder_end_entry(encoder, which);
    return part->count;
}

/* --- texts and components --- */

/* A text that is too long is cut before a whole character. */
static size_t text_size(struct journey_encoder *encoder, const char *text)
{
    size_t size = strlen(text);

    if (size <= MAX_TEXT)
        return size;
    encoder->cut = true;
    for (size = MAX_TEXT; size > MAX_TEXT - 4 && ((uint8_t)text[size] & 0xC0) == 0x80;)
        size--;
    return size;
}

static uint64_t put_cut_text(struct journey_encoder *encoder, const char *text, size_t size,
                             uint64_t before)
{
    char start[MAX_TEXT + 1];

    memcpy(start, text, size);
    start[size] = '\0';
    return put_entry(encoder, PART_TEXTS, start, size + 1, before);
}

/* Hops of a packet mostly have the same memory for the same text. The entry; 0: not known. */
static uint64_t find_same_text(const struct journey_encoder *encoder, const char *text,
                               uint64_t before)
{
    size_t count = MIN(encoder->parts[PART_TEXTS].count, NEAR_TEXTS);

    if (before > 0 && before <= count && encoder->texts[before - 1] == text)
        return before;
    for (size_t i = 0; i < count; i++)
        if (encoder->texts[i] == text)
            return i + 1;
    return 0;
}

uint64_t journey_encoder_put_text(struct journey_encoder *encoder, const char *text,
                                  uint64_t before)
{
    size_t count = encoder->parts[PART_TEXTS].count;
    uint64_t number = text ? find_same_text(encoder, text, before) : 0;

    if (!text || number > 0)
        return number;
    size_t size = text_size(encoder, text);
    if (text[size] != '\0') {
        number = put_cut_text(encoder, text, size, before);
        text = NULL; /* that it was cut is to be seen each time */
    } else {
        number = put_entry(encoder, PART_TEXTS, text, size + 1, before);
    }
    if (encoder->parts[PART_TEXTS].count > count)
        encoder->texts[count] = text;
    return number;
}

/* A name that begins with its namespace has the number of that in place of it. */
static void put_name(struct journey_encoder *encoder, const char *name, const char *netns,
                     uint64_t netns_number)
{
    struct journey_writer *out = &encoder->parts[PART_COMPONENTS].out;
    size_t length = netns ? strlen(netns) : 0, size = strlen(name) + 1;

    if (length > 0 && length < MAX_TEXT && size <= JOURNEY_MADE_NAMES - encoder->made_names &&
        strncmp(name, netns, length) == 0 && name[length] == '/') {
        encoder->made_names += size;
        name += length + 1;
        journey_put_number(out, netns_number);
    } else {
        journey_put_number(out, 0);
    }
    journey_put(out, name, text_size(encoder, name));
    journey_put(out, "", 1);
}

uint64_t journey_encoder_put_component(struct journey_encoder *encoder,
                                       const struct pktmon_hop *hop, uint64_t netns_number)
{
    struct journey_encoder_part *part = &encoder->parts[PART_COMPONENTS];
    uint64_t before = encoder->before.at[JOURNEY_HOP_COMPONENT];
    uint32_t id = hop->event->component;
    size_t index = part->count;

    if (before < index && encoder->ids[before] == id)
        return before;
    for (size_t i = 0; i < index; i++)
        if (encoder->ids[i] == id)
            return i;
    if (index == JOURNEY_MAX_COMPONENTS) {
        encoder->full = true;
        return 0;
    }
    encoder->ids[index] = id;
    encoder->known_names[index] = hop->name ? hop->name : "";
    uint32_t last = index > 0 ? encoder->ids[index - 1] : 0;
    journey_put_number(&part->out, journey_fold((uint64_t)id - last));
    put_name(encoder, encoder->known_names[index], hop->event->packet.netns, netns_number);
    journey_encoder_end_entry(encoder, PART_COMPONENTS);
    return index;
}

/* --- bytes and nbl --- */

/* An entry is a blob with its length before it: of the scratch memory, the first bytes are for
 * that.
 */
static uint64_t put_blob(struct journey_encoder *encoder, size_t which,
                         const struct journey_writer *blob, uint64_t before)
{
    uint8_t memory[JOURNEY_MAX_VARINT];
    struct journey_writer length = {.data = memory, .size = sizeof(memory)};

    if (blob->overflow) {
        encoder->full = true;
        return 0;
    }
    journey_put_number(&length, blob->length);
    uint8_t *entry = blob->data - length.length;
    memcpy(entry, memory, length.length);
    return put_entry(encoder, which, entry, length.length + blob->length, before);
}

static struct journey_writer begin_blob(struct journey_encoder *encoder)
{
    return (struct journey_writer){.data = encoder->scratch + JOURNEY_MAX_VARINT,
                                   .size = sizeof(encoder->scratch) - JOURNEY_MAX_VARINT};
}

bool journey_bytes_begin_with(const uint8_t *whole, size_t whole_size, const uint8_t *data,
                              size_t size)
{
    return size <= whole_size && (size == 0 || memcmp(whole, data, size) == 0);
}

/* expected: the entry of edits that it may be. */
uint64_t journey_encoder_put_edits(struct journey_encoder *encoder, const uint8_t *data,
                                   size_t size, uint32_t origlen, uint64_t expected)
{
    struct journey_writer blob = begin_blob(encoder);
    int64_t shift = (int64_t)origlen - encoder->journey->origlen;

    journey_edits_put(&blob, &encoder->base, data, size, encoder->own_base_size > 0 ? 0 : shift);
    return put_blob(encoder, PART_EDITS, &blob, expected);
}

uint64_t journey_encoder_put_bytes(struct journey_encoder *encoder,
                                   const struct pktmon_packet *packet, size_t size, uint64_t before)
{
    const struct pktmon_packet *last = encoder->packet_before;

    if (journey_bytes_begin_with(encoder->base.data, encoder->base.size, packet->data, size))
        return 0;
    if (last && journey_bytes_begin_with(last->data, encoder->before.at[JOURNEY_HOP_CAPLEN],
                                         packet->data, size))
        return before;
    return journey_encoder_put_edits(encoder, packet->data, size, packet->origlen, before);
}

static size_t number_size(uint64_t number)
{
    size_t size = 0;

    for (; number != 0; number >>= 8)
        size++;
    return size;
}

static void put_nbl_value(struct journey_writer *blob, const struct pktmon_nbl_value *value)
{
    bool is_text = pktmon_field_kind(value->field) == PKTMON_KIND_STRING;
    uint64_t number = GUINT64_TO_LE(value->number);
    size_t size = is_text ? strlen(value->text) + 1 : number_size(value->number);

    journey_put_number(blob, value->field);
    journey_put_number(blob, size);
    journey_put(blob, is_text ? (const void *)value->text : &number, size);
}

uint64_t journey_encoder_put_extras(struct journey_encoder *encoder, const struct pktmon_nbl *nbl,
                                    uint64_t before)
{
    struct journey_writer blob = begin_blob(encoder);

    if (!nbl || nbl->count == 0)
        return 0;
    for (size_t i = 0; i < nbl->count; i++)
        if (pktmon_field_kind(nbl->values[i].field) != PKTMON_KIND_STRING || nbl->values[i].text)
            put_nbl_value(&blob, &nbl->values[i]);
    encoder->cut |= nbl->count > JOURNEY_MAX_NBL;
    return put_blob(encoder, PART_EXTRAS, &blob, before);
}
