/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fate.h"

#include "fields.h"

const char *const fate_names[] = {
    [FATE_UNKNOWN] = "unknown",     [FATE_DROPPED] = "dropped",     [FATE_CONSUMED] = "consumed",
    [FATE_FORWARDED] = "forwarded", [FATE_DELIVERED] = "delivered",
};

static enum fate good_end(const struct record *record)
{
    static const enum fate ends[] = {
        [END_DELIVERED] = FATE_DELIVERED,
        [END_CONSUMED] = FATE_CONSUMED,
    };
    uint64_t end = record_number(record, PKTMON_FIELD_GOOD_END);

    return end < G_N_ELEMENTS(ends) ? ends[end] : FATE_UNKNOWN;
}

/* A drop outweighs what came before it: a socket that was about to take the packet may have had no
 * room for it. Nothing outweighs a drop, the end of the copy. */
static enum fate said_by(const struct record *record)
{
    return record_number(record, PKTMON_FIELD_DROPPED) != 0 ? FATE_DROPPED : good_end(record);
}

void fate_take(struct fate_said *said, const struct record *record)
{
    enum fate fate = said_by(record);

    if (fate == FATE_DROPPED || (said->fate != FATE_DROPPED && fate > said->fate))
        said->fate = fate;
    said->released |= record_number(record, PKTMON_FIELD_COPY_RELEASED) != 0;
    said->sent = record_number(record, PKTMON_FIELD_EDGE) == EDGE_LOWER &&
                 record_number(record, PKTMON_FIELD_DIRECTION) == DIRECTION_TX;
}

bool fate_is_open(const struct fate_said *said)
{
    return said->fate == FATE_UNKNOWN && !said->released;
}
