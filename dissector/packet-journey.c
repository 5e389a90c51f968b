/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-journey.h"

#include <glib.h>

#include "appearances.h"
#include "captures.h"
#include "compat.h"
#include "copy-chains.h"
#include "packet-frames.h"

static int hf_prev_frame;
static int hf_next_frame;
static int hf_delta;
static int hf_elapsed;
static int hf_fate;

/* --- sightings --- */

static size_t count_pieces(const struct frame_hops *hops)
{
    size_t count = 0;

    for (size_t i = 0; i < hops->count; i++)
        count += hops->hops[i].piece_count;
    return count;
}

static struct sighting make_sighting(const struct frame_hop *hop, const struct hop_piece *piece,
                                     const struct record_place *place, const packet_info *pinfo)
{
    const struct pktmon_packet *packet = &hop->event.packet;

    return (struct sighting){
        .copy = make_chain_key(packet->copy, piece->number),
        .copy_of = packet->copy_of,
        .frame = pinfo->num,
        .time = piece->time,
        .place = place,
        .end = fate_sighted_end(packet),
    };
}

/* One for each piece of each hop. */
static struct sighting *make_sightings(const struct frame_hops *hops, const char *interface,
                                       packet_info *pinfo, size_t *count)
{
    struct sighting *sightings = wmem_alloc_array(pinfo->pool, struct sighting, count_pieces(hops));

    *count = 0;
    for (size_t i = 0; i < hops->count; i++) {
        const struct frame_hop *hop = &hops->hops[i];
        const struct record_place *place = places_of_hop(hops, hop, interface);

        for (size_t j = 0; j < hop->piece_count; j++)
            sightings[(*count)++] = make_sighting(hop, &hop->pieces[j], place, pinfo);
    }
    return sightings;
}

static bool is_journey(const struct frame_hops *hops)
{
    return hops->view == PKTMON_VIEW_PACKETS;
}

/* --- what the first pass learns --- */

void journey_learn(const struct frame_hops *hops, const char *interface, packet_info *pinfo)
{
    uint32_t number = appearances_count() + packet_frames_count() + 1;
    struct sighting *sightings = NULL;
    size_t count = 0;

    appearances_grow();
    if (!hops || hops->journey.group == 0)
        return;
    if (!is_journey(hops) || packet_frames_has_others(hops))
        sightings = make_sightings(hops, interface, pinfo, &count);
    if (is_journey(hops))
        packet_frames_learn(hops, sightings, count, number, pinfo);
    else
        appearances_learn(hops, sightings, number, pinfo);
}

bool journey_wants_hops(const struct frame_hops *hops, const packet_info *pinfo)
{
    if (PINFO_FD_VISITED(pinfo))
        return captures_has_losses(hops->capture_id);
    return hops->journey.group != 0 && packet_frames_has_others(hops);
}

/* --- what is known of a frame --- */

/* Losses that were found after the frame was written. */
static bool may_have_gone_on(const struct frame_hops *hops, packet_info *pinfo)
{
    size_t count;

    if (!captures_has_losses(hops->capture_id))
        return false;
    const struct sighting *sightings = make_sightings(hops, NULL, pinfo, &count);
    const struct chain_link *links = packet_frames_link(hops, sightings, count, pinfo);
    return count > 0 && copy_chains_may_have_gone_on(links->chain->chains, hops->capture_id);
}

struct journey_state journey_get_state(const struct frame_hops *hops, packet_info *pinfo)
{
    if (!is_journey(hops))
        return appearances_get_state(pinfo);
    struct journey_state state = packet_frames_get_state(hops, pinfo);
    if (PINFO_FD_VISITED(pinfo) && state.fate < PKTMON_FATE_DELIVERED &&
        may_have_gone_on(hops, pinfo))
        state.fate = PKTMON_FATE_UNKNOWN;
    state.shown_fate = state.fate;
    return state;
}

/* The clock may be set back during a capture; a duration is never negative. */
static nstime_t measure_duration(const nstime_t *from, const nstime_t *to)
{
    nstime_t difference = NSTIME_INIT_ZERO;

    if (nstime_cmp(to, from) > 0)
        nstime_delta(&difference, to, from);
    return difference;
}

/* link: NULL: the hop is in no chain. */
static struct journey_step make_step(const struct frame_hop *hop, const struct hop_piece *piece,
                                     const struct chain_link *link)
{
    const struct chain_link *previous = link ? link->previous : NULL;
    struct journey_step step = {.hop = hop, .packet_number = piece->number, .time = piece->time};

    if (link)
        step.place = link->place;
    if (previous) {
        step.previous_place = previous->place;
        step.previous_frame = previous->frame;
        step.delta = measure_duration(&previous->time, &link->time);
    }
    return step;
}

