/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-decode.h"
#include "journey-edits.h"

/* --- sections and tables --- */

static void find_sections(struct journey_decoder *decoder, struct journey_reader *value)
{
    while (journey_left(value) > 0) {
        uint64_t type = journey_get_number(value);
        uint64_t size = journey_get_number(value);
        struct journey_reader section = journey_get_bytes(value, size);

        if (type < JOURNEY_SECTION_COUNT && !decoder->sections[type].at)
            decoder->sections[type] = section;
    }
    decoder->malformed |= value->malformed;
}

static struct journey_reader section_of(const struct journey_decoder *decoder,
                                        enum journey_section type)
{
    struct journey_reader none = {.at = decoder->record, .end = decoder->record};

    return decoder->sections[type].at ? decoder->sections[type] : none;
}

static bool add_entry(struct journey_decoder *decoder, struct journey_table *table, size_t most,
                      const uint8_t *at, size_t size)
{
    if (table->count == most) {
        decoder->malformed = true;
        return false;
    }
    table->entries[table->count].at = (uint16_t)(at - decoder->record);
    table->entries[table->count].size = (uint16_t)size;
    table->count++;
    return true;
}

static bool add_text(struct journey_decoder *decoder, struct journey_table *table, size_t most,
                     struct journey_reader *reader)
{
    const char *text = journey_get_text(reader);

    return text && add_entry(decoder, table, most, (const uint8_t *)text, strlen(text));
}

static void read_texts(struct journey_decoder *decoder)
{
    struct journey_reader reader = section_of(decoder, JOURNEY_SECTION_TEXTS);

    while (journey_left(&reader) > 0 &&
           add_text(decoder, &decoder->texts, JOURNEY_MAX_TEXTS, &reader))
        continue;
    decoder->malformed |= reader.malformed;
}

/* The nth entry, from 0; empty: there is none. */
static struct journey_reader entry_of(const struct journey_decoder *decoder,
                                      const struct journey_table *table, uint64_t index)
{
    struct journey_reader entry = {.malformed = true};

    if (index >= table->count)
        return entry;
    entry.at = decoder->record + table->entries[index].at;
    entry.end = entry.at + table->entries[index].size;
    entry.malformed = false;
    return entry;
}

/* The name of a component, whose text is read; NULL: there is no such. */
static const char *read_name(struct journey_decoder *decoder, struct journey_reader *reader,
                             struct journey_writer *made)
{
    uint64_t number = journey_get_number(reader);
    const char *text = journey_get_text(reader);
    const char *name = (const char *)made->data + made->length;

    if (number == 0 || !text)
        return text;
    struct journey_reader space = entry_of(decoder, &decoder->texts, number - 1);
    size_t size = journey_left(&space) + 1 + strlen(text) + 1;
    if (space.malformed || size > made->size - made->length) {
        decoder->malformed = true;
        return NULL;
    }
    journey_put(made, space.at, journey_left(&space));
    journey_put(made, "/", 1);
    journey_put(made, text, strlen(text) + 1);
    return name;
}

static void read_components(struct journey_decoder *decoder)
{
    struct journey_reader reader = section_of(decoder, JOURNEY_SECTION_COMPONENTS);
    struct journey_writer made = {.data = (uint8_t *)decoder->made_names,
                                  .size = sizeof(decoder->made_names)};
    uint32_t id = 0;
    size_t count = 0;

    while (journey_left(&reader) > 0 && count < JOURNEY_MAX_COMPONENTS) {
        id += (uint32_t)journey_unfold(journey_get_number(&reader));
        decoder->names[count] = read_name(decoder, &reader, &made);
        decoder->ids[count++] = id;
    }
    decoder->component_count = count;
    decoder->malformed |= reader.malformed || journey_left(&reader) > 0;
}

static void read_blobs(struct journey_decoder *decoder, enum journey_section section,
                       struct journey_table *table, size_t most)
{
    struct journey_reader reader = section_of(decoder, section);

    while (journey_left(&reader) > 0) {
        struct journey_reader blob = journey_get_bytes(&reader, journey_get_number(&reader));

        if (reader.malformed || !add_entry(decoder, table, most, blob.at, journey_left(&blob)))
            break;
    }
    decoder->malformed |= reader.malformed;
}

/* --- the whole --- */

