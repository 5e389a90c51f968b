/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a journey while it is written: its sections, which grow with each hop, and what the
 * next hop may refer to in them. Private to journey-record.c and journey-encoder.c.
 */
#ifndef PKTMON_PCAPNG_JOURNEY_ENCODER_H
#define PKTMON_PCAPNG_JOURNEY_ENCODER_H

#include <stdbool.h>

#include "model/journey-edits.h"
#include "model/journey-format.h"
#include "pktmon/journey.h"

/* A section, as it grows. */
struct journey_encoder_part {
    struct journey_writer out;
    size_t count;                     /* entries */
    uint16_t ends[JOURNEY_MAX_EDITS]; /* where in out the entries end */
    uint8_t memory[JOURNEY_MAX_RECORD];
};

enum { PART_COMPONENTS, PART_TEXTS, PART_EDITS, PART_EXTRAS, PART_HOPS, PART_PIECES, PART_COUNT };

struct journey_encoder {
    const struct pktmon_journey *journey;
    struct journey_encoder_part parts[PART_COUNT];
    uint32_t ids[JOURNEY_MAX_COMPONENTS];
    const char *known_names[JOURNEY_MAX_COMPONENTS];
    const char *texts[JOURNEY_MAX_TEXTS]; /* of the entry, as a hop has it; borrowed */
    size_t made_names;                    /* bytes of names that a reader puts together */
    struct journey_base base;
    const uint8_t *own_base; /* of the section BASE; borrowed from a hop */
    size_t own_base_size;
    bool full, cut; /* of the hop at hand */
    struct journey_values before;
    const struct pktmon_packet *packet_before;
    uint64_t time_before;
    uint64_t observations;
    uint8_t scratch[JOURNEY_MAX_RECORD];
    uint8_t run[JOURNEY_MAX_RECORD]; /* pieces of one */
};

/* Where the parts end, to go back to. */
struct journey_encoder_mark {
    size_t lengths[PART_COUNT], counts[PART_COUNT], made_names;
};

struct journey_encoder_mark journey_encoder_mark(const struct journey_encoder *encoder);
void journey_encoder_go_back(struct journey_encoder *encoder,
                             const struct journey_encoder_mark *mark);

/* What was put into the part since the last entry is one. A part without room for it: full is set,
 * as by all that follow. */
void journey_encoder_end_entry(struct journey_encoder *encoder, size_t which);

/*
 * Each puts an entry, if there is none that is equal, and returns what a hop says of it: its number
 * from 1 (of a component: from 0), or 0 where there is nothing to say. before: what the hop before
 * has, which is looked at first.
 */
uint64_t journey_encoder_put_text(struct journey_encoder *encoder, const char *text,
                                  uint64_t before);
uint64_t journey_encoder_put_component(struct journey_encoder *encoder,
                                       const struct pktmon_hop *hop, uint64_t netns_number);
/* Bytes that are not those of the frame. */
uint64_t journey_encoder_put_edits(struct journey_encoder *encoder, const uint8_t *data,
                                   size_t size, uint32_t origlen, uint64_t before);
/* The first bytes of the packet. */
uint64_t journey_encoder_put_bytes(struct journey_encoder *encoder,
                                   const struct pktmon_packet *packet, size_t size,
                                   uint64_t before);
uint64_t journey_encoder_put_extras(struct journey_encoder *encoder, const struct pktmon_nbl *nbl,
                                    uint64_t before);

bool journey_bytes_begin_with(const uint8_t *whole, size_t whole_size, const uint8_t *data,
                              size_t size);

#endif
