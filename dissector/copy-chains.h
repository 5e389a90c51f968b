/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains of a packet: the sightings of one copy, or of one piece of a copy, each of which
 * travels on its own, in their order. Each sighting has one before it, but for the first of all;
 * and each chain has a fate.
 */
#ifndef PKTMON_DISSECTOR_COPY_CHAINS_H
#define PKTMON_DISSECTOR_COPY_CHAINS_H

#include <stdbool.h>
#include <stdint.h>

#include <epan/packet.h>

#include "fate.h"
#include "places.h"

/* What was observed of a packet once, as far as chains need it. */
struct sighting {
    uint64_t copy;    /* make_chain_key(): the copy and the piece */
    uint32_t copy_of; /* the copy that it was made from; 0: none */
    uint32_t frame;
    nstime_t time;
    const struct record_place *place;
    struct sighted_end end;
};

/* A sighting in its chain. */
struct chain_link {
    struct copy_chain *chain;
    struct chain_link *previous; /* of the same copy; before its first, the last of its parent */
    struct chain_link *next;     /* of the same copy */
    const struct record_place *place;
    nstime_t time;
    uint32_t frame;
};

struct copy_chain {
    struct copy_chains *chains;
    struct copy_chain *next; /* of the same packet */
    uint64_t copy;
    struct chain_link *newest;
    struct copy_fate fate;
};

struct copy_chains {
    wmem_allocator_t *scope;   /* of chains; that of links is the caller's */
    struct copy_chain *newest; /* the chain of the newest sighting */
    struct copy_chain *all;
    wmem_map_t *by_copy;    /* copy -> chain; NULL while there is one chain */
    struct copy_chain only; /* the first chain */
};

uint64_t make_chain_key(uint32_t copy, uint16_t packet_number);

/* Appends to its chain. link: filled, and kept as long as the chains. */
void copy_chains_add(struct copy_chains *chains, const struct sighting *sighting,
                     struct chain_link *link);

/* The fate with the highest precedence among all copies; unknown if a lost record of the capture
 * could have shown a higher one. */
enum pktmon_fate copy_chains_weigh(const struct copy_chains *chains, uint64_t capture_id);

/* Whether a lost record of the capture may belong to a copy that has not ended. */
bool copy_chains_may_have_gone_on(const struct copy_chains *chains, uint64_t capture_id);

#endif
