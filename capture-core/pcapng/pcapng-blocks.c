/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcapng-blocks.h"

#include <string.h>

#include "pcapng-numbers.h"
#include "pktmon/metadata.h"

#define MAC_SIZE               6
#define OPTION_HEADER_SIZE     4
#define BLOCK_FRAME_SIZE       12 /* type, length, and the length again at the end */
#define ENTERPRISE_NUMBER_SIZE 4

/* A block being written, into room reserved at the end of the buffer. */
struct block {
    GByteArray *out;
    guint start; /* offset of the block in the buffer */
    uint8_t *at; /* where the next byte goes */
};

static size_t padded(size_t length)
{
    return (length + 3) & ~(size_t)3;
}

static size_t option_size(size_t length)
{
    return OPTION_HEADER_SIZE + padded(length);
}

static size_t text_length(const char *text)
{
    return text ? strnlen(text, UINT16_MAX) : 0;
}

static size_t text_size(const char *text)
{
    size_t length = text_length(text);

    return length > 0 ? option_size(length) : 0;
}

static void put_bytes(struct block *block, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(block->at, bytes, length);
    block->at += length;
}

static void put_padding(struct block *block, size_t length)
{
    size_t padding = padded(length) - length;

    memset(block->at, 0, padding);
    block->at += padding;
}

static void put_u16(struct block *block, uint16_t value)
{
    put_bytes(block, &value, sizeof(value));
}

static void put_u32(struct block *block, uint32_t value)
{
    put_bytes(block, &value, sizeof(value));
}

/* pcapng stores a time as two words, the high one first, in any byte order. */
static void put_time(struct block *block, uint64_t time)
{
    put_u32(block, time >> 32);
    put_u32(block, (uint32_t)time);
}

static void put_option(struct block *block, uint16_t code, const void *value, size_t length)
{
    put_u16(block, code);
    put_u16(block, length);
    put_bytes(block, value, length);
    put_padding(block, length);
}

static void put_text(struct block *block, uint16_t code, const char *text)
{
    size_t length = text_length(text);

    if (length > 0)
        put_option(block, code, text, length);
}

static void put_u32_option(struct block *block, uint16_t code, uint32_t value)
{
    put_option(block, code, &value, sizeof(value));
}

static void put_u64_option(struct block *block, uint16_t code, uint64_t value)
{
    put_option(block, code, &value, sizeof(value));
}

static void put_time_option(struct block *block, uint16_t code, uint64_t time)
{
    put_u16(block, code);
    put_u16(block, sizeof(time));
    put_time(block, time);
}

static void put_end_of_options(struct block *block)
{
    put_option(block, PCAPNG_OPTION_END, "", 0);
}

/* size: at least that of the whole block. */
static struct block begin_block(GByteArray *out, uint32_t type, size_t size)
{
    struct block block = {.out = out, .start = out->len};

    g_byte_array_set_size(out, out->len + size);
    block.at = out->data + block.start;
    put_u32(&block, type);
    put_u32(&block, 0); /* the length, filled in later */
    return block;
}

static void end_block(struct block *block)
{
    uint8_t *start = block->out->data + block->start;
    uint32_t length = block->at - start + sizeof(length);

    memcpy(start + sizeof(uint32_t), &length, sizeof(length));
    put_u32(block, length);
    g_byte_array_set_size(block->out, block->start + length);
}

void pcapng_put_section(GByteArray *out, const struct pcapng_section_block *section)
{
    size_t options =
        text_size(section->hardware) + text_size(section->os) + text_size(section->application);
    struct block block = begin_block(out, PCAPNG_BLOCK_SECTION,
                                     BLOCK_FRAME_SIZE + 16 + options + OPTION_HEADER_SIZE);

    put_u32(&block, PCAPNG_BYTE_ORDER_MAGIC);
    put_u16(&block, 1);
    put_u16(&block, 0);
    put_u32(&block, UINT32_MAX); /* a section of unknown length: -1 in 64 bits */
    put_u32(&block, UINT32_MAX);
    put_text(&block, PCAPNG_SECTION_HARDWARE, section->hardware);
    put_text(&block, PCAPNG_SECTION_OS, section->os);
    put_text(&block, PCAPNG_SECTION_APPLICATION, section->application);
    if (options > 0)
        put_end_of_options(&block);
    end_block(&block);
}

void pcapng_put_interface(GByteArray *out, const struct pcapng_interface_block *interface)
{
    size_t options = text_size(interface->name) + text_size(interface->description) +
                     option_size(MAC_SIZE) + option_size(sizeof(interface->speed)) +
                     option_size(1) + OPTION_HEADER_SIZE;
    struct block block = begin_block(out, PCAPNG_BLOCK_INTERFACE, BLOCK_FRAME_SIZE + 8 + options);
    const uint8_t resolution = PCAPNG_NANOSECONDS;

    put_u16(&block, interface->link_type);
    put_u16(&block, 0);
    put_u32(&block, interface->snaplen);
    put_text(&block, PCAPNG_INTERFACE_NAME, interface->name);
    put_text(&block, PCAPNG_INTERFACE_DESCRIPTION, interface->description);
    if (interface->mac)
        put_option(&block, PCAPNG_INTERFACE_MAC, interface->mac, MAC_SIZE);
    if (interface->speed > 0)
        put_u64_option(&block, PCAPNG_INTERFACE_SPEED, interface->speed);
    put_option(&block, PCAPNG_INTERFACE_TSRESOL, &resolution, sizeof(resolution));
    put_end_of_options(&block);
    end_block(&block);
}

