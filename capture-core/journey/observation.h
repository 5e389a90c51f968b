/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the bytes of one observation of a packet say, as far as frames are composed of them. */
#ifndef PKTMON_JOURNEY_OBSERVATION_H
#define PKTMON_JOURNEY_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "form.h"
#include "pktmon/event.h"

struct journey_observation {
    const struct pktmon_event *event; /* borrowed from who holds the packet; NULL: none */
    uint16_t line;                    /* among the hops of its frame, from 0 */
    bool is_own;                  /* of the frame's packet number: the whole, or the one piece */
    uint8_t encapsulations, tags; /* around the innermost packet */
    uint8_t link_rank;            /* of the innermost packet's link header; 0 = Ethernet */
    uint32_t network, payload;    /* of the innermost packet, offsets in the bytes */
    uint32_t length;              /* of the innermost IP packet; 0 = not known */
};

static inline const struct pktmon_packet *
observation_packet(const struct journey_observation *observation)
{
    return &observation->event->packet;
}

static inline bool observation_is_whole(const struct journey_observation *observation)
{
    const struct pktmon_packet *packet = observation_packet(observation);

    return packet->caplen >= packet->origlen;
}

#endif
