/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng blocks and their options, appended to a buffer in this machine's byte order
 * (draft-ietf-opsawg-pcapng). Times are nanoseconds since 1970-01-01 UTC: every interface has
 * if_tsresol 9. Texts are UTF-8. A NULL or empty text writes no option; a longer text is cut at
 * 65535 bytes, the maximum of an option.
 */
#ifndef PKTMON_PCAPNG_PCAPNG_BLOCKS_H
#define PKTMON_PCAPNG_PCAPNG_BLOCKS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PKTMON_LINKTYPE_ETHERNET 1

/* Section Header Block, of unknown length. */
struct pcapng_section_block {
    const char *hardware;
    const char *os;
    const char *application;
};

/* Interface Description Block. */
struct pcapng_interface_block {
    uint16_t link_type;
    uint32_t snaplen;
    const char *name;
    const char *description;
    const uint8_t *mac; /* 6 bytes; NULL = none */
    uint64_t speed;     /* bits per second; 0 = not known */
};

/* The direction bits of epb_flags. */
enum pcapng_flags {
    PKTMON_PCAPNG_INBOUND = 1,
    PKTMON_PCAPNG_OUTBOUND = 2,
};

/* Enhanced Packet Block. */
struct pcapng_packet_block {
    uint32_t interface; /* number of its Interface Description Block in the section */
    uint64_t time;
    const uint8_t *data;
    uint32_t caplen;
    uint32_t origlen;
    const char *comment, *user_comment; /* NULL = none */
    uint32_t flags;                     /* enum pcapng_flags; 0 = no option */
    uint64_t dropcount;                 /* 0 = no option */
    bool has_packet_id;
    uint64_t packet_id;
    bool has_queue;
    uint32_t queue;
    const uint8_t *metadata;   /* value of our custom option; NULL = no option */
    size_t metadata_size;      /* at most PKTMON_METADATA_MAX_SIZE */
    const GByteArray *records; /* of pcapng_put_record(): options of ours too; NULL = none */
};

/* Interface Statistics Block. */
struct pcapng_statistics_block {
    uint32_t interface;
    uint64_t time;
    uint64_t start_time;
    uint64_t end_time;
    uint64_t received;
    uint64_t dropped;
};

void pcapng_put_section(GByteArray *out, const struct pcapng_section_block *section);
void pcapng_put_interface(GByteArray *out, const struct pcapng_interface_block *interface);

/* Adds a metadata record to those of one packet's block. */
void pcapng_put_record(GByteArray *records, const uint8_t *metadata, size_t size);

/* Size of the packet's block without its data and the data's padding. */
size_t pcapng_packet_overhead(const struct pcapng_packet_block *packet);
void pcapng_put_packet(GByteArray *out, const struct pcapng_packet_block *packet);

void pcapng_put_statistics(GByteArray *out, const struct pcapng_statistics_block *statistics);

/* A Custom Block of ours that programs copy when they save a file. */
void pcapng_put_custom(GByteArray *out, const uint8_t *metadata, size_t size);

#endif
