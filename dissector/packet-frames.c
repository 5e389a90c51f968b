/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-frames.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include <epan/proto_data.h>

#include "capture-map.h"
#include "compat.h"
#include "packet-table.h"

/* Of the frames of one packet that are linked together each time that one of them is shown. Real
 * packets have a few hundred; of those with more, each frame is linked by itself. */
#define MAX_LINKED 4096 /* sightings */

/* A frame of a packet that has several. */
struct packet_frame {
    struct frames_of_packet *frames;
    struct packet_frame *previous, *next;
    uint32_t frame;
    struct sighting *sightings; /* NULL: it was the only one when it was learned */
    size_t count;
};

struct frames_of_packet {
    struct capture_map_key key;
    struct packet_frame *first, *last;
    size_t sightings;
    bool has_start;
    nstime_t start; /* of the packet, if its first frame expected more */
};

static int proto_frames;
static wmem_map_t *all_frames; /* struct frames_of_packet, of packets that have frames */

void packet_frames_register(int proto)
{
    proto_frames = proto;
    all_frames = capture_map_new();
    packet_table_register();
}

uint32_t packet_frames_count(void)
{
    return packet_table_count();
}

static struct known_packet *find_packet(const struct frame_hops *hops)
{
    const struct capture_map_key key = {hops->capture_id, hops->journey.group};

    return packet_table_find(&key);
}

static struct known_packet *add_packet(const struct frame_hops *hops, uint32_t number,
                                       const packet_info *pinfo)
{
    const struct capture_map_key key = {hops->capture_id, hops->journey.group};
    struct known_packet *packet = packet_table_add(&key);

    packet->number = number;
    packet->first_frame = pinfo->num;
    return packet;
}

bool packet_frames_has_others(const struct frame_hops *hops)
{
    const struct pktmon_journey *journey = &hops->journey;

    return journey->forms > 1 || journey->open || journey->continued || find_packet(hops);
}

/* --- frames of a packet that has several --- */

static struct packet_frame *append_frame(struct frames_of_packet *frames, uint32_t number)
{
    struct packet_frame *frame = wmem_new0(wmem_file_scope(), struct packet_frame);

    frame->frames = frames;
    frame->frame = number;
    frame->previous = frames->last;
    if (frames->last)
        frames->last->next = frame;
    else
        frames->first = frame;
    frames->last = frame;
    return frame;
}

/* NULL: it has one frame, and is expected to have no more. */
static struct frames_of_packet *frames_of(const struct known_packet *packet)
{
    return packet->has_frames ? wmem_map_lookup(all_frames, &packet->key) : NULL;
}

/* The first frame of a packet may have been learned as the only one. */
static struct frames_of_packet *get_frames(struct known_packet *packet, bool is_first,
                                           const packet_info *pinfo)
{
    struct frames_of_packet *frames = frames_of(packet);

    if (frames)
        return frames;
    frames = wmem_new0(wmem_file_scope(), struct frames_of_packet);
    frames->key = packet->key;
    frames->has_start = is_first;
    frames->start = pinfo->abs_ts;
    if (!is_first)
        append_frame(frames, packet->first_frame);
    wmem_map_insert(all_frames, &frames->key, frames);
    packet->has_frames = true;
    return frames;
}

void packet_frames_learn(const struct frame_hops *hops, const struct sighting *sightings,
                         size_t count, uint32_t number, packet_info *pinfo)
{
    struct known_packet *packet = find_packet(hops);
    bool is_first = !packet;

    if (is_first)
        packet = add_packet(hops, number, pinfo);
    packet->fate = MAX(packet->fate, (unsigned)hops->journey.fate);
    if (!sightings)
        return;
    struct frames_of_packet *frames = get_frames(packet, is_first, pinfo);
    struct packet_frame *frame = append_frame(frames, pinfo->num);
    frame->sightings = wmem_memdup(wmem_file_scope(), sightings, count * sizeof(*sightings));
    frame->count = count;
    frames->sightings += count;
    p_add_proto_data(wmem_file_scope(), pinfo, proto_frames, 1, frame);
}

