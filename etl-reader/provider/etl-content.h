/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What identifies a packet in a log that does not number packets: its bytes from the network header
 * on.
 *
 * Windows' TCP/IP stack has no IP header any more when a transport drops a packet, and reports the
 * drop with a header made anew: IPv4 without identification, flags and checksum, IPv6 without
 * traffic class, flow label and extension headers, and both with a hop limit of 1. Addresses,
 * protocol, and all that follows, checksums too, are those of the packet.
 */
#ifndef PKTMON_ETL_READER_ETL_CONTENT_H
#define PKTMON_ETL_READER_ETL_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "etl-reader/events/link.h"

#define ETL_CONTENT_SIZE 128 /* bytes that are compared */

struct etl_content {
    uint32_t hash;
    uint16_t size;
    uint16_t transport; /* where the bytes behind the IP headers begin; 0 = not known */
    uint32_t length;    /* of these bytes, by the IP header */
    uint16_t checksum;  /* of TCP or UDP */
    bool has_checksum;
    uint8_t protocol;
    bool begins;  /* the first fragment of several */
    bool is_anew; /* the IP header looks like one that was made anew */
    /* Without what an adapter fills in later, or what differs between appearances. */
    uint8_t bytes[ETL_CONTENT_SIZE];
};

/* False: too few bytes to identify a packet. */
bool etl_content_read(const struct etl_frame *frame, struct etl_content *content);

/* The same packet may be truncated to different lengths. */
bool etl_content_is_same(const struct etl_content *left, const struct etl_content *right);

/* Whether an IP packet may have several receivers on one host. */
bool etl_content_is_multicast(const struct etl_content *content);

/* What etl_content_survives() needs to be the same; false: nothing can be found by it. */
bool etl_content_hash_survivors(const struct etl_content *content, uint32_t *hash);

/* Whether a drop whose IP header was made anew is that of a packet, by all that survives. The first
 * fragment of a datagram stands for it. */
bool etl_content_survives(const struct etl_content *packet, const struct etl_content *drop);

#endif
