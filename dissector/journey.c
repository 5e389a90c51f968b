/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey.h"

#include <glib.h>
#include <string.h>

#include <epan/proto_data.h>

#include "captures.h"
#include "compat.h"
#include "components.h"
#include "fate.h"

struct journey;

/* One record of a packet. */
struct appearance {
    struct chain *chain;
    struct appearance *previous; /* of the same copy; of a copy's first, that of its parent */
    struct appearance *next;     /* of the same copy */
    const struct place *place;
    nstime_t time;
    uint32_t frame;
};

/* The appearances of one copy, or of one segment of it: these travel each on its own. */
struct chain {
    struct journey *journey;
    struct chain *next; /* of the same journey */
    uint64_t copy;      /* chain_key() */
    struct appearance *newest;
    struct fate_said said;
};

struct journey_key {
    uint64_t capture_id;
    uint64_t group;
};

struct journey {
    struct journey_key key;
    uint32_t number; /* in the file */
    uint32_t fate_frames;
    enum fate fate;       /* as known when fate_frames frames were */
    bool lost;            /* records are missing next to one of its own */
    nstime_t start;       /* time of the first appearance */
    uint32_t first_frame; /* of the first appearance */
    struct chain *newest; /* the chain of the newest appearance */
    struct chain *chains; /* all of them */
    wmem_map_t *by_copy;  /* copy -> chain; NULL while there is one chain */
    struct chain only;    /* the first chain */
};

static int proto_journey;
static wmem_map_t *journeys;
static uint32_t learned_frames; /* frames with a record that have been learned; not 0 */

static int hf_prev_frame;
static int hf_next_frame;
static int hf_delta;
static int hf_elapsed;
static int hf_fate;

static guint key_hash(gconstpointer key)
{
    return wmem_strong_hash(key, sizeof(struct journey_key));
}

static gboolean key_equal(gconstpointer left, gconstpointer right)
{
    return memcmp(left, right, sizeof(struct journey_key)) == 0;
}

static struct journey *get_journey(const struct record *record, const packet_info *pinfo)
{
    const struct journey_key key = {record_number(record, PKTMON_FIELD_CAPTURE_ID),
                                    record_number(record, PKTMON_FIELD_GROUP)};
    struct journey *journey = wmem_map_lookup(journeys, &key);

    if (!journey) {
        journey = wmem_new0(wmem_file_scope(), struct journey);
        journey->key = key;
        journey->number = wmem_map_size(journeys) + 1;
        journey->start = pinfo->abs_ts;
        journey->first_frame = pinfo->num;
        wmem_map_insert(journeys, &journey->key, journey);
    }
    return journey;
}

static uint64_t chain_key(uint64_t copy, uint64_t packet_number)
{
    return copy << 16 | packet_number;
}

/* Most journeys have one chain and need no map. NULL: there is no such chain. */
static struct chain *find_chain(const struct journey *journey, uint64_t copy)
{
    if (journey->newest && journey->newest->copy == copy)
        return journey->newest;
    return journey->by_copy ? wmem_map_lookup(journey->by_copy, &copy) : NULL;
}

static void add_to_map(struct journey *journey, struct chain *chain)
{
    wmem_map_insert(journey->by_copy, &chain->copy, chain);
}

static struct chain *add_chain(struct journey *journey, uint64_t copy)
{
    struct chain *chain = &journey->only;

    if (journey->chains)
        chain = wmem_new0(wmem_file_scope(), struct chain);
    chain->journey = journey;
    chain->copy = copy;
    chain->next = journey->chains;
    journey->chains = chain;
    if (chain->next && !journey->by_copy) {
        journey->by_copy = wmem_map_new(wmem_file_scope(), wmem_int64_hash, g_int64_equal);
        add_to_map(journey, chain->next);
    }
    if (journey->by_copy)
        add_to_map(journey, chain);
    return chain;
}

/* Where a chain that begins with this record comes from: a segment of a copy from what the copy
 * was before, a copy from the one that it was made of. NULL: from nowhere that was seen. */
