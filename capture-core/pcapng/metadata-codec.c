/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pktmon/metadata.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define FIELD_HEADER_SIZE 4

static const uint8_t field_kinds[] = {
#define X(NAME, number, kind, field) [number] = PKTMON_KIND_##kind,
    PKTMON_FIELDS(X)
#undef X
};

static const uint8_t kind_sizes[] = {
    [PKTMON_KIND_FLAG] = 1, [PKTMON_KIND_U8] = 1,  [PKTMON_KIND_U16] = 2,
    [PKTMON_KIND_U32] = 4,  [PKTMON_KIND_U64] = 8, [PKTMON_KIND_STRING] = 0,
};

enum pktmon_kind pktmon_field_kind(uint16_t type)
{
    return type < sizeof(field_kinds) ? field_kinds[type] : PKTMON_KIND_NONE;
}

size_t pktmon_kind_size(enum pktmon_kind kind)
{
    return kind < sizeof(kind_sizes) ? kind_sizes[kind] : 0;
}

static uint64_t load_little_endian(const uint8_t *at, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

void pktmon_metadata_begin(struct pktmon_metadata_writer *writer, uint8_t *data, size_t size,
                           enum pktmon_record record)
{
    *writer = (struct pktmon_metadata_writer){.data = data, .size = size};
    if (size < PKTMON_METADATA_HEADER_SIZE) {
        writer->overflow = true;
        writer->size = 0; /* no field can follow an incomplete header */
        return;
    }
    memcpy(data, PKTMON_METADATA_MAGIC, 4);
    data[4] = PKTMON_METADATA_VERSION;
    data[5] = record;
    data[6] = data[7] = 0;
    writer->length = PKTMON_METADATA_HEADER_SIZE;
}

/* Writes a field's header. Returns the place of its value, or NULL if the field does not fit. */
static uint8_t *begin_field(struct pktmon_metadata_writer *writer, uint16_t type, size_t length)
{
    size_t room = writer->size - writer->length;
    uint8_t *at = writer->data + writer->length;
    uint32_t header = htole32(type | (uint32_t)length << 16);

    if (length > UINT16_MAX || room < FIELD_HEADER_SIZE + length) {
        writer->overflow = true;
        return NULL;
    }
    memcpy(at, &header, sizeof(header));
    writer->length += FIELD_HEADER_SIZE + length;
    return at + FIELD_HEADER_SIZE;
}

void pktmon_metadata_put(struct pktmon_metadata_writer *writer, enum pktmon_field field,
                         uint64_t value)
{
    enum pktmon_kind kind = pktmon_field_kind(field);
    size_t size = pktmon_kind_size(kind);
    uint8_t *at;

    assert(size > 0);
    value = htole64(kind == PKTMON_KIND_FLAG ? value != 0 : value);
    at = begin_field(writer, field, size);
    if (!at)
        return;
    /* Writing eight bytes at once is several times faster than writing a few; the next field
     * overwrites the rest. */
    if (at + sizeof(value) <= writer->data + writer->size)
        memcpy(at, &value, sizeof(value));
    else
        memcpy(at, &value, size);
}

void pktmon_metadata_put_string(struct pktmon_metadata_writer *writer, enum pktmon_field field,
                                const char *value)
{
    size_t length;
    uint8_t *at;

    assert(pktmon_field_kind(field) == PKTMON_KIND_STRING);
    if (!value)
        return;
    length = strlen(value);
    at = begin_field(writer, field, length);
    if (at)
        memcpy(at, value, length);
}

uint8_t *pktmon_metadata_put_bytes(struct pktmon_metadata_writer *writer, enum pktmon_field field,
                                   size_t length)
{
    return begin_field(writer, field, length);
}

bool pktmon_metadata_open(struct pktmon_metadata_reader *reader, const uint8_t *data, size_t size)
{
    if (size < PKTMON_METADATA_HEADER_SIZE || memcmp(data, PKTMON_METADATA_MAGIC, 4) != 0)
        return false;
    *reader = (struct pktmon_metadata_reader){
        .data = data,
        .size = size,
        .offset = PKTMON_METADATA_HEADER_SIZE,
        .version = data[4],
        .record = data[5],
    };
    return true;
}

static bool end_record(struct pktmon_metadata_reader *reader, bool malformed)
{
    reader->offset = reader->size;
    reader->malformed |= malformed;
    return false;
}

/* The end of a record, where no further field header fits: nothing, or the zeros that pad a Custom
 * Block. */
static bool is_padding(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

bool pktmon_metadata_next(struct pktmon_metadata_reader *reader,
                          struct pktmon_metadata_field *field)
{
    const uint8_t *at = reader->data + reader->offset;
    size_t left = reader->size - reader->offset;
    uint16_t type;
    size_t length;
    size_t fixed;

    if (left < FIELD_HEADER_SIZE)
        return end_record(reader, !is_padding(at, left));
    type = load_little_endian(at, 2);
    length = load_little_endian(at + 2, 2);
    if (type == PKTMON_FIELD_NONE)
        return end_record(reader, false);
    if (length > left - FIELD_HEADER_SIZE)
        return end_record(reader, true);

    *field = (struct pktmon_metadata_field){
        .type = type,
        .kind = pktmon_field_kind(type),
        .offset = reader->offset + FIELD_HEADER_SIZE,
        .length = length,
        .value = at + FIELD_HEADER_SIZE,
    };
    reader->offset += FIELD_HEADER_SIZE + length;
    fixed = pktmon_kind_size(field->kind);
    if (fixed == length) {
        field->number = load_little_endian(field->value, length);
    } else if (fixed > 0) {
        field->kind = PKTMON_KIND_NONE;
        reader->malformed = true;
    }
    return true;
}