static void set_journey(struct pktmon_journey *journey, const uint64_t values[JOURNEY_HEAD_COUNT])
{
    uint64_t hops = values[JOURNEY_HEAD_HOP_COUNT];

    journey->group = values[JOURNEY_HEAD_GROUP];
    journey->total = values[JOURNEY_HEAD_TOTAL];
    journey->fate = (enum pktmon_fate)(uint8_t)values[JOURNEY_HEAD_FATE];
    journey->open = values[JOURNEY_HEAD_FLAGS] & JOURNEY_FLAG_OPEN;
    journey->continued = values[JOURNEY_HEAD_FLAGS] & JOURNEY_FLAG_CONTINUED;
    journey->composed = values[JOURNEY_HEAD_FLAGS] & JOURNEY_FLAG_COMPOSED;
    journey->form = (uint8_t)values[JOURNEY_HEAD_FORM];
    journey->forms = (uint8_t)values[JOURNEY_HEAD_FORMS];
    journey->side = (uint8_t)values[JOURNEY_HEAD_SIDE];
    journey->merged_into = values[JOURNEY_HEAD_MERGED_INTO];
    journey->link_type = (uint16_t)values[JOURNEY_HEAD_LINK_TYPE];
    journey->caplen = (uint32_t)values[JOURNEY_HEAD_CAPLEN];
    journey->origlen = journey->caplen + (uint32_t)values[JOURNEY_HEAD_MISSING];
    journey->bytes_hop = (uint16_t)values[JOURNEY_HEAD_BYTES_HOP];
    journey->hop_count = hops < PKTMON_JOURNEY_MAX_HOPS ? hops : PKTMON_JOURNEY_MAX_HOPS;
    journey->observations = (uint32_t)(journey->hop_count + values[JOURNEY_HEAD_MORE_OBSERVATIONS]);
}

/* What the hops' bytes are made of: of the frame, if it still begins as it did. */
static void set_base(struct journey_decoder *decoder, const struct journey_frame *frame,
                     uint16_t check)
{
    struct pktmon_journey *journey = &decoder->journey;
    struct journey_reader base = section_of(decoder, JOURNEY_SECTION_BASE);
    size_t written = journey->caplen;
    size_t checked = written < JOURNEY_CHECKED_BYTES ? written : JOURNEY_CHECKED_BYTES;

    decoder->base = base.at;
    decoder->base_size = journey_left(&base);
    decoder->cut = frame->size < written;
    decoder->foreign =
        frame->size < checked || (written > 0 && journey_check(frame->data, checked) != check);
    if (written > 0) {
        journey->data = frame->data;
        journey->caplen = (uint32_t)frame->size;
    }
    if (decoder->base_size > 0 || decoder->foreign)
        return;
    decoder->base = frame->data;
    decoder->base_size = frame->size < written ? frame->size : written;
}

static void put_name(const struct journey_decoder *decoder, struct journey_writer *path,
                     uint8_t number)
{
    static const uint8_t escapes[] = {JOURNEY_PATH_NAME, JOURNEY_PATH_STEP};

    if (number == JOURNEY_PATH_NAME_FF || number == JOURNEY_PATH_NAME_FE) {
        journey_put(path, &escapes[number == JOURNEY_PATH_NAME_FE], 1);
        return;
    }
    const char *name = number <= decoder->component_count ? decoder->names[number - 1] : NULL;
    path->overflow |= !name;
    if (name)
        journey_put(path, name, strlen(name));
}

static void read_path(struct journey_decoder *decoder)
{
    struct journey_reader reader = section_of(decoder, JOURNEY_SECTION_PATH);
    struct journey_writer path = {.data = (uint8_t *)decoder->path, .size = PKTMON_PATH_SIZE - 1};

    if (!decoder->sections[JOURNEY_SECTION_PATH].at)
        return;
    while (reader.at < reader.end) {
        uint8_t byte = *reader.at++;

        if (byte == JOURNEY_PATH_STEP)
            journey_put(&path, JOURNEY_PATH_STEP_TEXT, strlen(JOURNEY_PATH_STEP_TEXT));
        else if (byte == JOURNEY_PATH_NAME && reader.at < reader.end)
            put_name(decoder, &path, *reader.at++);
        else
            journey_put(&path, &byte, 1);
    }
    decoder->malformed |= path.overflow;
    decoder->path[path.length] = '\0';
    decoder->journey.path = decoder->path;
}