/* Size of the packet's options, without the end-of-options option. */
static size_t packet_options_size(const struct pcapng_packet_block *packet)
{
    size_t size = text_size(packet->comment) + text_size(packet->user_comment);

    if (packet->flags)
        size += option_size(sizeof(packet->flags));
    if (packet->dropcount)
        size += option_size(sizeof(packet->dropcount));
    if (packet->has_packet_id)
        size += option_size(sizeof(packet->packet_id));
    if (packet->has_queue)
        size += option_size(sizeof(packet->queue));
    if (packet->metadata)
        size += option_size(ENTERPRISE_NUMBER_SIZE + packet->metadata_size);
    if (packet->records)
        size += packet->records->len;
    return size;
}

size_t pcapng_packet_overhead(const struct pcapng_packet_block *packet)
{
    size_t options = packet_options_size(packet);

    return BLOCK_FRAME_SIZE + PCAPNG_PACKET_SIZE + options + (options > 0 ? OPTION_HEADER_SIZE : 0);
}

static void put_metadata_option(struct block *block, const uint8_t *metadata, size_t size)
{
    put_u16(block, PKTMON_OPTION_CODE);
    put_u16(block, ENTERPRISE_NUMBER_SIZE + size);
    put_u32(block, PKTMON_ENTERPRISE_NUMBER);
    put_bytes(block, metadata, size);
    put_padding(block, size);
}

void pcapng_put_record(GByteArray *records, const uint8_t *metadata, size_t size)
{
    struct block option = {.out = records, .start = records->len};

    g_byte_array_set_size(records, records->len + option_size(ENTERPRISE_NUMBER_SIZE + size));
    option.at = records->data + option.start;
    put_metadata_option(&option, metadata, size);
}

static void put_packet_options(struct block *block, const struct pcapng_packet_block *packet)
{
    put_text(block, PCAPNG_OPTION_COMMENT, packet->comment);
    put_text(block, PCAPNG_OPTION_COMMENT, packet->user_comment);
    if (packet->flags)
        put_u32_option(block, PCAPNG_PACKET_FLAGS, packet->flags);
    if (packet->dropcount)
        put_u64_option(block, PCAPNG_PACKET_DROPCOUNT, packet->dropcount);
    if (packet->has_packet_id)
        put_u64_option(block, PCAPNG_PACKET_ID, packet->packet_id);
    if (packet->has_queue)
        put_u32_option(block, PCAPNG_PACKET_QUEUE, packet->queue);
    if (packet->metadata)
        put_metadata_option(block, packet->metadata, packet->metadata_size);
    if (packet->records)
        put_bytes(block, packet->records->data, packet->records->len);
}

void pcapng_put_packet(GByteArray *out, const struct pcapng_packet_block *packet)
{
    size_t overhead = pcapng_packet_overhead(packet);
    struct block block = begin_block(out, PCAPNG_BLOCK_PACKET, overhead + padded(packet->caplen));

    put_u32(&block, packet->interface);
    put_time(&block, packet->time);
    put_u32(&block, packet->caplen);
    put_u32(&block, packet->origlen);
    put_bytes(&block, packet->data, packet->caplen);
    put_padding(&block, packet->caplen);
    if (overhead > BLOCK_FRAME_SIZE + PCAPNG_PACKET_SIZE) {
        put_packet_options(&block, packet);
        put_end_of_options(&block);
    }
    end_block(&block);
}

void pcapng_put_statistics(GByteArray *out, const struct pcapng_statistics_block *statistics)
{
    struct block block =
        begin_block(out, PCAPNG_BLOCK_STATISTICS,
                    BLOCK_FRAME_SIZE + 12 + 4 * option_size(sizeof(uint64_t)) + OPTION_HEADER_SIZE);

    put_u32(&block, statistics->interface);
    put_time(&block, statistics->time);
    put_time_option(&block, PCAPNG_STATISTICS_START, statistics->start_time);
    put_time_option(&block, PCAPNG_STATISTICS_END, statistics->end_time);
    put_u64_option(&block, PCAPNG_STATISTICS_RECEIVED, statistics->received);
    put_u64_option(&block, PCAPNG_STATISTICS_DROPPED, statistics->dropped);
    put_end_of_options(&block);
    end_block(&block);
}

void pcapng_put_custom(GByteArray *out, const uint8_t *metadata, size_t size)
{
    struct block block = begin_block(out, PKTMON_CUSTOM_BLOCK,
                                     BLOCK_FRAME_SIZE + ENTERPRISE_NUMBER_SIZE + padded(size));

    put_u32(&block, PKTMON_ENTERPRISE_NUMBER);
    put_bytes(&block, metadata, size);
    put_padding(&block, size);
    end_block(&block);
}
