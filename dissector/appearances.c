/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "appearances.h"

#include <glib.h>
#include <string.h>

#include "capture-map.h"
#include "compat.h"

struct packet_journey {
    struct capture_map_key key;
    uint32_t number; /* in the file */
    uint32_t fate_frames;
    enum pktmon_fate fate; /* as of when fate_frames frames were learned */
    bool lost;             /* records before one of its appearances were lost */
    uint32_t first_frame;  /* of the first appearance */
    nstime_t start;        /* time of the first appearance */
    struct copy_chains chains;
};

/* The links of consecutive frames, which stand in one piece of memory: one by one, each would take
 * half as much again. */
#define LINKS_TOGETHER 256

static wmem_map_t *links; /* frame / LINKS_TOGETHER -> that many struct chain_link */
static wmem_map_t *journeys;
static uint32_t learned_frames; /* so far; not 0 */

void appearances_register(void)
{
    links =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    journeys = capture_map_new();
}

uint32_t appearances_count(void)
{
    return wmem_map_size(journeys);
}

void appearances_grow(void)
{
    learned_frames++;
}

/* NULL: none of the frames near this one has a link. */
static struct chain_link *find_link(const packet_info *pinfo)
{
    struct chain_link *together =
        wmem_map_lookup(links, GUINT_TO_POINTER(pinfo->num / LINKS_TOGETHER));

    return together ? &together[pinfo->num % LINKS_TOGETHER] : NULL;
}

/* A frame with several records has links that nobody finds. */
static struct chain_link *add_link(const packet_info *pinfo)
{
    struct chain_link *link = find_link(pinfo);

    if (link)
        return link->chain ? wmem_new(wmem_file_scope(), struct chain_link) : link;
    wmem_map_insert(links, GUINT_TO_POINTER(pinfo->num / LINKS_TOGETHER),
                    wmem_alloc0_array(wmem_file_scope(), struct chain_link, LINKS_TOGETHER));
    return find_link(pinfo);
}

static struct packet_journey *get_journey(const struct frame_hops *hops, uint32_t number,
                                          const packet_info *pinfo)
{
    const struct capture_map_key key = {hops->capture_id, hops->journey.group};
    struct packet_journey *journey = wmem_map_lookup(journeys, &key);

    if (!journey) {
        journey = wmem_new0(wmem_file_scope(), struct packet_journey);
        journey->key = key;
        journey->number = number;
        journey->first_frame = pinfo->num;
        journey->start = pinfo->abs_ts;
        journey->chains.scope = wmem_file_scope();
        wmem_map_insert(journeys, &journey->key, journey);
    }
    return journey;
}

void appearances_learn(const struct frame_hops *hops, const struct sighting *sighting,
                       uint32_t number, packet_info *pinfo)
{
    const struct pktmon_packet *packet = &hops->hops->event.packet;
    struct packet_journey *journey = get_journey(hops, number, pinfo);

    journey->lost |= packet->lost != 0 || packet->incomplete;
    copy_chains_add(&journey->chains, sighting, add_link(pinfo));
}

const struct chain_link *appearances_get_link(const packet_info *pinfo)
{
    const struct chain_link *link = find_link(pinfo);

    return link && link->chain ? link : NULL;
}

static struct packet_journey *journey_of(const struct chain_link *link)
{
    struct copy_chains *chains = link->chain->chains;

    return (struct packet_journey *)((char *)chains - offsetof(struct packet_journey, chains));
}

/* A live capture grows: the result is valid only until the next frame. */
static enum pktmon_fate fate_of_journey(struct packet_journey *journey)
{
    if (journey->fate_frames != learned_frames) {
        journey->fate = journey->lost
                            ? PKTMON_FATE_UNKNOWN
                            : copy_chains_weigh(&journey->chains, journey->key.capture_id);
        journey->fate_frames = learned_frames;
    }
    return journey->fate;
}

/* A dropped copy has its own fate, whatever the fate of the other copies. */
static bool shows_a_drop(const struct chain_link *link, const struct packet_journey *journey)
{
    return link->chain->fate.fate == PKTMON_FATE_DROPPED && !journey->lost;
}

struct journey_state appearances_get_state(packet_info *pinfo)
{
    const struct chain_link *link = appearances_get_link(pinfo);

    if (!link)
        return (struct journey_state){.first = true, .started = pinfo->abs_ts};
    struct packet_journey *journey = journey_of(link);
    struct journey_state state = {
        .number = journey->number,
        .first = journey->first_frame == pinfo->num,
        .started = journey->start,
        .prev_frame = link->previous ? link->previous->frame : 0,
    };
    if (PINFO_FD_VISITED(pinfo)) {
        state.next_frame = link->next ? link->next->frame : 0;
        state.has_fate = true;
        state.fate = fate_of_journey(journey);
        state.shown_fate = shows_a_drop(link, journey) ? PKTMON_FATE_DROPPED : state.fate;
    }
    return state;
}