/* NULL: it is the only one that is known. */
static const struct packet_frame *find_frame(const struct known_packet *packet, packet_info *pinfo)
{
    if (!packet || !packet->has_frames)
        return NULL;
    const struct packet_frame *frame = p_get_proto_data(wmem_file_scope(), pinfo, proto_frames, 1);
    return frame || packet->first_frame != pinfo->num ? frame : frames_of(packet)->first;
}

/* --- chains --- */

struct ordered_sighting {
    const struct sighting *sighting;
    struct chain_link *link;
};

/* In the order of time; those of one time in that of the frames. */
static int compare_sightings(const void *left, const void *right)
{
    const struct ordered_sighting *a = left, *b = right;
    int order = nstime_cmp(&a->sighting->time, &b->sighting->time);

    return order != 0 ? order : (a->link > b->link) - (a->link < b->link);
}

/* Links are in the order of frames, so that those of this one are together. */
static struct chain_link *link_frames(const struct frames_of_packet *frames, packet_info *pinfo,
                                      struct copy_chains *chains)
{
    struct ordered_sighting *ordered =
        wmem_alloc_array(pinfo->pool, struct ordered_sighting, frames->sightings);
    struct chain_link *links = wmem_alloc_array(pinfo->pool, struct chain_link, frames->sightings);
    struct chain_link *own = links;
    size_t count = 0;

    for (const struct packet_frame *frame = frames->first; frame; frame = frame->next) {
        if (frame->frame == pinfo->num)
            own = links + count;
        for (size_t i = 0; i < frame->count; i++, count++)
            ordered[count] = (struct ordered_sighting){&frame->sightings[i], links + count};
    }
    qsort(ordered, count, sizeof(*ordered), compare_sightings);
    for (size_t i = 0; i < count; i++)
        copy_chains_add(chains, ordered[i].sighting, ordered[i].link);
    return own;
}

struct chain_link *packet_frames_link(const struct frame_hops *hops,
                                      const struct sighting *sightings, size_t count,
                                      packet_info *pinfo)
{
    struct copy_chains *chains = wmem_new0(pinfo->pool, struct copy_chains);
    const struct known_packet *packet = find_packet(hops);
    const struct packet_frame *frame = find_frame(packet, pinfo);

    chains->scope = pinfo->pool;
    if (frame && frame->count == count && frame->frames->sightings <= MAX_LINKED)
        return link_frames(frame->frames, pinfo, chains);
    struct chain_link *links = wmem_alloc_array(pinfo->pool, struct chain_link, count);
    for (size_t i = 0; i < count; i++)
        copy_chains_add(chains, &sightings[i], &links[i]);
    return links;
}

/* When the packet was first observed. The time from its first to its last observation is that from
 * its first to its newest frame, so a continuation tells it by itself. */
static nstime_t find_start(const struct frame_hops *hops, const struct packet_frame *frame,
                           const packet_info *pinfo)
{
    const struct frame_hop *last = hops->count > 0 ? &hops->hops[hops->count - 1] : NULL;
    const nstime_t total = frame_hops_duration(hops->journey.total);
    nstime_t start;

    if (frame && frame->frames->has_start)
        return frame->frames->start;
    if (!hops->journey.continued || !last)
        return pinfo->abs_ts;
    nstime_delta(&start, &last->pieces[last->piece_count - 1].time, &total);
    return start;
}

struct journey_state packet_frames_get_state(const struct frame_hops *hops, packet_info *pinfo)
{
    const struct known_packet *packet = find_packet(hops);
    const struct packet_frame *frame = find_frame(packet, pinfo);
    struct journey_state state = {
        .number = packet ? packet->number : 0,
        .first = !packet || packet->first_frame == pinfo->num,
        .started = find_start(hops, frame, pinfo),
        .has_fate = true,
        .fate = hops->journey.fate,
    };

    if (frame) {
        state.prev_frame = frame->previous ? frame->previous->frame : 0;
        if (PINFO_FD_VISITED(pinfo)) {
            state.next_frame = frame->next ? frame->next->frame : 0;
            state.fate = (enum pktmon_fate)packet->fate;
        }
    }
    return state;
}
