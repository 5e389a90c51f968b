/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads pcapng back, for tests: a malformed block fails the test. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "pktmon/metadata.h"

enum {
    SECTION = 0x0A0D0D0A,
    INTERFACE = 1,
    STATISTICS = 5,
    PACKET = 6,
    CUSTOM = PKTMON_CUSTOM_BLOCK,
};

struct block {
    uint32_t type;
    uint32_t length;     /* of the whole block */
    const uint8_t *body; /* after type and length */
    size_t body_size;
};

/* Walks over the blocks. Begin with offset 0. False: no more blocks. */
bool block_next(const uint8_t *data, size_t size, size_t *offset, struct block *block);

/* The parts of an Enhanced Packet Block. */
struct packet {
    uint32_t interface;
    uint64_t time;
    uint32_t caplen, origlen;
    const uint8_t *data;
    const uint8_t *options;
    size_t options_size;
};

struct packet block_packet(const struct block *block);

/* The value of the first option with this code; NULL if there is none. */
const uint8_t *option_find(const uint8_t *options, size_t size, uint16_t code, size_t *length);

/* The metadata record of a packet or Custom Block. */
struct pktmon_metadata_reader block_metadata(const struct block *block);

/* Looks for a field of the record; fails the test if the record is malformed. */
bool metadata_find(struct pktmon_metadata_reader reader, enum pktmon_field type,
                   struct pktmon_metadata_field *field);
uint64_t metadata_number(struct pktmon_metadata_reader reader, enum pktmon_field type);
/* The caller frees it; NULL if there is none. */
char *metadata_text(struct pktmon_metadata_reader reader, enum pktmon_field type);

#endif
