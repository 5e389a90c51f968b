/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of a packet: all that was observed of it, as one. Everything that a journey points to
 * is borrowed: it is valid during the call that hands the journey over.
 */
#ifndef PKTMON_JOURNEY_H
#define PKTMON_JOURNEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* pktmon.fate: X(NAME, number, "name as it is shown"). Of the copies of a packet the greatest fate
 * is that of the packet. */
#define PKTMON_FATES(X)                                                                            \
    X(UNKNOWN, 0, "unknown")                                                                       \
    X(DROPPED, 1, "dropped")                                                                       \
    X(CONSUMED, 2, "consumed")                                                                     \
    X(FORWARDED, 3, "forwarded")                                                                   \
    X(DELIVERED, 4, "delivered")

enum pktmon_fate {
#define X(NAME, number, name) PKTMON_FATE_##NAME = number,
    PKTMON_FATES(X)
#undef X
};

/* What a packet is in a file or a stream; pktmon.view. */
enum pktmon_view {
    PKTMON_VIEW_PACKETS = 1,     /* one frame, with its journey */
    PKTMON_VIEW_APPEARANCES = 2, /* a frame for each observation */
};

#define PKTMON_JOURNEY_MAX_HOPS 256 /* lines of one journey; more are a continuation */
#define PKTMON_PATH_SIZE        201 /* bytes of a path's text, with its zero */

/* One observation of a run. What it does not have is as in the first one. */
struct pktmon_piece {
    uint64_t time; /* ns since 1970 */
    uint32_t appearance;
    uint32_t caplen, origlen;
    const uint8_t *data;
    uint16_t number; /* of the packet */
};

/*
 * A hop: one observation, or a run of pieces of one copy that passed the same place one after the
 * other and fared alike.
 */
struct pktmon_hop {
    const struct pktmon_event *event; /* PKTMON_RECORD_PACKET: the first observation, whole */
    const char *name;                 /* of the component, as it was then; UTF-8; NULL: not known */
    uint32_t count;                   /* observations: 1 but for a run */
    uint64_t last;                    /* time of the last one, ns since 1970 */
    uint16_t last_number;             /* packet number of the last one */
    uint8_t form;                     /* of its bytes, from 1 */
    const struct pktmon_piece
        *pieces; /* of a run: count, the first one is event; NULL: not known */
};

struct pktmon_journey {
    uint64_t group;
    uint64_t time;         /* of its first hop, ns since 1970 */
    uint64_t total;        /* of the whole packet, from its first to its last observation, ns */
    enum pktmon_fate fate; /* of the whole packet */
    bool open;             /* it had not ended when this was written */
    bool continued;        /* the rest of one that was written open; it has no bytes */
    uint8_t form, forms;   /* which of the packet's forms this is, from 1, and how many there are */
    uint8_t side;          /* of a NAT: 1 = that of the connection's first packet, 2; 0 = no NAT */
    uint64_t merged_into;  /* the group that this piece became a part of; 0 = none */

    uint16_t link_type;
    const uint8_t *data; /* of the packet, network order, from the link header on */
    uint32_t caplen, origlen;
    uint16_t bytes_hop; /* index of the hop that the headers are from */
    bool composed;      /* bytes of another hop were joined to them */

    const struct pktmon_hop *hops; /* of this form, in the order of time */
    size_t hop_count;
    uint32_t observations; /* of this form: the sum of the hops' counts */
    const char *path;      /* at most 200 bytes of UTF-8 */
};

#endif
