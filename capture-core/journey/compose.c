/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compose.h"

#include <string.h>

/* Bytes of payload that must be the same where two observations both have them: fewer prove
 * nothing, unless they are all that there is. */
#define PROOF 8

#define LINKTYPE_ETHERNET 1

enum link_rank {
    LINK_ETHERNET,
    LINK_OTHER, /* 802.11 */
    LINK_NONE,  /* or ours */
};

/* --- choosing --- */

static enum link_rank rank_link(const struct pktmon_packet *packet, const struct journey_form *form)
{
    if (!form->has_link || (packet->l2_synthesised && form->encapsulations == 0))
        return LINK_NONE;
    return form->encapsulations > 0 || packet->link_type == LINKTYPE_ETHERNET ? LINK_ETHERNET
                                                                              : LINK_OTHER;
}

/* Fewer encapsulations, a link header of its own, fewer tags; otherwise the earlier one. */
static bool is_better_base(const struct journey_observation *one,
                           const struct journey_observation *other)
{
    const int ranks[][2] = {
        {!one->is_own, !other->is_own},
        {one->encapsulations, other->encapsulations},
        {one->link_rank, other->link_rank},
        {one->tags, other->tags},
    };

    if (!other->event)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(ranks); i++) {
        if (ranks[i][0] != ranks[i][1])
            return ranks[i][0] < ranks[i][1];
    }
    return false;
}

/* Bytes of payload that are at hand. */
static uint32_t payload_size(const struct journey_observation *observation)
{
    uint32_t caplen = observation->event ? observation_packet(observation)->caplen : 0;

    return caplen > observation->payload ? caplen - observation->payload : 0;
}

void journey_sources_add(struct journey_sources *sources, const struct pktmon_event *event,
                         const struct journey_form *form, uint16_t line, uint16_t lane,
                         bool can_lead)
{
    const struct journey_observation observation = {
        .event = event,
        .line = line,
        .is_own = event->packet.packet_number == lane,
        .encapsulations = form->encapsulations,
        .tags = form->tags,
        .link_rank = rank_link(&event->packet, form),
        .network = form->network,
        .payload = form->payload,
        .length = form->length,
    };
    struct journey_observation *least = &sources->donors[0];

    if (can_lead && is_better_base(&observation, &sources->base))
        sources->base = observation;
    if (!observation.is_own)
        return;
    for (size_t i = 1; i < JOURNEY_DONORS; i++) {
        if (payload_size(&sources->donors[i]) < payload_size(least))
            least = &sources->donors[i];
    }
    if (payload_size(&observation) > payload_size(least))
        *least = observation;
}

/* --- joining --- */

static const uint8_t *payload_of(const struct journey_observation *observation)
{
    return observation_packet(observation)->data + observation->payload;
}

/* Bytes of payload that the packet had; what stands behind the IP packet, such as a trailer, too.
 */
static uint32_t whole_payload_size(const struct journey_observation *observation)
{
    return observation_packet(observation)->origlen - observation->payload;
}

/* By what IP says; 0: it does not. */
static uint32_t said_payload_size(const struct journey_observation *observation)
{
    uint32_t headers = observation->payload - observation->network;

    return observation->length > headers ? observation->length - headers : 0;
}

/* Whether the two have the same payload, of which the base has the beginning. */
static bool is_same_payload(const struct journey_observation *base,
                            const struct journey_observation *donor)
{
    uint32_t common = MIN(payload_size(base), payload_size(donor));

    if (whole_payload_size(base) != whole_payload_size(donor) || said_payload_size(base) == 0 ||
        said_payload_size(base) != said_payload_size(donor))
        return false;
    return common >= MIN(PROOF, whole_payload_size(base)) &&
           memcmp(payload_of(base), payload_of(donor), common) == 0;
}

static bool is_donor(const struct journey_observation *base,
                     const struct journey_observation *donor)
{
    return donor->event && donor->event != base->event &&
           observation_packet(donor)->packet_number == observation_packet(base)->packet_number &&
           payload_size(donor) > payload_size(base) && is_same_payload(base, donor);
}

static const struct journey_observation *find_donor(const struct journey_observation *base,
                                                    const struct journey_sources *const *others,
                                                    size_t count)
{
    const struct journey_observation *best = NULL;

    for (size_t i = 0; i < count * JOURNEY_DONORS; i++) {
        const struct journey_observation *donor =
            &others[i / JOURNEY_DONORS]->donors[i % JOURNEY_DONORS];

        if (is_donor(base, donor) && (!best || payload_size(donor) > payload_size(best)))
            best = donor;
    }
    return best;
}

static void join(struct pktmon_journey *journey, const struct journey_observation *base,
                 const struct journey_observation *donor, GByteArray *memory)
{
    g_byte_array_set_size(memory, 0);
    g_byte_array_append(memory, observation_packet(base)->data, base->payload);
    g_byte_array_append(memory, payload_of(donor), payload_size(donor));
    journey->data = memory->data;
    journey->caplen = memory->len;
    journey->composed = true;
}

void journey_compose(struct pktmon_journey *journey, const struct journey_sources *sources,
                     const struct journey_sources *const *others, size_t count, GByteArray *memory)
{
    const struct journey_observation *base = &sources->base;
    const struct pktmon_packet *packet = observation_packet(base);
    const struct journey_observation *donor = NULL;

    journey->link_type = packet->link_type;
    journey->data = packet->data;
    journey->caplen = packet->caplen;
    journey->origlen = packet->origlen;
    journey->bytes_hop = base->line;
    journey->composed = false;
    if (!observation_is_whole(base) && base->payload <= packet->caplen)
        donor = find_donor(base, others, count);
    if (donor)
        join(journey, base, donor, memory);
}
