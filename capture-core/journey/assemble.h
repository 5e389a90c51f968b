/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The assembler: events in the order of time become journeys, in the order of their first hops.
 * What is no packet passes through it, in its place among them.
 *
 * A journey is written when all chains of its packet have ended and have been quiet for a while,
 * when its provider joins nothing to it any more, when it was held for too long, or when memory is
 * short. What is observed of it later is written as one continuation for each time.
 */
#ifndef PKTMON_JOURNEY_ASSEMBLE_H
#define PKTMON_JOURNEY_ASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pktmon/journey.h"

/* What settle is on Linux: a drop may follow a delivery, and a copy may come late. */
#define JOURNEY_SETTLE_NS 10000000ULL

/* Times are nanoseconds. The context of the functions is the options'. */
struct journey_options {
    uint64_t hold;   /* from the first hop on; 0 = until it has ended */
    uint64_t settle; /* after all chains have ended: a drop may follow a delivery */
    uint64_t join;   /* after the newest observation: what comes later is joined to no packet; 0 =
                        not known */
    size_t memory;   /* bytes that are held at most, when journey_assembler_take() returns */

    /* Only some journeys. They are held longer than others, for up to ten seconds if there is a
     * hold, so that they are whole. */
    bool dropped_only; /* packets that were dropped */
    /* Those that took so long from the first to the last observation, or were dropped; with
     * dropped_only: and were dropped. 0 = any. */
    uint64_t slower;

    /* Find out which TCP segments of other groups a packet was merged from on receive
     * (merged_into), by their sequence numbers. */
    bool find_merged;

    uint16_t vxlan_port; /* as in journey_form_read() */

    /* A component's name, which is copied; NULL: not known. It is asked for when the component is
     * first observed, and first after it was described or retired. */
    const char *(*name)(const void *context, uint32_t component);
    /* Whether the component hands packets out of this network stack. */
    bool (*hands_out)(const void *context, uint32_t component);
    const void *context;
};

/* Neither calls the assembler. */
struct journey_output {
    void (*journey)(void *context, const struct pktmon_journey *journey);
    void (*event)(void *context, const struct pktmon_event *event);
    void *context;
};

/* The event that takes a journey on. */
static inline struct pktmon_event journey_event(const struct pktmon_journey *journey)
{
    return (struct pktmon_event){.record = PKTMON_RECORD_JOURNEY,
                                 .time = journey->time,
                                 .component = journey->hops[0].event->component,
                                 .journey = journey};
}

struct journey_assembler;

/* The options and the output are copied. */
struct journey_assembler *journey_assembler_new(const struct journey_options *options,
                                                const struct journey_output *output);
/* What is still held is not written. */
void journey_assembler_free(struct journey_assembler *assembler);

/* The event is copied if it is kept. No event is older than the one before. */
void journey_assembler_take(struct journey_assembler *assembler, const struct pktmon_event *event);
/* Learns of a loss (losses.h) without writing the event. */
void journey_assembler_note_loss(struct journey_assembler *assembler,
                                 const struct pktmon_event *event);
/* Writes what is due; no event that comes later is older than now, ns since 1970. */
void journey_assembler_advance(struct journey_assembler *assembler, uint64_t now);
/* Writes all that is held: nothing more comes for now. */
void journey_assembler_finish(struct journey_assembler *assembler);

/* Bytes that are held. */
size_t journey_assembler_size(const struct journey_assembler *assembler);

#endif