/* NULL: there is none in this frame. Links of a frame are together. */
static const struct frame_hop *find_previous_hop(const struct journey_step *steps,
                                                 const struct chain_link *links, size_t step)
{
    uintptr_t first = (uintptr_t)links, previous = (uintptr_t)links[step].previous;

    if (previous < first || previous >= first + step * sizeof(*links))
        return NULL;
    return steps[(previous - first) / sizeof(*links)].hop;
}

/* NULL: the record has no group. */
static const struct chain_link *get_links(const struct frame_hops *hops, const char *interface,
                                          packet_info *pinfo)
{
    size_t count;

    if (!is_journey(hops))
        return appearances_get_link(pinfo);
    const struct sighting *sightings = make_sightings(hops, interface, pinfo, &count);
    return packet_frames_link(hops, sightings, count, pinfo);
}

const struct journey_step *journey_get_steps(const struct frame_hops *hops, const char *interface,
                                             packet_info *pinfo, size_t *count)
{
    struct journey_step *steps;
    const struct chain_link *links;

    *count = 0;
    if (hops->count == 0)
        return NULL;
    links = get_links(hops, interface, pinfo);
    steps = wmem_alloc_array(pinfo->pool, struct journey_step, count_pieces(hops));
    for (size_t i = 0; i < hops->count; i++) {
        const struct frame_hop *hop = &hops->hops[i];

        for (size_t j = 0; j < hop->piece_count; j++, (*count)++) {
            steps[*count] = make_step(hop, &hop->pieces[j], links ? &links[*count] : NULL);
            if (links && is_journey(hops))
                steps[*count].previous_hop = find_previous_hop(steps, links, *count);
            if (!links)
                steps[*count].place = places_of_hop(hops, hop, interface);
        }
    }
    return steps;
}

/* --- the tree --- */

static void add_frame(proto_tree *tree, int field, tvbuff_t *tvb, uint32_t frame)
{
    if (frame != 0)
        proto_item_set_generated(proto_tree_add_uint(tree, field, tvb, 0, 0, frame));
}

static void add_duration(proto_tree *tree, int field, tvbuff_t *tvb, const nstime_t *value)
{
    proto_item_set_generated(proto_tree_add_time(tree, field, tvb, 0, 0, value));
}

void journey_add_links(proto_tree *tree, tvbuff_t *tvb, const struct journey_state *state)
{
    add_frame(tree, hf_prev_frame, tvb, state->prev_frame);
    add_frame(tree, hf_next_frame, tvb, state->next_frame);
}

void journey_add_fate(proto_tree *tree, tvbuff_t *tvb, const struct journey_state *state)
{
    if (state->has_fate)
        proto_item_set_generated(
            proto_tree_add_string(tree, hf_fate, tvb, 0, 0, fate_name(state->shown_fate)));
}

void journey_add_delta(proto_tree *tree, tvbuff_t *tvb, const struct journey_step *step)
{
    if (step->previous_place)
        add_duration(tree, hf_delta, tvb, &step->delta);
}

void journey_add_elapsed(proto_tree *tree, tvbuff_t *tvb, const struct frame_hop *hop,
                         const struct journey_state *state)
{
    nstime_t elapsed = measure_duration(&state->started, &hop->pieces->time);

    add_duration(tree, hf_elapsed, tvb, &elapsed);
}

void journey_register(int proto)
{
    static hf_register_info fields[] = {
        {&hf_prev_frame,
         {"Previous frame of the packet", "pktmon.prev_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the previous appearance of the same copy, or of what the copy was made from; "
          "in "
          "the packets view the previous form or continuation",
          HFILL}},
        {&hf_next_frame,
         {"Next frame of the packet", "pktmon.next_frame", FT_FRAMENUM, BASE_NONE, NULL, 0,
          "Frame of the next appearance of the same copy; in the packets view the next form or "
          "continuation",
          HFILL}},
        {&hf_delta,
         {"Time since previous appearance", "pktmon.delta", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time since the previous appearance of the same copy, or of what the copy was made from",
          HFILL}},
        {&hf_elapsed,
         {"Time since first appearance", "pktmon.elapsed", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Time since the first appearance of the packet", HFILL}},
        {&hf_fate,
         {"Fate", "pktmon.fate", FT_STRING, BASE_NONE, NULL, 0,
          "What became of the packet, as far as the capture proves it", HFILL}},
    };

    proto_register_field_array(proto, fields, G_N_ELEMENTS(fields));
    appearances_register();
    packet_frames_register(proto);
}