static struct appearance *origin_of(const struct journey *journey, const struct record *record)
{
    uint64_t number = record_number(record, PKTMON_FIELD_PACKET_NUMBER);
    uint64_t copy = record_number(record, PKTMON_FIELD_COPY);
    uint64_t parent = record_number(record, PKTMON_FIELD_COPY_OF);
    bool is_segment = number != 0;
    bool is_copy = parent != 0;
    const struct chain *origin = NULL;

    if (is_segment && is_copy)
        origin = find_chain(journey, chain_key(parent, number));
    if (!origin && is_segment)
        origin = find_chain(journey, chain_key(copy, 0));
    if (!origin && is_copy)
        origin = find_chain(journey, chain_key(parent, 0));
    return origin ? origin->newest : NULL;
}

static struct appearance *add_appearance(struct chain *chain, struct appearance *origin,
                                         const struct place *place, const packet_info *pinfo)
{
    struct appearance *appearance = wmem_new(wmem_file_scope(), struct appearance);

    *appearance = (struct appearance){
        .chain = chain,
        .previous = chain->newest ? chain->newest : origin,
        .place = place,
        .time = pinfo->abs_ts,
        .frame = pinfo->num,
    };
    if (chain->newest)
        chain->newest->next = appearance;
    chain->newest = appearance;
    chain->journey->newest = chain;
    return appearance;
}

void journey_learn(const struct record *record, const struct place *place, packet_info *pinfo)
{
    struct appearance *origin = NULL;
    struct journey *journey;
    struct chain *chain;
    uint64_t copy;

    learned_frames++;
    if (record->type != PKTMON_RECORD_PACKET || record_number(record, PKTMON_FIELD_GROUP) == 0)
        return;
    journey = get_journey(record, pinfo);
    journey->lost |= record_number(record, PKTMON_FIELD_LOST) != 0 ||
                     record_number(record, PKTMON_FIELD_INCOMPLETE) != 0;
    copy = chain_key(record_number(record, PKTMON_FIELD_COPY),
                     record_number(record, PKTMON_FIELD_PACKET_NUMBER));
    chain = find_chain(journey, copy);
    if (!chain) {
        origin = origin_of(journey, record);
        chain = add_chain(journey, copy);
    }
    fate_take(&chain->said, record);
    p_add_proto_data(wmem_file_scope(), pinfo, proto_journey, 0,
                     add_appearance(chain, origin, place, pinfo));
}

/* Sent by a device that hands packets out of this network stack. */
static bool left_the_host(const struct chain *chain)
{
    const struct place *place = chain->newest->place;
    const struct component_words *words =
        components_find(place->key.capture_id, place->key.component, chain->newest->frame);

    return words && words->hands_out;
}

static enum fate fate_of_chain(const struct chain *chain)
{
    if (fate_is_open(&chain->said) && chain->said.sent && left_the_host(chain))
        return FATE_FORWARDED;
    return chain->said.fate;
}

/* Whether the chain may have gone on in a record that was lost. */
static bool may_have_gone_on(const struct chain *chain)
{
    return fate_is_open(&chain->said) &&
           captures_lost_after(chain->journey->key.capture_id, &chain->newest->time);
}

/* The greatest fate of all copies, unless a lost record could have told of a greater one. */
static enum fate weigh_chains(const struct journey *journey)
{
    enum fate greatest = FATE_UNKNOWN;
    bool doubtful = false;

    if (journey->lost)
        return FATE_UNKNOWN;
    for (const struct chain *chain = journey->chains; chain; chain = chain->next) {
        greatest = MAX(greatest, fate_of_chain(chain));
        doubtful |= may_have_gone_on(chain);
    }
    return doubtful && greatest < FATE_DELIVERED ? FATE_UNKNOWN : greatest;
}

/* A live capture grows: what was weighed is good only until the next frame. */
static enum fate fate_of_journey(struct journey *journey)
{
    if (journey->fate_frames != learned_frames) {
        journey->fate = weigh_chains(journey);
        journey->fate_frames = learned_frames;
    }
    return journey->fate;
}

