/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-rest.h"

#include <glib.h>

#include "model/journey-piece.h"

void journey_rest_init(struct journey_rest *rest, const struct pktmon_journey *journey)
{
    rest->journey = *journey;
    rest->hops = NULL;
}

void journey_rest_clear(struct journey_rest *rest)
{
    g_clear_pointer(&rest->hops, g_free);
}

/* The first hop is a run, of which so many observations were written. */
static void split_run(struct journey_rest *rest, uint32_t written)
{
    struct pktmon_journey *journey = &rest->journey;
    struct pktmon_hop *hops = g_memdup2(journey->hops, journey->hop_count * sizeof(*hops));
    const struct pktmon_piece *piece = &hops->pieces[written];

    rest->first = journey_piece_event(piece, hops->event);
    hops->event = &rest->first;
    hops->pieces = piece;
    hops->count -= written;
    g_free(rest->hops);
    journey->hops = rest->hops = hops;
}

void journey_rest_advance(struct journey_rest *rest, const struct journey_written *written)
{
    struct pktmon_journey *journey = &rest->journey;

    journey->hops += written->hops;
    journey->hop_count -= written->hops;
    if (written->pieces > 0)
        split_run(rest, written->pieces);
    journey->continued = true;
    journey->composed = false;
    journey->bytes_hop = 0;
    journey->data = NULL;
    journey->caplen = journey->origlen = 0;
}
