/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey.h"

#include <glib.h>
#include <string.h>

#include <epan/proto_data.h>

#include "compat.h"
#include "components.h"
#include "fields.h"

struct journey;

/* One record of a packet. A copy's appearances form a list. */
struct appearance {
    struct journey *journey;
    struct appearance *previous, *next; /* of the same copy */
    uint64_t copy;                      /* key of the copy within the group */
    nstime_t time;
    uint32_t frame;
};

struct journey_key {
    uint64_t capture_id;
    uint64_t group;
};

struct journey {
    struct journey_key key;
    nstime_t start;            /* time of the first appearance */
    struct appearance *newest; /* of any copy */
    wmem_map_t *copies;        /* copy -> its newest appearance; NULL while there is one copy */
    uint32_t component;        /* where the newest appearance was ... */
    uint16_t edge;
    uint16_t direction;
    bool dropped; /* a record says so */
    bool lost;    /* events are missing next to a record */
};

static int proto_journey;
static wmem_map_t *journeys;

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
        journey->start = pinfo->abs_ts;
        wmem_map_insert(journeys, &journey->key, journey);
    }
    return journey;
}

/* Segments of one group travel each on its own, like copies. */
static uint64_t copy_key(const struct record *record)
{
    return record_number(record, PKTMON_FIELD_COPY) << 16 |
           record_number(record, PKTMON_FIELD_PACKET_NUMBER);
}

/* The newest appearance of a copy, or NULL. Most journeys have one copy and need no map. */
static struct appearance *newest_of_copy(const struct journey *journey, uint64_t copy)
{
    if (journey->copies)
        return wmem_map_lookup(journey->copies, &copy);
    if (journey->newest && journey->newest->copy == copy)
        return journey->newest;
    return NULL;
}

static void set_newest(struct journey *journey, struct appearance *appearance)
{
    struct appearance *newest = journey->newest;

    if (newest && !journey->copies && newest->copy != appearance->copy) {
        journey->copies = wmem_map_new(wmem_file_scope(), wmem_int64_hash, g_int64_equal);
        wmem_map_insert(journey->copies, &newest->copy, newest);
    }
    if (journey->copies)
        wmem_map_insert(journey->copies, &appearance->copy, appearance);
    journey->newest = appearance;
}

static struct appearance *add_appearance(struct journey *journey, const struct record *record,
                                         const packet_info *pinfo)
{
    struct appearance *appearance = wmem_new0(wmem_file_scope(), struct appearance);

    appearance->journey = journey;
    appearance->copy = copy_key(record);
    appearance->time = pinfo->abs_ts;
    appearance->frame = pinfo->num;
    appearance->previous = newest_of_copy(journey, appearance->copy);
    if (appearance->previous)
        appearance->previous->next = appearance;
    set_newest(journey, appearance);
    return appearance;
}

void journey_learn(const struct record *record, packet_info *pinfo)
{
    struct journey *journey;

    if (record->type != PKTMON_RECORD_PACKET || record_number(record, PKTMON_FIELD_GROUP) == 0)
        return;
    journey = get_journey(record, pinfo);
    journey->component = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT);
    journey->edge = (uint16_t)record_number(record, PKTMON_FIELD_EDGE);
    journey->direction = (uint16_t)record_number(record, PKTMON_FIELD_DIRECTION);
    journey->dropped |= record_number(record, PKTMON_FIELD_DROPPED) != 0;
    journey->lost |= record_number(record, PKTMON_FIELD_LOST) != 0;
    p_add_proto_data(wmem_file_scope(), pinfo, proto_journey, 0,
                     add_appearance(journey, record, pinfo));
}

/* Sent by a device of this host. With several copies nobody can tell which of them the question
 * is about. */
static bool left_the_host(const struct journey *journey, const packet_info *pinfo)
{
    const struct component_words *words =
        components_find(journey->key.capture_id, journey->component, pinfo->num);

    return !journey->copies && journey->edge == EDGE_LOWER && journey->direction == DIRECTION_TX &&
           words && g_strcmp0(words->type, "physical") == 0;
}

/* Says what the records prove. Where some of a group are lost, so may be the one that tells its
 * end. */
static const char *fate(const struct journey *journey, const packet_info *pinfo)
{
    if (journey->lost)
        return "unknown";
    if (journey->dropped)
        return "dropped";
    return left_the_host(journey, pinfo) ? "forwarded" : "unknown";
}

static void add_frame(proto_tree *tree, int field, tvbuff_t *tvb,
                      const struct appearance *appearance)
{
    if (appearance)
        proto_item_set_generated(proto_tree_add_uint(tree, field, tvb, 0, 0, appearance->frame));
}

/* Clocks may step back in the middle of a capture; a duration does not. */
static void add_duration(proto_tree *tree, int field, tvbuff_t *tvb, const nstime_t *from,
                         const nstime_t *to)
{
    nstime_t duration = NSTIME_INIT_ZERO;

    if (nstime_cmp(to, from) > 0)
        nstime_delta(&duration, to, from);
    proto_item_set_generated(proto_tree_add_time(tree, field, tvb, 0, 0, &duration));
}

void journey_add_items(proto_tree *tree, const struct record *record, packet_info *pinfo)
{
    const struct appearance *appearance =
        p_get_proto_data(wmem_file_scope(), pinfo, proto_journey, 0);

    if (!appearance)
        return;
    add_frame(tree, hf_prev_frame, record->tvb, appearance->previous);
    if (appearance->previous)
        add_duration(tree, hf_delta, record->tvb, &appearance->previous->time, &appearance->time);
    add_duration(tree, hf_elapsed, record->tvb, &appearance->journey->start, &appearance->time);
    if (!PINFO_FD_VISITED(pinfo))
        return;
    add_frame(tree, hf_next_frame, record->tvb, appearance->next);
    proto_item_set_generated(
        proto_tree_add_string(tree, hf_fate, record->tvb, 0, 0, fate(appearance->journey, pinfo)));
}

void journey_register(int proto)
{
    static hf_register_info fields[] = {
        {&hf_prev_frame,
         {"Previous appearance", "pktmon.prev_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the previous appearance of the same copy", HFILL}},
        {&hf_next_frame,
         {"Next appearance", "pktmon.next_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the next appearance of the same copy", HFILL}},
        {&hf_delta,
         {"Time since previous appearance", "pktmon.delta", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time since the previous appearance of the same copy", HFILL}},
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
