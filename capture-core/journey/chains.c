/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chains.h"
#include "model/fates.h"

#include <glib.h>
#include <string.h>

#include "model/salted-hash.h"

#define FEW 8 /* chains that are looked up without a table */
/* Bytes of a row in the table, about, with its key. */
#define TABLE_ROW (4 * sizeof(void *) + 2 * sizeof(uint64_t))

/* The pieces of a copy, which end where the whole is observed behind them: reassembled, or merged
 * on receive. */
struct journey_merger {
    uint32_t wholes; /* observations of the whole */
    guint open;      /* pieces that have not ended */
};

struct journey_chains {
    struct journey_chain few[2]; /* where all begins */
    struct journey_chain *all;   /* in the order of their first observations */
    guint count, room;
    GHashTable *index;   /* &key -> index + 1; NULL while there are few */
    GHashTable *mergers; /* copy -> struct journey_merger; NULL while there are no pieces */
    guint newest;        /* the chain of the newest observation */
    guint ended;         /* how many have ended */
    bool incomplete;     /* an observation was lost */
};

static uint64_t make_key(uint32_t copy, uint16_t number)
{
    return (uint64_t)copy << 16 | number;
}

uint64_t journey_chain_key(const struct pktmon_packet *packet)
{
    return make_key(packet->copy, packet->packet_number);
}

uint32_t journey_chain_copy(const struct journey_chain *chain)
{
    return (uint32_t)(chain->key >> 16);
}

uint16_t journey_chain_number(const struct journey_chain *chain)
{
    return (uint16_t)chain->key;
}

static void begin(struct journey_chains *chains)
{
    *chains = (struct journey_chains){.room = G_N_ELEMENTS(chains->few)};
    chains->all = chains->few;
}

static void release(struct journey_chains *chains)
{
    if (chains->all != chains->few)
        g_free(chains->all);
    g_clear_pointer(&chains->index, g_hash_table_unref);
    g_clear_pointer(&chains->mergers, g_hash_table_unref);
}

struct journey_chains *journey_chains_new(void)
{
    struct journey_chains *chains = g_new(struct journey_chains, 1);

    begin(chains);
    return chains;
}

void journey_chains_free(struct journey_chains *chains)
{
    if (!chains)
        return;
    release(chains);
    g_free(chains);
}

void journey_chains_clear(struct journey_chains *chains)
{
    release(chains);
    begin(chains);
}

size_t journey_chains_size(const struct journey_chains *chains)
{
    size_t more = chains->all == chains->few ? 0 : chains->room * sizeof(struct journey_chain);

    return sizeof(*chains) + more + (chains->index ? chains->count * TABLE_ROW : 0) +
           (chains->mergers ? g_hash_table_size(chains->mergers) * TABLE_ROW : 0);
}

guint journey_chains_count(const struct journey_chains *chains)
{
    return chains->count;
}

static void add_to_index(struct journey_chains *chains, guint index)
{
    uint64_t *key = g_memdup2(&chains->all[index].key, sizeof(uint64_t));

    g_hash_table_insert(chains->index, key, GUINT_TO_POINTER(index + 1));
}

static void make_index(struct journey_chains *chains)
{
    chains->index = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, NULL);
    for (guint i = 0; i < chains->count; i++)
        add_to_index(chains, i);
}

/* NULL: no such chain. */
static struct journey_chain *find_chain(const struct journey_chains *chains, uint64_t key)
{
    if (chains->count > 0 && chains->all[chains->newest].key == key)
        return &chains->all[chains->newest];
    if (chains->index) {
        guint found = GPOINTER_TO_UINT(g_hash_table_lookup(chains->index, &key));
        return found ? &chains->all[found - 1] : NULL;
    }
    for (guint i = 0; i < chains->count; i++) {
        if (chains->all[i].key == key)
            return &chains->all[i];
    }
    return NULL;
}

static bool has_merged(const struct journey_chain *chain)
{
    return chain->merger && chain->merger->wholes != chain->wholes;
}

static bool has_ended(const struct journey_chain *chain)
{
    return chain->fate != PKTMON_FATE_UNKNOWN || chain->released || chain->left || chain->cut ||
           has_merged(chain);
}

/* A piece comes from the copy that was cut, of which nothing more is expected. */
static void end_origin(struct journey_chains *chains, const struct pktmon_packet *packet)
{
    uint32_t copies[] = {packet->copy_of ? packet->copy_of : packet->copy, packet->copy};

    if (packet->packet_number == 0)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(copies); i++) {
        struct journey_chain *origin = find_chain(chains, make_key(copies[i], 0));

        if (origin && !has_ended(origin)) {
            origin->cut = true;
            chains->ended++;
        }
    }
}

uint8_t journey_chains_form(const struct journey_chains *chains, const struct pktmon_packet *packet)
{
    const uint64_t keys[] = {
        journey_chain_key(packet),
        make_key(packet->copy_of, packet->packet_number),
        make_key(packet->copy, 0),
        make_key(packet->copy_of, 0),
    };
    const struct journey_chain *chain = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(keys) && !chain; i++)
        chain = find_chain(chains, keys[i]);
    if (!chain && chains->count > 0)
        chain = &chains->all[chains->newest];
    return chain ? chain->form : 0;
}

static void make_room(struct journey_chains *chains)
{
    bool is_first = chains->all == chains->few;

    if (chains->count < chains->room)
        return;
    chains->room *= 2;
    chains->all = g_renew(struct journey_chain, is_first ? NULL : chains->all, chains->room);
    if (is_first)
        memcpy(chains->all, chains->few, sizeof(chains->few));
}

