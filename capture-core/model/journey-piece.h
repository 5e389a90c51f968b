/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an observation of a run has of its own: struct pktmon_piece, and the event that it is of. */
#ifndef PKTMON_MODEL_JOURNEY_PIECE_H
#define PKTMON_MODEL_JOURNEY_PIECE_H

#include "pktmon/journey.h"

/* Its bytes are the event's. */
static inline struct pktmon_piece journey_piece_of(const struct pktmon_event *event)
{
    const struct pktmon_packet *packet = &event->packet;

    return (struct pktmon_piece){.time = event->time,
                                 .appearance = packet->appearance,
                                 .caplen = packet->caplen,
                                 .origlen = packet->origlen,
                                 .data = packet->data,
                                 .number = packet->packet_number};
}

/* run: an event of the same run. A comment stays with it: it is the first observation's. */
static inline struct pktmon_event journey_piece_event(const struct pktmon_piece *piece,
                                                      const struct pktmon_event *run)
{
    struct pktmon_event event = *run;

    event.time = piece->time;
    event.packet.appearance = piece->appearance;
    event.packet.packet_number = piece->number;
    event.packet.data = piece->data;
    event.packet.caplen = piece->caplen;
    event.packet.origlen = piece->origlen;
    event.packet.comment = NULL;
    return event;
}

#endif
