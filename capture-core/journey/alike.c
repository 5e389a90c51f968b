/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alike.h"

#include <glib.h>

#include "model/journey-format.h"

/* In all that a run has once. */
static bool same_packets(const struct pktmon_packet *left, const struct pktmon_packet *right)
{
    bool same = left->cpu == right->cpu && left->queue == right->queue;

#define X(NAME, member) same = same && left->member == right->member;
    JOURNEY_RUN_NUMBERS(X)
#undef X
#define X(bit, member) same = same && left->member == right->member;
    JOURNEY_HOP_FLAGS(X)
#undef X
#define X(NAME, member) same = same && g_strcmp0(left->member, right->member) == 0;
    JOURNEY_HOP_TEXTS(X)
#undef X
    return same;
}

/* Losses and comments are each told where they were. */
static bool is_plain(const struct pktmon_packet *packet)
{
    return packet->lost == 0 && !packet->incomplete && !packet->nbl && !packet->comment;
}

bool journey_fares_alike(const struct pktmon_event *left, const struct pktmon_event *right)
{
    const struct pktmon_packet *one = &left->packet, *other = &right->packet;

    return left->component == right->component && left->judged == right->judged &&
           left->filters == right->filters && is_plain(one) && is_plain(other) &&
           same_packets(one, other);
}
