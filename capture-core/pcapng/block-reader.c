/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block-reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pcapng-numbers.h"
#include "pktmon/errors.h"
#include "pktmon/metadata.h"

#define BUFFER_SIZE    (1024 * 1024) /* bytes; a larger block is not ours */
#define BLOCK_HEADER   8             /* type and length */
#define BLOCK_TRAILER  4             /* the length again */
#define SECTION_SIZE   28            /* without options */
#define INTERFACE_SIZE 8             /* of a body, without options */
#define MAX_INTERFACES (256 * 1024)  /* of a section */
#define MAX_NAME       255           /* bytes of an interface's name that are kept */
#define MICROSECONDS   6             /* if_tsresol where an interface has none */

struct block_reader {
    int fd;
    uint8_t *buffer;
    size_t at, end;  /* of what is in the buffer and not read yet */
    uint64_t offset; /* in the file, of at */
    bool is_swapped; /* the section has the other byte order */
    bool has_section;
    GArray *interfaces; /* of struct block_interface, of the section */
};

static void clear_interface(void *data)
{
    g_free(((struct block_interface *)data)->name);
}

struct block_reader *block_reader_new(int fd)
{
    struct block_reader *reader = g_new0(struct block_reader, 1);

    reader->fd = fd;
    reader->buffer = g_malloc(BUFFER_SIZE);
    reader->interfaces = g_array_new(FALSE, FALSE, sizeof(struct block_interface));
    g_array_set_clear_func(reader->interfaces, clear_interface);
    return reader;
}

void block_reader_free(struct block_reader *reader)
{
    if (!reader)
        return;
    g_free(reader->buffer);
    g_array_unref(reader->interfaces);
    g_free(reader);
}

uint64_t block_reader_offset(const struct block_reader *reader)
{
    return reader->offset;
}

/* --- bytes --- */

static uint16_t get_u16(const struct block_reader *reader, const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return reader->is_swapped ? GUINT16_SWAP_LE_BE(value) : value;
}

static uint32_t get_u32(const struct block_reader *reader, const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return reader->is_swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

static uint64_t get_u64(const struct block_reader *reader, const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return reader->is_swapped ? GUINT64_SWAP_LE_BE(value) : value;
}

/* Has at least so many bytes in the buffer, if the file has as many. False: it cannot be read. */
static bool fill(struct block_reader *reader, size_t size, GError **error)
{
    if (reader->end - reader->at >= size)
        return true;
    memmove(reader->buffer, reader->buffer + reader->at, reader->end - reader->at);
    reader->end -= reader->at;
    reader->at = 0;
    while (reader->end < size) {
        ssize_t got = read(reader->fd, reader->buffer + reader->end, BUFFER_SIZE - reader->end);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                        "It cannot be read (%s): copy it to another place first.",
                        g_strerror(errno));
            return false;
        }
        if (got == 0)
            break;
        reader->end += (size_t)got;
    }
    return true;
}

static size_t left(const struct block_reader *reader)
{
    return reader->end - reader->at;
}

static void advance(struct block_reader *reader, size_t size)
{
    reader->at += size;
    reader->offset += size;
}

static bool refuse_end(const struct block_reader *reader, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                "The file ends within the block at offset %" G_GUINT64_FORMAT
                ": what follows is missing.",
                reader->offset);
    return false;
}

static bool refuse_block(const struct block_reader *reader, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                "The file is damaged at offset %" G_GUINT64_FORMAT
                ", where a block should begin: what follows cannot be read.",
                reader->offset);
    return false;
}

/* Passes over a block that is larger than the buffer. */
static bool skip(struct block_reader *reader, uint64_t size, GError **error)
{
    uint64_t start = reader->offset, passed = 0;

    while (passed < size) {
        size_t step = MIN(size - passed, BUFFER_SIZE);

        if (!fill(reader, step, error))
            return false;
        if (left(reader) < step) {
            reader->offset = start;
            return refuse_end(reader, error);
        }
        advance(reader, step);
        passed += step;
    }
    return true;
}

/* --- options --- */

struct read_option {
    uint16_t code, size;
    const uint8_t *value;
};

/* False: no more of them. */
static bool next_option(const struct block_reader *reader, const uint8_t **at, const uint8_t *end,
                        struct read_option *option)
{
    if (end - *at < 4)
        return false;
    option->code = get_u16(reader, *at);
    option->size = get_u16(reader, *at + 2);
    option->value = *at + 4;
    size_t padded = ((size_t)option->size + 3) & ~(size_t)3;
    if (option->code == PCAPNG_OPTION_END || option->size > end - option->value)
        return false;
    *at = option->value + MIN(padded, (size_t)(end - option->value));
    return true;
}

