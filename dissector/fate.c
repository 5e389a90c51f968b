/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fate.h"

struct sighted_end fate_sighted_end(const struct pktmon_packet *packet)
{
    return (struct sighted_end){
        .dropped = packet->dropped,
        .released = packet->copy_released,
        .sent = packet->edge == PKTMON_EDGE_LOWER && packet->direction == PKTMON_DIRECTION_TX,
        .end = packet->end,
    };
}

void fate_add_sighting(struct copy_fate *copy, const struct sighted_end *end)
{
    copy->fate = fate_after(copy->fate, end->dropped, end->end);
    copy->released |= end->released;
    copy->sent = end->sent;
}

bool fate_is_open(const struct copy_fate *copy)
{
    return copy->fate == PKTMON_FATE_UNKNOWN && !copy->released;
}
