/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets and other events as lines of text:
 *
 *   TIME SUMMARY  PATH  FATE  TOTAL          a packet with its journey
 *   TIME SUMMARY  COMPONENT EDGE DIRECTION   an appearance
 *   TIME ** MESSAGE                          something that happened to the capture
 *
 * Only printable characters, whatever names and packets hold.
 */
#ifndef PKTMON_CLI_JOURNEY_TEXT_H
#define PKTMON_CLI_JOURNEY_TEXT_H

#include <glib.h>
#include <stdbool.h>

#include "pktmon/component.h"
#include "pktmon/journey.h"

/* What the newest packets were, for events that are about one of them. */
struct cli_text_packets {
    struct {
        uint64_t group;
        char summary[120];
    } packets[64];
    unsigned next;
};

struct cli_text_options {
    /* Names of components, for events that do not name theirs; NULL: none are known. Borrowed. */
    const struct pktmon_registry *registry;
    uint16_t vxlan_port;              /* as in journey_form_read() */
    bool is_colored;                  /* drops red, trouble orange */
    bool is_ascii;                    /* the terminal has no other characters */
    struct cli_text_packets *packets; /* NULL: none is remembered. Borrowed. */
};

/* Chooses colors and characters for what the lines are written to: colors for a terminal, unless
 * NO_COLOR is set. */
void cli_text_options_fit(struct cli_text_options *options, int fd);

/* Appends the lines of an event. False: of this one there is nothing to say. */
bool cli_text_append_event(GString *text, const struct cli_text_options *options,
                           const struct pktmon_event *event);

/* The bytes of a journey as those of a packet: of a continuation, which has none, those of its
 * first hop. Borrowed from the journey. */
struct pktmon_packet cli_journey_packet(const struct pktmon_journey *journey);

#endif