static void set_interface(const struct block_reader *reader, struct block_interface *interface,
                          const struct read_option *option)
{
    if (option->code == PCAPNG_INTERFACE_NAME && !interface->name) {
        interface->name = g_strndup((const char *)option->value, MIN(option->size, MAX_NAME));
    } else if (option->code == PCAPNG_INTERFACE_MAC && option->size == sizeof(interface->mac)) {
        memcpy(interface->mac, option->value, sizeof(interface->mac));
        interface->has_mac = true;
    } else if (option->code == PCAPNG_INTERFACE_SPEED && option->size == 8) {
        interface->speed = get_u64(reader, option->value);
    } else if (option->code == PCAPNG_INTERFACE_TSRESOL && option->size == 1) {
        interface->resolution = *option->value;
    } else if (option->code == PCAPNG_INTERFACE_TSOFFSET && option->size == 8) {
        interface->offset = (int64_t)get_u64(reader, option->value);
    }
}

static bool add_interface(struct block_reader *reader, const uint8_t *body, size_t size)
{
    struct block_interface interface = {.resolution = MICROSECONDS};
    const uint8_t *at = body + INTERFACE_SIZE;
    struct read_option option;

    if (size < INTERFACE_SIZE || reader->interfaces->len == MAX_INTERFACES)
        return false;
    interface.link_type = get_u16(reader, body);
    while (next_option(reader, &at, body + size, &option))
        set_interface(reader, &interface, &option);
    g_array_append_val(reader->interfaces, interface);
    return true;
}

static bool is_record(const struct block_reader *reader, const uint8_t *value, size_t size)
{
    return size >= 4 + PKTMON_METADATA_HEADER_SIZE &&
           get_u32(reader, value) == PKTMON_ENTERPRISE_NUMBER &&
           memcmp(value + 4, PKTMON_METADATA_MAGIC, strlen(PKTMON_METADATA_MAGIC)) == 0;
}

static void set_record(const struct block_reader *reader, struct read_block *block,
                       const uint8_t *value, size_t size)
{
    if (block->record || !is_record(reader, value, size))
        return;
    block->record = value + 4;
    block->record_size = MIN(size - 4, PKTMON_METADATA_MAX_SIZE);
}

static void set_packet(const struct block_reader *reader, struct read_block *block,
                       const struct read_option *option)
{
    if (option->code == PKTMON_OPTION_CODE) {
        set_record(reader, block, option->value, option->size);
    } else if (option->code == PCAPNG_PACKET_FLAGS && option->size == 4) {
        block->flags = get_u32(reader, option->value);
    } else if (option->code == PCAPNG_PACKET_QUEUE && option->size == 4) {
        block->has_queue = true;
        block->queue = get_u32(reader, option->value);
    }
}

/* --- times --- */

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* if_tsresol: a power of ten, or with the highest bit of two. Any number gives a time. */
static uint64_t nanoseconds(const struct block_interface *interface, uint64_t ticks)
{
    unsigned exponent = interface->resolution & 0x7F;
    uint64_t time = ticks, offset = (uint64_t)interface->offset * 1000000000;

    if (!(interface->resolution & 0x80)) {
        if (exponent <= PCAPNG_NANOSECONDS)
            return ticks * power_of_ten(PCAPNG_NANOSECONDS - exponent) + offset;
        exponent = MIN(exponent - PCAPNG_NANOSECONDS, 19);
        return time / power_of_ten(exponent) + offset;
    }
    exponent = MIN(exponent, 63);
    uint64_t seconds = exponent == 0 ? ticks : ticks >> exponent;
    uint64_t rest = ticks & (((uint64_t)1 << exponent) - 1);
    unsigned lost = exponent > 33 ? exponent - 33 : 0; /* so that the product fits */
    time = seconds * 1000000000;
    return time + ((rest >> lost) * 1000000000 >> (exponent - lost)) + offset;
}

/* --- blocks --- */

static bool read_packet(const struct block_reader *reader, struct read_block *block,
                        const uint8_t *body, size_t size)
{
    struct read_option option;

    if (size < PCAPNG_PACKET_SIZE)
        return false;
    uint32_t number = get_u32(reader, body);
    block->caplen = get_u32(reader, body + 12);
    block->origlen = get_u32(reader, body + 16);
    block->data = body + PCAPNG_PACKET_SIZE;
    if (number >= reader->interfaces->len || block->caplen > size - PCAPNG_PACKET_SIZE)
        return false;
    block->kind = BLOCK_KIND_PACKET;
    block->origlen = MAX(block->origlen, block->caplen);
    block->interface = &g_array_index(reader->interfaces, struct block_interface, number);
    block->time = nanoseconds(block->interface, (uint64_t)get_u32(reader, body + 4) << 32 |
                                                    get_u32(reader, body + 8));
    const uint8_t *at =
        block->data + MIN(((size_t)block->caplen + 3) & ~(size_t)3, size - PCAPNG_PACKET_SIZE);
    block->end = body + size;
    block->options = at;
    while (next_option(reader, &at, block->end, &option)) {
        bool had_record = block->record;

        set_packet(reader, block, &option);
        if (block->record && !had_record)
            block->after_record = at;
    }
    return true;
}

