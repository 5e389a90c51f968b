/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fates.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *fate_name(enum pktmon_fate fate)
{
    static const char *const names[] = {
#define X(NAME, number, name) [number] = (name),
        PKTMON_FATES(X)
#undef X
    };

    return names[(unsigned)fate < COUNT(names) ? fate : PKTMON_FATE_UNKNOWN];
}

static enum pktmon_fate good_end(uint8_t end)
{
    static const enum pktmon_fate ends[] = {
        [PKTMON_END_DELIVERED] = PKTMON_FATE_DELIVERED,
        [PKTMON_END_CONSUMED] = PKTMON_FATE_CONSUMED,
    };

    return end < COUNT(ends) ? ends[end] : PKTMON_FATE_UNKNOWN;
}

/* A drop takes precedence over what came before it: the socket that was about to take the packet
 * may have been full. Nothing takes precedence over a drop, which ends the copy. */
enum pktmon_fate fate_after(enum pktmon_fate before, bool dropped, uint8_t end)
{
    enum pktmon_fate fate = dropped ? PKTMON_FATE_DROPPED : good_end(end);

    return fate == PKTMON_FATE_DROPPED || (before != PKTMON_FATE_DROPPED && fate > before) ? fate
                                                                                           : before;
}