bool journey_decode_open(struct journey_decoder *decoder, const uint8_t *value, size_t size,
                         const struct journey_frame *frame)
{
    uint64_t head[JOURNEY_HEAD_COUNT];

    if (size == 0 || size > UINT16_MAX)
        return false;
    struct journey_reader reader = {.at = value, .end = value + size};
    decoder->malformed = false;
    decoder->record = value;
    memset(decoder->sections, 0, sizeof(decoder->sections));
    decoder->texts.count = decoder->edits.count = decoder->extras.count = 0;
    decoder->journey = (struct pktmon_journey){.time = frame->time};
    find_sections(decoder, &reader);
    if (!decoder->sections[JOURNEY_SECTION_HEAD].at)
        return false;
    read_texts(decoder);
    read_components(decoder);
    read_blobs(decoder, JOURNEY_SECTION_EDITS, &decoder->edits, JOURNEY_MAX_EDITS);
    read_blobs(decoder, JOURNEY_SECTION_EXTRAS, &decoder->extras, JOURNEY_MAX_EXTRAS);
    read_path(decoder);
    journey_get_head(&decoder->sections[JOURNEY_SECTION_HEAD], head);
    decoder->malformed |= decoder->sections[JOURNEY_SECTION_HEAD].malformed;
    set_journey(&decoder->journey, head);
    decoder->before = journey_values_first(&decoder->journey);
    set_base(decoder, frame, (uint16_t)head[JOURNEY_HEAD_CHECK]);
    decoder->time = frame->time;
    decoder->hops_read = 0;
    return true;
}

/* --- hops --- */

static const char *text_of(struct journey_decoder *decoder, uint64_t number)
{
    if (number == 0)
        return NULL;
    struct journey_reader text = entry_of(decoder, &decoder->texts, number - 1);
    decoder->malformed |= text.malformed;
    return (const char *)text.at;
}

static void set_component(struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                          uint64_t index)
{
    hop->hop.name = NULL;
    if (index >= decoder->component_count) {
        decoder->malformed = true;
        return;
    }
    const char *name = decoder->names[index];
    hop->event.component = decoder->ids[index];
    if (name && name[0] != '\0')
        hop->hop.name = name;
}

static bool read_number(struct journey_reader *bytes, uint64_t *number)
{
    size_t size = journey_left(bytes);

    *number = 0;
    for (size_t i = 0; i < size && i < sizeof(*number); i++)
        *number |= (uint64_t)bytes->at[i] << 8 * i;
    return size <= sizeof(*number);
}

static bool read_nbl_value(struct journey_reader *extras, struct pktmon_nbl_value *value)
{
    uint64_t type = journey_get_number(extras);
    struct journey_reader bytes = journey_get_bytes(extras, journey_get_number(extras));
    bool is_nbl = type >= JOURNEY_FIRST_NBL && type <= JOURNEY_LAST_NBL;
    enum pktmon_kind kind = is_nbl ? pktmon_field_kind((uint16_t)type) : PKTMON_KIND_NONE;

    if (extras->malformed || kind == PKTMON_KIND_NONE)
        return false;
    *value = (struct pktmon_nbl_value){.field = (enum pktmon_field)type};
    if (kind != PKTMON_KIND_STRING)
        return read_number(&bytes, &value->number);
    value->text = journey_get_text(&bytes);
    return value->text;
}

static void read_extras(struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                        uint64_t number)
{
    if (number == 0)
        return;
    struct journey_reader extras = entry_of(decoder, &decoder->extras, number - 1);
    while (journey_left(&extras) > 0 && hop->nbl.count < JOURNEY_MAX_NBL)
        if (read_nbl_value(&extras, &hop->nbl_values[hop->nbl.count]))
            hop->nbl.count++;
    decoder->malformed |= extras.malformed;
    hop->nbl.values = hop->nbl_values;
    if (hop->nbl.count > 0)
        hop->event.packet.nbl = &hop->nbl;
}

static void set_edits(struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                      uint64_t number)
{
    hop->edits = (struct journey_reader){.at = NULL};
    if (number == 0)
        return;
    hop->edits = entry_of(decoder, &decoder->edits, number - 1);
    decoder->malformed |= hop->edits.malformed;
}

static void set_pieces(struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                       const struct journey_values *values)
{
    struct journey_reader *section = &decoder->sections[JOURNEY_SECTION_PIECES];

    hop->hop.pieces = NULL;
    hop->pieces = (struct journey_reader){.at = NULL};
    hop->pieces_left = hop->hop.count > 0 ? hop->hop.count - 1 : 0;
    if (hop->pieces_left == 0 || journey_left(section) == 0)
        return;
    hop->pieces = journey_get_bytes(section, journey_get_number(section));
    hop->piece = journey_piece_first(values, hop->event.time);
    decoder->malformed |= section->malformed;
}

