/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a packet, as far as the records of one of its copies tell.
 */
#ifndef PKTMON_FATE_H
#define PKTMON_FATE_H

#include <stdbool.h>

#include "frame-record.h"

/* In the order of precedence: a packet with several copies has the greatest of their fates. */
enum fate {
    FATE_UNKNOWN,
    FATE_DROPPED,
    FATE_CONSUMED,
    FATE_FORWARDED,
    FATE_DELIVERED,
};

extern const char *const fate_names[];

/* What the records of a copy have said so far. */
struct fate_said {
    enum fate fate; /* FATE_UNKNOWN: nothing */
    bool released;  /* the copy ended, and the packet did not */
    bool sent;      /* the newest record saw it leave by a device's lower edge */
};

/* Takes in one more record of the copy. */
void fate_take(struct fate_said *said, const struct record *record);

/* Whether a record that is missing could tell more. */
bool fate_is_open(const struct fate_said *said);

#endif
