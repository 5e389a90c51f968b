/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the record of a packet says was observed: one hop in the appearances view, all hops of a
 * journey in the packets view. The tree, the statistics and the flow graph read both from here.
 */
#ifndef PKTMON_DISSECTOR_FRAME_HOPS_H
#define PKTMON_DISSECTOR_FRAME_HOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <epan/packet.h>

#include "components.h"
#include "frame-record.h"
#include "pktmon/journey.h"

/* One observation of a run. */
struct hop_piece {
    nstime_t time;
    uint16_t number; /* packet number; 0: none */
};

/* One hop line. All texts are valid UTF-8. */
struct frame_hop {
    struct pktmon_event event; /* PKTMON_RECORD_PACKET */
    const char *name;          /* of the component; NULL: not known */
    const char *edge_name;     /* NULL: not known */
    uint32_t count;            /* of observations */
    struct hop_piece *pieces;  /* those that are known, in the order of time; at least one */
    size_t piece_count;
};

struct frame_hops {
    enum pktmon_view view;
    uint64_t capture_id;
    /* In the appearances view it has the group alone. */
    struct pktmon_journey journey;
    const char *path; /* NULL: none */
    struct frame_hop *hops;
    size_t count;
    bool is_whole;  /* the hops are there */
    bool malformed; /* something of the journey could not be read */
};

/* How a hop's field is shown. */
enum hop_presence {
    HOP_FIELD_DENSE,    /* in the packets view one value for each hop, else as IF_SET */
    HOP_FIELD_IF_SET,   /* if it is not 0, or there is a text */
    HOP_FIELD_IF_KNOWN, /* if the packet says that it has one */
    HOP_FIELD_IF_OTHER, /* as IF_SET, and not as at the hop before */
};

/* A field of the record that is a member of struct pktmon_packet. Edge and direction are none of
 * these: each hop has them. */
struct hop_field {
    enum pktmon_field field;
    enum hop_presence presence;
    size_t offset; /* in struct pktmon_packet */
    size_t size;   /* of a number; 0: text */
};

extern const struct hop_field hop_fields[];
extern const size_t hop_field_count;

uint64_t hop_field_number(const struct hop_field *field, const struct frame_hop *hop);
const char *hop_field_text(const struct hop_field *field, const struct frame_hop *hop);
bool hop_field_is_shown(const struct hop_field *field, const struct frame_hops *hops, size_t hop);

/* How much of a journey is read. */
enum hops_wanted {
    HOPS_IF_DROPPED, /* the hops, if one of them is a drop; this costs the least */
    HOPS_WHOLE,
    HOPS_WITH_BYTES, /* data and caplen of each hop's packet, too, as far as there are bytes */
};

/* NULL: the record is none of a packet. known: of the record's component, from elsewhere. Of a
 * continuation all is read. The hops live as long as the packet. */
const struct frame_hops *frame_hops_read(const struct record *record, tvbuff_t *frame,
                                         packet_info *pinfo,
                                         const struct component_description *known,
                                         enum hops_wanted wanted);

nstime_t frame_hops_duration(uint64_t nanoseconds);

/* The first hop that is a drop; NULL: none is. */
const struct frame_hop *frame_hops_drop(const struct frame_hops *hops);

#endif
