/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session is asked for while it runs: other threads ask, and wait; the session's own carries
 * it out, one after the other.
 */
#ifndef PKTMON_ADDITIONS_H
#define PKTMON_ADDITIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "constraint.h"

/* One of the three, which is borrowed. */
struct addition {
    const struct pktmon_constraint *constraint;
    const char *expression; /* as in pcap-filter(7) */
    bool inner;             /* the expression also matches the packet inside a tunnel */
    uint32_t source;        /* id of a component */
};

struct additions;

struct additions *additions_new(void);
void additions_free(struct additions *additions);

/* Waits until it was carried out; false: it was refused, or the session has ended. */
bool additions_ask(struct additions *additions, const struct addition *addition, GError **error);

/* For the session's thread. The next one, until it is finished; NULL: there is none. */
const struct addition *additions_next(struct additions *additions);
/* Takes ownership of error; NULL: it was carried out. */
void additions_finish(struct additions *additions, GError *error);
/* The session has ended: whoever asks is refused. */
void additions_close(struct additions *additions);

#endif
