/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains of a packet, and its fate. A chain is the observations of one copy, or of one piece of
 * a copy, each of which travels on its own. docs/internals/journeys-and-fates.md has the rules.
 */
#ifndef PKTMON_JOURNEY_CHAINS_H
#define PKTMON_JOURNEY_CHAINS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "losses.h"
#include "pktmon/journey.h"

struct journey_chain {
    uint64_t key;  /* copy and packet number */
    uint64_t last; /* time of the newest observation, ns since 1970 */
    enum pktmon_fate fate;
    bool released; /* the copy ended, and the packet did not */
    bool left;     /* in the newest observation it left this network stack */
    bool cut;      /* it went on as pieces, or as part of another packet */
    /* Of a piece: of its copy, and how often the whole had been observed when the piece was. */
    const struct journey_merger *merger;
    uint32_t wholes;
    uint8_t form; /* of the newest observation */
};

struct journey_chains;

struct journey_chains *journey_chains_new(void);
void journey_chains_free(struct journey_chains *chains);
/* As new. */
void journey_chains_clear(struct journey_chains *chains);
/* Bytes of memory. */
size_t journey_chains_size(const struct journey_chains *chains);

/* The form of the newest observation of the packet's chain, or of what its chain comes from: a
 * piece from the copy that was cut, a copy from its parent. 0: none was observed. */
uint8_t journey_chains_form(const struct journey_chains *chains,
                            const struct pktmon_packet *packet);

/* The next observation of the packet. hands_out: its component hands packets out of this network
 * stack. */
void journey_chains_add(struct journey_chains *chains, const struct pktmon_event *event,
                        bool hands_out, uint8_t form);

/* The packet was merged into another one: each chain has ended, unless it is observed again. */
void journey_chains_merge(struct journey_chains *chains);
/* Whether an observation was lost. */
bool journey_chains_incomplete(const struct journey_chains *chains);

/* Whether each chain has ended: nothing more is expected of the packet. */
bool journey_chains_ended(const struct journey_chains *chains);

/* The greatest fate of all chains; unknown if a lost record could have shown a greater one. */
enum pktmon_fate journey_chains_fate(const struct journey_chains *chains,
                                     const struct journey_losses *losses);
/* The chain that decides the fate: of those that have it the first one. If the fate is unknown, the
 * one that was observed last, of those that have not ended if there are any. */
const struct journey_chain *journey_chains_deciding(const struct journey_chains *chains,
                                                    enum pktmon_fate fate);
/* Whether a copy was dropped, whatever the fate of the packet. */
bool journey_chains_dropped(const struct journey_chains *chains);
guint journey_chains_count(const struct journey_chains *chains);

uint64_t journey_chain_key(const struct pktmon_packet *packet);
uint32_t journey_chain_copy(const struct journey_chain *chain);
uint16_t journey_chain_number(const struct journey_chain *chain);

#endif
