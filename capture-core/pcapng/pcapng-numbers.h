/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of pcapng (draft-ietf-opsawg-pcapng): of blocks, of their options, and of sizes. */
#ifndef PKTMON_PCAPNG_PCAPNG_NUMBERS_H
#define PKTMON_PCAPNG_PCAPNG_NUMBERS_H

enum pcapng_block_type {
    PCAPNG_BLOCK_SECTION = 0x0A0D0D0A,
    PCAPNG_BLOCK_INTERFACE = 1,
    PCAPNG_BLOCK_OLD_PACKET = 2, /* obsolete */
    PCAPNG_BLOCK_SIMPLE_PACKET = 3,
    PCAPNG_BLOCK_STATISTICS = 5,
    PCAPNG_BLOCK_PACKET = 6,
};

enum pcapng_option_code {
    PCAPNG_OPTION_END = 0,
    PCAPNG_OPTION_COMMENT = 1,
    PCAPNG_SECTION_HARDWARE = 2,
    PCAPNG_SECTION_OS = 3,
    PCAPNG_SECTION_APPLICATION = 4,
    PCAPNG_INTERFACE_NAME = 2,
    PCAPNG_INTERFACE_DESCRIPTION = 3,
    PCAPNG_INTERFACE_MAC = 6,
    PCAPNG_INTERFACE_SPEED = 8,
    PCAPNG_INTERFACE_TSRESOL = 9,
    PCAPNG_INTERFACE_TSOFFSET = 14,
    PCAPNG_PACKET_FLAGS = 2,
    PCAPNG_PACKET_DROPCOUNT = 4,
    PCAPNG_PACKET_ID = 5,
    PCAPNG_PACKET_QUEUE = 6,
    PCAPNG_STATISTICS_START = 2,
    PCAPNG_STATISTICS_END = 3,
    PCAPNG_STATISTICS_RECEIVED = 4,
    PCAPNG_STATISTICS_DROPPED = 5,
};

#define PCAPNG_BYTE_ORDER_MAGIC 0x1A2B3C4D
#define PCAPNG_NANOSECONDS      9  /* if_tsresol: a power of ten */
#define PCAPNG_PACKET_SIZE      20 /* of an Enhanced Packet Block's body, without data and options */

#endif
