/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blocks.h"

#include <glib.h>
#include <string.h>

static uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static uint16_t load_u16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

bool block_next(const uint8_t *data, size_t size, size_t *offset, struct block *block)
{
    size_t left = size - *offset;
    const uint8_t *at = data + *offset;

    if (left == 0)
        return false;
    g_assert_cmpuint(left, >=, 12);
    *block = (struct block){.type = load_u32(at), .length = load_u32(at + 4), .body = at + 8};
    g_assert_cmpuint(block->length, >=, 12);
    g_assert_cmpuint(block->length % 4, ==, 0);
    g_assert_cmpuint(block->length, <=, left);
    g_assert_cmpuint(load_u32(at + block->length - 4), ==, block->length);
    block->body_size = block->length - 12;
    *offset += block->length;
    return true;
}

struct packet block_packet(const struct block *block)
{
    const uint8_t *body = block->body;
    struct packet packet;
    size_t padded;

    g_assert_cmpuint(block->type, ==, PACKET);
    g_assert_cmpuint(block->body_size, >=, 20);
    packet.interface = load_u32(body);
    packet.time = (uint64_t)load_u32(body + 4) << 32 | load_u32(body + 8);
    packet.caplen = load_u32(body + 12);
    packet.origlen = load_u32(body + 16);
    padded = ((size_t)packet.caplen + 3) & ~(size_t)3;
    g_assert_cmpuint(padded, <=, block->body_size - 20);
    packet.data = body + 20;
    packet.options = packet.data + padded;
    packet.options_size = block->body_size - 20 - padded;
    return packet;
}

const uint8_t *option_find(const uint8_t *options, size_t size, uint16_t code, size_t *length)
{
    const uint8_t *found = NULL;

    while (size > 0) {
        uint16_t this_code, this_length;
        size_t whole;

        g_assert_cmpuint(size, >=, 4);
        this_code = load_u16(options);
        this_length = load_u16(options + 2);
        whole = 4 + (((size_t)this_length + 3) & ~(size_t)3);
        g_assert_cmpuint(whole, <=, size);
        if (this_code == 0) {
            g_assert_cmpuint(size, ==, 4); /* the end of the options is the last option */
            return found;
        }
        if (this_code == code && !found) {
            found = options + 4;
            *length = this_length;
        }
        options += whole;
        size -= whole;
    }
    return found;
}

struct pktmon_metadata_reader block_metadata(const struct block *block)
{
    struct pktmon_metadata_reader reader;
    const uint8_t *value = block->body;
    size_t length = block->body_size;

    if (block->type == PACKET) {
        struct packet packet = block_packet(block);

        value = option_find(packet.options, packet.options_size, PKTMON_OPTION_CODE, &length);
    }
    g_assert_nonnull(value);
    g_assert_cmpuint(length, >=, 4);
    g_assert_cmpuint(load_u32(value), ==, PKTMON_ENTERPRISE_NUMBER);
    g_assert_true(pktmon_metadata_open(&reader, value + 4, length - 4));
    return reader;
}

bool metadata_find(struct pktmon_metadata_reader reader, enum pktmon_field type,
                   struct pktmon_metadata_field *field)
{
    struct pktmon_metadata_field at;
    bool found = false;

    while (pktmon_metadata_next(&reader, &at)) {
        if (at.type == type && !found) {
            *field = at;
            found = true;
        }
    }
    g_assert_false(reader.malformed);
    return found;
}

uint64_t metadata_number(struct pktmon_metadata_reader reader, enum pktmon_field type)
{
    struct pktmon_metadata_field field = {0};

    g_assert_true(metadata_find(reader, type, &field));
    return field.number;
}

char *metadata_text(struct pktmon_metadata_reader reader, enum pktmon_field type)
{
    struct pktmon_metadata_field field = {0};

    if (!metadata_find(reader, type, &field))
        return NULL;
    return g_strndup((const char *)field.value, field.length);
}
