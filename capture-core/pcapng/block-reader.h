/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blocks of a pcapng file, from any bytes that a descriptor gives: those of packets with their
 * interfaces, and custom blocks. A block of another kind, or one that is too large to be ours, is
 * passed over. Memory is bounded whatever comes.
 */
#ifndef PKTMON_PCAPNG_BLOCK_READER_H
#define PKTMON_PCAPNG_BLOCK_READER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum block_kind {
    BLOCK_KIND_OURS, /* a section, an interface, or statistics */
    BLOCK_KIND_PACKET,
    BLOCK_KIND_CUSTOM,
    BLOCK_KIND_OTHER,        /* nothing is read of it */
    BLOCK_KIND_OTHER_PACKET, /* likewise, but it is a packet: of a format that we do not write */
};

/* An Interface Description Block. */
struct block_interface {
    uint16_t link_type;
    uint8_t resolution; /* if_tsresol */
    int64_t offset;     /* if_tsoffset, s */
    char *name;         /* NULL: none */
    bool has_mac;
    uint8_t mac[6];
    uint64_t speed; /* bits per second; 0 = not known */
};

/* Valid until the next one is read. */
struct read_block {
    enum block_kind kind;
    /* of a packet */
    const struct block_interface *interface;
    uint64_t time; /* ns since 1970 */
    const uint8_t *data;
    uint32_t caplen, origlen;
    uint32_t flags;
    bool has_queue;
    uint32_t queue;
    /* of a packet, and of a custom block of ours: the first metadata record; NULL: none */
    const uint8_t *record;
    size_t record_size;
    /* private: options that may be records too, and all options of a packet */
    const uint8_t *after_record, *end, *options;
};

struct block_reader;

/* fd is borrowed. */
struct block_reader *block_reader_new(int fd);
void block_reader_free(struct block_reader *reader);

/* False with error: it is no pcapng, is damaged, or cannot be read. False without error: the file
 * ends here. */
bool block_reader_next(struct block_reader *reader, struct read_block *block, GError **error);

/* The next record of a packet's block. False: there are no more. */
bool block_reader_next_record(const struct block_reader *reader, struct read_block *block);

/* The next comment of a packet's block, of which text is the first size bytes. at: NULL at first.
 * False: there are no more. */
bool block_reader_next_comment(const struct block_reader *reader, const struct read_block *block,
                               const uint8_t **at, const char **text, size_t *size);

/* Bytes that were read so far. */
uint64_t block_reader_offset(const struct block_reader *reader);

#endif
