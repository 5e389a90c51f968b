/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is held of a packet: what decides its fate, for as long as the packet is known, and rounds
 * of observations. A round is what is written at one time: the packet's journey, and after that one
 * continuation for each round.
 *
 * A round has parts, one for each frame: a form of the whole packet, or of a piece whose whole was
 * never observed. A part has lines, each of which is a hop, and chunks of as many lines as a
 * journey may have.
 */
#ifndef PKTMON_JOURNEY_PACKET_H
#define PKTMON_JOURNEY_PACKET_H

#include <glib.h>

#include "arena.h"
#include "chains.h"
#include "compose.h"
#include "packet-forms.h"
#include "hop-places.h"
#include "pktmon/journey.h"
#include "segments.h"

/* An observation of a run that is not the first. */
struct journey_piece {
    struct journey_piece *next; /* NULL: none */
    struct pktmon_piece piece;  /* whose bytes follow */
};

/* A hop. */
struct journey_line {
    struct pktmon_event event;
    struct journey_place *place; /* NULL: of no component */
    uint32_t count;
    uint16_t lane; /* of its part */
    uint8_t form;
    struct journey_piece *pieces, *newest_piece; /* of a run; NULL: none */
    struct journey_line *next;                   /* of the same part; NULL: none */
    struct journey_line *next_of_all;            /* of the round */
};

/* Of its newest observation. */
static inline uint64_t journey_line_time(const struct journey_line *line)
{
    return line->newest_piece ? line->newest_piece->piece.time : line->event.time;
}

static inline uint16_t journey_line_number(const struct journey_line *line)
{
    return line->newest_piece ? line->newest_piece->piece.number : line->event.packet.packet_number;
}

struct journey_part {
    uint16_t lane; /* packet number of a piece whose whole was not observed first; 0: the whole */
    uint8_t form;
    uint8_t side;      /* once the round is closed */
    bool is_continued; /* likewise: an earlier round had this part */
    bool is_merged;    /* likewise: it became a part of the whole, which is another part */
    guint lines;
    struct journey_line *newest;
    struct journey_part *next; /* of the round */
    struct journey_sources sources;
};

struct journey_packet;
struct journey_entry;

/* What all rounds share. */
struct journey_store {
    struct journey_places *places;
    struct journey_arena_pool pool;
    struct journey_packet *spare; /* for the packets that come next; NULL: none */
    size_t spare_size;            /* bytes of these */
    size_t held;                  /* of all rounds, and what else the owner counts here */
};

struct journey_round {
    struct journey_packet *packet; /* NULL: it is closed */
    struct journey_store *store;
    size_t size;                   /* of all bytes that are held, this round's */
    struct journey_arena arena;    /* of all that is the round's */
    struct journey_entry *entries; /* of each chunk, until it is written; the assembler's */
    guint entry_count;

    struct journey_line *lines, *newest; /* in the order of time */
    struct journey_form form;            /* of the newest observation, and of the line with */
    const struct journey_line *form_of;  /* the same bytes; NULL: none */
    struct journey_part *parts;
    guint line_count, part_count;
    GHashTable *index; /* form and lane -> part; NULL while there are few */
    GHashTable *runs;  /* of pieces: struct run_key -> line; NULL: none yet */

    /* Of the packet, once it is closed. */
    uint64_t group, merged_into, total;
    uint32_t copy; /* which decides the fate */
    uint16_t piece;
    uint8_t forms;
    enum pktmon_fate fate;
    bool is_continuation, is_open;
};

struct journey_packet {
    uint64_t group;
    uint64_t first, newest; /* times */
    struct journey_chains *chains;
    struct journey_packet_forms forms;
    struct journey_round *round; /* NULL: nothing is held of it */
    GHashTable *written;         /* of pieces: form and lane that were closed; NULL: none */
    struct journey_segment
        segment;          /* of TCP, as it was first; of length 0: none, or not asked for */
    uint32_t component;   /* of the newest observation */
    uint16_t edge;        /* likewise */
    uint8_t segment_form; /* in which it was added to its stream */
    uint64_t merged_into; /* another group; 0 = none */
    uint16_t lane;        /* of observations of the whole */
    bool is_merged;       /* the whole was observed after pieces */
    bool is_continuation; /* a round was closed */
    size_t size;          /* as it was counted */
    GQueue *queue;        /* of the assembler's, which it is in; NULL: in none */
    GList link;           /* there */
};

/* A chunk begins: its first line, and its part. */
struct journey_chunk {
    struct journey_part *part;
    struct journey_line *first;
    guint number;
};

struct journey_packet *journey_packet_new(struct journey_store *store, uint64_t group);
/* It has no round. */
void journey_packet_free(struct journey_store *store, struct journey_packet *packet);
/* Frees what waits for the next packets. */
void journey_store_clear(struct journey_store *store);
/* Bytes of memory, about, without its round. */
size_t journey_packet_size(const struct journey_packet *packet);

struct journey_round *journey_round_new(struct journey_packet *packet, struct journey_store *store);
void journey_round_free(struct journey_round *round);

/* Memory that lasts as long as the round. */
void *journey_round_take(struct journey_round *round, size_t size);

/* The next observation, which is copied; round->form is what was read of its bytes. True: a chunk
 * begins with it. */
bool journey_round_add(struct journey_round *round, const struct pktmon_event *event,
                       uint16_t vxlan_port, const struct journey_context *context,
                       struct journey_chunk *chunk);

/* Which journeys are wanted. */
struct journey_selection {
    bool dropped_only;
    /* ns from the first to the last observation at least, or it was dropped, unless dropped_only:
     * it was dropped too; 0 = any */
    uint64_t slower;
};

/* Nothing is added to it any more; the packet is as it is now, and may go. whole: what it was
 * merged into, as far as that is known; NULL: nothing. False: it is not wanted, and what comes
 * later of the packet is no continuation. */
bool journey_round_close(struct journey_round *round, const struct journey_losses *losses,
                         bool is_open, const struct journey_selection *selection,
                         const struct journey_packet *whole);

/* Memory for what is written. */
struct journey_maker;
struct journey_maker *journey_maker_new(void);
void journey_maker_free(struct journey_maker *maker);

/* The journey of a chunk of a closed round: valid until the next call, and as long as the round. */
const struct pktmon_journey *journey_make(struct journey_maker *maker, struct journey_round *round,
                                          const struct journey_chunk *chunk, uint16_t vxlan_port);

/* The part that has this form of this piece; NULL: none. */
struct journey_part *journey_round_find(const struct journey_round *round, uint8_t form,
                                        uint16_t lane);

#endif