/* A copy that was dropped shows it, whatever became of the others. */
static enum fate fate_of_record(const struct appearance *appearance)
{
    const struct chain *chain = appearance->chain;

    if (chain->said.fate == FATE_DROPPED && !chain->journey->lost)
        return FATE_DROPPED;
    return fate_of_journey(chain->journey);
}

static void add_frame(proto_tree *tree, int field, tvbuff_t *tvb,
                      const struct appearance *appearance)
{
    if (appearance)
        proto_item_set_generated(proto_tree_add_uint(tree, field, tvb, 0, 0, appearance->frame));
}

/* Clocks may step back in the middle of a capture; a duration does not. */
static nstime_t duration(const nstime_t *from, const nstime_t *to)
{
    nstime_t difference = NSTIME_INIT_ZERO;

    if (nstime_cmp(to, from) > 0)
        nstime_delta(&difference, to, from);
    return difference;
}

static void add_duration(proto_tree *tree, int field, tvbuff_t *tvb, const nstime_t *from,
                         const nstime_t *to)
{
    nstime_t value = duration(from, to);

    proto_item_set_generated(proto_tree_add_time(tree, field, tvb, 0, 0, &value));
}

static const struct appearance *appearance_of(packet_info *pinfo)
{
    return p_get_proto_data(wmem_file_scope(), pinfo, proto_journey, 0);
}

void journey_add_items(proto_tree *tree, const struct record *record, packet_info *pinfo)
{
    const struct appearance *appearance = appearance_of(pinfo);
    tvbuff_t *tvb = record->tvb;

    if (!appearance)
        return;
    add_frame(tree, hf_prev_frame, tvb, appearance->previous);
    if (appearance->previous)
        add_duration(tree, hf_delta, tvb, &appearance->previous->time, &appearance->time);
    add_duration(tree, hf_elapsed, tvb, &appearance->chain->journey->start, &appearance->time);
    if (!PINFO_FD_VISITED(pinfo))
        return;
    add_frame(tree, hf_next_frame, tvb, appearance->next);
    proto_item_set_generated(
        proto_tree_add_string(tree, hf_fate, tvb, 0, 0, fate_names[fate_of_record(appearance)]));
}

bool journey_get_step(packet_info *pinfo, struct journey_step *step)
{
    const struct appearance *appearance = appearance_of(pinfo);
    const struct appearance *previous;
    struct journey *journey;

    if (!appearance)
        return false;
    journey = appearance->chain->journey;
    previous = appearance->previous;
    *step = (struct journey_step){
        .journey = journey->number,
        .first = journey->first_frame == pinfo->num,
        .place = appearance->place,
    };
    if (previous) {
        step->previous_place = previous->place;
        step->previous_frame = previous->frame;
        step->delta = duration(&previous->time, &appearance->time);
    }
    if (PINFO_FD_VISITED(pinfo))
        step->fate = fate_names[fate_of_journey(journey)];
    return true;
}

void journey_register(int proto)
{
    static hf_register_info fields[] = {
        {&hf_prev_frame,
         {"Previous appearance", "pktmon.prev_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the previous appearance of the same copy, or of what the copy was made from",
          HFILL}},
        {&hf_next_frame,
         {"Next appearance", "pktmon.next_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the next appearance of the same copy", HFILL}},
        {&hf_delta,
         {"Time since previous appearance", "pktmon.delta", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time since the frame of the previous appearance", HFILL}},
        {&hf_elapsed,
         {"Time since first appearance", "pktmon.elapsed", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time since the first appearance of the packet", HFILL}},
        {&hf_fate,
         {"Fate", "pktmon.fate", FT_STRING, BASE_NONE, NULL, 0,
          "What became of the packet, as far as the capture proves it", HFILL}},
    };

    proto_journey = proto;
    proto_register_field_array(proto, fields, G_N_ELEMENTS(fields));
    journeys = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), key_hash, key_equal);
}
