/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copy-chains.h"

#include <glib.h>

#include "captures.h"
#include "components.h"

uint64_t make_chain_key(uint32_t copy, uint16_t packet_number)
{
    return (uint64_t)copy << 16 | packet_number;
}

/* Most packets have one chain and need no map. NULL: no such chain. */
static struct copy_chain *find_chain(const struct copy_chains *chains, uint64_t copy)
{
    if (chains->newest && chains->newest->copy == copy)
        return chains->newest;
    return chains->by_copy ? wmem_map_lookup(chains->by_copy, &copy) : NULL;
}

static void add_to_map(struct copy_chains *chains, struct copy_chain *chain)
{
    wmem_map_insert(chains->by_copy, &chain->copy, chain);
}

static struct copy_chain *add_chain(struct copy_chains *chains, uint64_t copy)
{
    struct copy_chain *chain = &chains->only;

    if (chains->all)
        chain = wmem_new0(chains->scope, struct copy_chain);
    chain->chains = chains;
    chain->copy = copy;
    chain->next = chains->all;
    chains->all = chain;
    if (chain->next && !chains->by_copy) {
        chains->by_copy = wmem_map_new(chains->scope, wmem_int64_hash, g_int64_equal);
        add_to_map(chains, chain->next);
    }
    if (chains->by_copy)
        add_to_map(chains, chain);
    return chain;
}

/* The sighting before a chain that begins with this one: a piece comes from the copy that was cut,
 * a copy from its parent. NULL: none was observed. */
static struct chain_link *find_origin(const struct copy_chains *chains,
                                      const struct sighting *sighting)
{
    uint16_t number = (uint16_t)sighting->copy;
    uint32_t copy = (uint32_t)(sighting->copy >> 16), parent = sighting->copy_of;
    bool is_piece = number != 0;
    bool is_copy = parent != 0;
    const struct copy_chain *origin = NULL;

    if (is_piece && is_copy)
        origin = find_chain(chains, make_chain_key(parent, number));
    if (!origin && is_piece)
        origin = find_chain(chains, make_chain_key(copy, 0));
    if (!origin && is_copy)
        origin = find_chain(chains, make_chain_key(parent, 0));
    return origin ? origin->newest : NULL;
}

void copy_chains_add(struct copy_chains *chains, const struct sighting *sighting,
                     struct chain_link *link)
{
    struct copy_chain *chain = find_chain(chains, sighting->copy);
    struct chain_link *origin = NULL;

    if (!chain) {
        origin = find_origin(chains, sighting);
        chain = add_chain(chains, sighting->copy);
    }
    *link = (struct chain_link){
        .chain = chain,
        .previous = chain->newest ? chain->newest : origin,
        .place = sighting->place,
        .time = sighting->time,
        .frame = sighting->frame,
    };
    if (chain->newest)
        chain->newest->next = link;
    chain->newest = link;
    chains->newest = chain;
    fate_add_sighting(&chain->fate, &sighting->end);
}

/* Whether the device that sent the copy hands packets out of this network stack. */
static bool has_left_the_host(const struct copy_chain *chain)
{
    const struct record_place *place = chain->newest->place;
    const struct component_description *known =
        components_find(place->key.capture_id, place->key.component, chain->newest->frame);

    return known && known->hands_out;
}

static enum pktmon_fate fate_of_chain(const struct copy_chain *chain)
{
    if (fate_is_open(&chain->fate) && chain->fate.sent && has_left_the_host(chain))
        return PKTMON_FATE_FORWARDED;
    return chain->fate.fate;
}

static bool may_have_gone_on(const struct copy_chain *chain, uint64_t capture_id)
{
    return fate_is_open(&chain->fate) && captures_lost_after(capture_id, &chain->newest->time);
}

bool copy_chains_may_have_gone_on(const struct copy_chains *chains, uint64_t capture_id)
{
    for (const struct copy_chain *chain = chains->all; chain; chain = chain->next) {
        if (may_have_gone_on(chain, capture_id))
            return true;
    }
    return false;
}

enum pktmon_fate copy_chains_weigh(const struct copy_chains *chains, uint64_t capture_id)
{
    enum pktmon_fate greatest = PKTMON_FATE_UNKNOWN;

    for (const struct copy_chain *chain = chains->all; chain; chain = chain->next)
        greatest = MAX(greatest, fate_of_chain(chain));
    return greatest < PKTMON_FATE_DELIVERED && copy_chains_may_have_gone_on(chains, capture_id)
               ? PKTMON_FATE_UNKNOWN
               : greatest;
}