static struct journey_chain *add_chain(struct journey_chains *chains,
                                       const struct pktmon_packet *packet)
{
    end_origin(chains, packet);
    make_room(chains);
    chains->all[chains->count++] = (struct journey_chain){.key = journey_chain_key(packet)};
    if (chains->index)
        add_to_index(chains, chains->count - 1);
    else if (chains->count > FEW)
        make_index(chains);
    return &chains->all[chains->count - 1];
}

static struct journey_merger *find_merger(struct journey_chains *chains,
                                          const struct pktmon_packet *packet)
{
    gpointer copy = GUINT_TO_POINTER(packet->copy);
    struct journey_merger *merger =
        chains->mergers ? g_hash_table_lookup(chains->mergers, copy) : NULL;

    if (merger || packet->packet_number == 0)
        return merger;
    if (!chains->mergers)
        chains->mergers = g_hash_table_new_full(salted_number, g_direct_equal, NULL, g_free);
    merger = g_new0(struct journey_merger, 1);
    g_hash_table_insert(chains->mergers, copy, merger);
    return merger;
}

static void end_pieces(struct journey_chains *chains, struct journey_merger *merger)
{
    chains->ended += merger->open;
    merger->open = 0;
    merger->wholes++;
}

static void observe(struct journey_chain *chain, const struct pktmon_event *event, bool hands_out)
{
    const struct pktmon_packet *packet = &event->packet;

    chain->fate = fate_after(chain->fate, packet->dropped, packet->end);
    chain->released |= packet->copy_released;
    chain->cut = false;
    chain->left =
        hands_out && packet->edge == PKTMON_EDGE_LOWER && packet->direction == PKTMON_DIRECTION_TX;
    chain->last = event->time;
}

void journey_chains_add(struct journey_chains *chains, const struct pktmon_event *event,
                        bool hands_out, uint8_t form)
{
    const struct pktmon_packet *packet = &event->packet;
    struct journey_merger *merger = find_merger(chains, packet);
    struct journey_chain *chain = find_chain(chains, journey_chain_key(packet));
    bool was_open = chain && !has_ended(chain), was_ended = chain && !was_open;

    if (!chain)
        chain = add_chain(chains, packet);
    observe(chain, event, hands_out);
    chain->form = form;
    if (merger && packet->packet_number == 0) {
        end_pieces(chains, merger);
    } else if (merger) {
        chain->merger = merger;
        chain->wholes = merger->wholes;
        merger->open += !has_ended(chain) - was_open;
    }
    chains->ended += has_ended(chain) - was_ended;
    chains->incomplete |= packet->lost > 0 || packet->incomplete;
    chains->newest = (guint)(chain - chains->all);
}

void journey_chains_merge(struct journey_chains *chains)
{
    GHashTableIter iter;
    gpointer merger;

    for (guint i = 0; i < chains->count; i++)
        chains->all[i].cut |= !has_ended(&chains->all[i]);
    chains->ended = chains->count;
    if (!chains->mergers)
        return;
    g_hash_table_iter_init(&iter, chains->mergers);
    while (g_hash_table_iter_next(&iter, NULL, &merger))
        ((struct journey_merger *)merger)->open = 0;
}

bool journey_chains_incomplete(const struct journey_chains *chains)
{
    return chains->incomplete;
}

bool journey_chains_ended(const struct journey_chains *chains)
{
    return chains->ended == chains->count;
}

static enum pktmon_fate fate_of(const struct journey_chain *chain)
{
    bool is_open = chain->fate == PKTMON_FATE_UNKNOWN && !chain->released;

    return is_open && chain->left ? PKTMON_FATE_FORWARDED : chain->fate;
}

/* Whether a lost record may belong to the chain. */
static bool may_have_gone_on(const struct journey_chain *chain, const struct journey_losses *losses)
{
    return chain->fate == PKTMON_FATE_UNKNOWN && !chain->released &&
           journey_losses_cover(losses, chain->last);
}

enum pktmon_fate journey_chains_fate(const struct journey_chains *chains,
                                     const struct journey_losses *losses)
{
    enum pktmon_fate greatest = PKTMON_FATE_UNKNOWN;
    bool is_doubtful = false;

    if (chains->incomplete)
        return PKTMON_FATE_UNKNOWN;
    for (guint i = 0; i < chains->count; i++) {
        const struct journey_chain *chain = &chains->all[i];

        greatest = MAX(greatest, fate_of(chain));
        is_doubtful |= may_have_gone_on(chain, losses);
    }
    return is_doubtful && greatest < PKTMON_FATE_DELIVERED ? PKTMON_FATE_UNKNOWN : greatest;
}

/* Of those that have not ended the one that was observed last; none: of all. */
static const struct journey_chain *newest_open(const struct journey_chains *chains)
{
    const struct journey_chain *newest = &chains->all[chains->newest];

    for (guint i = 0; i < chains->count; i++) {
        const struct journey_chain *chain = &chains->all[i];

        if (!has_ended(chain) && (has_ended(newest) || chain->last > newest->last))
            newest = chain;
    }
    return newest;
}

const struct journey_chain *journey_chains_deciding(const struct journey_chains *chains,
                                                    enum pktmon_fate fate)
{
    if (fate == PKTMON_FATE_UNKNOWN)
        return newest_open(chains);
    for (guint i = 0; i < chains->count; i++) {
        if (fate_of(&chains->all[i]) == fate)
            return &chains->all[i];
    }
    return &chains->all[chains->newest];
}

bool journey_chains_dropped(const struct journey_chains *chains)
{
    for (guint i = 0; i < chains->count; i++) {
        if (chains->all[i].fate == PKTMON_FATE_DROPPED)
            return true;
    }
    return false;
}