bool block_reader_next_comment(const struct block_reader *reader, const struct read_block *block,
                               const uint8_t **at, const char **text, size_t *size)
{
    struct read_option option;

    if (!*at)
        *at = block->options;
    while (*at && next_option(reader, at, block->end, &option)) {
        if (option.code != PCAPNG_OPTION_COMMENT)
            continue;
        *text = (const char *)option.value;
        *size = option.size;
        return true;
    }
    return false;
}

bool block_reader_next_record(const struct block_reader *reader, struct read_block *block)
{
    struct read_option option;

    while (block->after_record && next_option(reader, &block->after_record, block->end, &option)) {
        if (option.code != PKTMON_OPTION_CODE || !is_record(reader, option.value, option.size))
            continue;
        block->record = NULL;
        set_record(reader, block, option.value, option.size);
        return true;
    }
    return false;
}

static bool read_body(struct block_reader *reader, struct read_block *block, uint32_t type,
                      const uint8_t *body, size_t size)
{
    switch (type) {
    case PCAPNG_BLOCK_SECTION:
    case PCAPNG_BLOCK_STATISTICS:
        block->kind = BLOCK_KIND_OURS;
        return true;
    case PCAPNG_BLOCK_INTERFACE:
        block->kind = BLOCK_KIND_OURS;
        return add_interface(reader, body, size);
    case PCAPNG_BLOCK_PACKET:
        return read_packet(reader, block, body, size);
    case PCAPNG_BLOCK_SIMPLE_PACKET:
    case PCAPNG_BLOCK_OLD_PACKET:
        block->kind = BLOCK_KIND_OTHER_PACKET;
        return true;
    case PKTMON_CUSTOM_BLOCK:
        set_record(reader, block, body, size);
        block->kind = block->record ? BLOCK_KIND_CUSTOM : BLOCK_KIND_OTHER;
        return true;
    default:
        return true;
    }
}

/* A section says in which byte order its numbers are, its own length too. */
static bool begin_section(struct block_reader *reader)
{
    uint32_t magic;

    memcpy(&magic, reader->buffer + reader->at + BLOCK_HEADER, sizeof(magic));
    if (magic != PCAPNG_BYTE_ORDER_MAGIC && magic != GUINT32_SWAP_LE_BE(PCAPNG_BYTE_ORDER_MAGIC))
        return false;
    reader->is_swapped = magic != PCAPNG_BYTE_ORDER_MAGIC;
    reader->has_section = true;
    g_array_set_size(reader->interfaces, 0);
    return true;
}

static bool refuse_file(GError **error)
{
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                        "It is no pcapng file: give one that Packet Monitor has written.");
    return false;
}

/* The type is the same in both byte orders. */
static bool read_header(struct block_reader *reader, uint32_t *type, uint32_t *length,
                        GError **error)
{
    const uint8_t *at = reader->buffer + reader->at;

    *type = get_u32(reader, at);
    if (!reader->has_section && *type != PCAPNG_BLOCK_SECTION)
        return refuse_file(error);
    if (*type == PCAPNG_BLOCK_SECTION) {
        if (!fill(reader, SECTION_SIZE, error))
            return false;
        if (left(reader) < SECTION_SIZE)
            return refuse_end(reader, error);
        if (!begin_section(reader))
            return refuse_block(reader, error);
        at = reader->buffer + reader->at;
    }
    *length = get_u32(reader, at + 4);
    return (*length >= BLOCK_HEADER + BLOCK_TRAILER && *length % 4 == 0 &&
            (*type != PCAPNG_BLOCK_SECTION || *length >= SECTION_SIZE)) ||
           refuse_block(reader, error);
}

static bool read_whole(struct block_reader *reader, struct read_block *block, uint32_t type,
                       uint32_t length, GError **error)
{
    if (!fill(reader, length, error))
        return false;
    if (left(reader) < length)
        return refuse_end(reader, error);
    const uint8_t *at = reader->buffer + reader->at;
    if (get_u32(reader, at + length - BLOCK_TRAILER) != length ||
        !read_body(reader, block, type, at + BLOCK_HEADER, length - BLOCK_HEADER - BLOCK_TRAILER))
        return refuse_block(reader, error);
    advance(reader, length);
    return true;
}

bool block_reader_next(struct block_reader *reader, struct read_block *block, GError **error)
{
    uint32_t type, length;

    *block = (struct read_block){.kind = BLOCK_KIND_OTHER};
    if (!fill(reader, BLOCK_HEADER, error))
        return false;
    if (left(reader) == 0)
        return !reader->has_section && refuse_file(error);
    if (left(reader) < BLOCK_HEADER)
        return reader->has_section ? refuse_end(reader, error) : refuse_file(error);
    if (!read_header(reader, &type, &length, error))
        return false;
    if (length <= BUFFER_SIZE)
        return read_whole(reader, block, type, length, error);
    if (type == PCAPNG_BLOCK_PACKET)
        block->kind = BLOCK_KIND_OTHER_PACKET;
    return skip(reader, length, error);
}
