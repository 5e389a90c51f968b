/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to a running capture: other threads submit them and wait; the capture's own thread
 * carries them out one after the other.
 */
#ifndef PKTMON_CAPTURE_CHANGE_QUEUE_H
#define PKTMON_CAPTURE_CHANGE_QUEUE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/constraint.h"

/* One of the three; borrowed. */
struct addition {
    const struct pktmon_constraint *constraint;
    const char *expression; /* as in pcap-filter(7) */
    bool inner;             /* the expression also matches the packet inside a tunnel */
    uint32_t source;        /* id of a component */
};

struct additions;

struct additions *additions_new(void);
void additions_free(struct additions *additions);

/* Waits until the request was carried out. False: it was refused, or the capture has ended. */
bool additions_request(struct additions *additions, const struct addition *addition,
                       GError **error);

/* For the capture's thread. Returns the next request, until it is finished; NULL: none. */
const struct addition *additions_next(struct additions *additions);
/* Takes ownership of error; NULL: the request was carried out. */
void additions_finish(struct additions *additions, GError *error);
/* The capture has ended: further requests are refused. */
void additions_close(struct additions *additions);

#endif