static bool read_hop(struct journey_decoder *decoder, struct journey_values *values)
{
    struct journey_reader *reader = &decoder->sections[JOURNEY_SECTION_HOPS];

    decoder->time += journey_get_number(reader);
    journey_get_values(reader, values, &decoder->before);
    decoder->time -= values->at[JOURNEY_HOP_BACK];
    decoder->before = *values;
    decoder->malformed |= reader->malformed;
    return !reader->malformed;
}

bool journey_decode_has_drop(const struct journey_decoder *decoder)
{
    struct journey_reader reader = decoder->sections[JOURNEY_SECTION_HOPS];
    uint64_t flags = decoder->before.at[JOURNEY_HOP_FLAGS];

    for (size_t i = decoder->hops_read; i < decoder->journey.hop_count; i++) {
        journey_get_number(&reader); /* its time */
        flags = journey_skip_values(&reader, flags);
        if (reader.malformed || flags & JOURNEY_HOP_FLAG_dropped)
            return !reader.malformed;
    }
    return false;
}

bool journey_decode_next(struct journey_decoder *decoder, struct journey_decoded_hop *hop)
{
    struct journey_values values;

    if (decoder->hops_read == decoder->journey.hop_count || !read_hop(decoder, &values))
        return false;
    decoder->hops_read++;
    memset(&hop->event, 0, sizeof(hop->event));
    hop->event.record = PKTMON_RECORD_PACKET;
    hop->event.time = decoder->time;
    hop->nbl.count = 0;
    journey_values_to_hop(&values, &hop->hop, &hop->event);
#define X(NAME, member) hop->event.packet.member = text_of(decoder, values.at[JOURNEY_HOP_##NAME]);
    JOURNEY_HOP_TEXTS(X)
#undef X
    set_component(decoder, hop, values.at[JOURNEY_HOP_COMPONENT]);
    read_extras(decoder, hop, values.at[JOURNEY_HOP_EXTRAS]);
    set_edits(decoder, hop, values.at[JOURNEY_HOP_EDITS]);
    set_pieces(decoder, hop, &values);
    return true;
}

static void set_piece(struct journey_decoded_hop *hop, const struct journey_piece_values *piece)
{
    struct pktmon_packet *packet = &hop->event.packet;

    hop->event.time = piece->time;
    packet->appearance = (uint32_t)piece->at[JOURNEY_PIECE_APPEARANCE];
    packet->origlen = (uint32_t)piece->at[JOURNEY_PIECE_ORIGLEN];
    packet->caplen = (uint32_t)piece->at[JOURNEY_PIECE_CAPLEN];
    packet->packet_number = (uint16_t)piece->at[JOURNEY_PIECE_PACKET_NUMBER];
    packet->data = NULL;
    hop->hop.event = &hop->event;
    hop->hop.count = 1;
    hop->hop.last = piece->time;
    hop->hop.last_number = packet->packet_number;
}

bool journey_decode_piece(struct journey_decoder *decoder, struct journey_decoded_hop *run,
                          struct journey_decoded_hop *piece)
{
    if (run->pieces_left == 0 || journey_left(&run->pieces) == 0)
        return false;
    journey_get_piece(&run->pieces, &run->piece);
    decoder->malformed |= run->pieces.malformed;
    if (run->pieces.malformed)
        return false;
    run->pieces_left--;
    decoder->malformed |= run->pieces_left > 0 && journey_left(&run->pieces) == 0;
    piece->hop = run->hop;
    piece->event = run->event;
    set_piece(piece, &run->piece);
    piece->pieces_left = 0;
    piece->nbl.count = 0; /* event.packet.nbl is the run's */
    set_edits(decoder, piece, run->piece.at[JOURNEY_PIECE_EDITS]);
    return true;
}

bool journey_decode_bytes(const struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                          uint8_t *memory, size_t room)
{
    struct pktmon_packet *packet = &hop->event.packet;
    uint32_t wanted = packet->caplen;
    size_t size = wanted < room ? wanted : room;

    packet->caplen = 0;
    if (hop->edits.malformed)
        return wanted == 0;
    if (journey_left(&hop->edits) == 0) {
        packet->data = decoder->base;
        packet->caplen = wanted < decoder->base_size ? wanted : (uint32_t)decoder->base_size;
    } else {
        packet->data = memory;
        packet->caplen =
            (uint32_t)journey_edits_apply(hop->edits.at, journey_left(&hop->edits), decoder->base,
                                          decoder->base_size, memory, size);
    }
    return packet->caplen == wanted;
}
