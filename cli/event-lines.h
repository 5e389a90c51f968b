/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets, and what happened to the capture, as lines of text or JSON for a reader who may be slow:
 * lines for which there is no room are left out, and their number is said. */
#ifndef PKTMON_CLI_EVENT_LINES_H
#define PKTMON_CLI_EVENT_LINES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/component.h"
#include "pktmon/event.h"

struct cli_event_lines_options {
    int fd;              /* borrowed */
    bool json;           /* an object on each line */
    uint16_t vxlan_port; /* as in journey_form_read() */
};

struct cli_event_lines;

/* The options are copied. */
struct cli_event_lines *cli_event_lines_new(const struct cli_event_lines_options *options);
void cli_event_lines_free(struct cli_event_lines *lines);

/* Where events that do not name their components find the names; borrowed. */
void cli_event_lines_set_registry(struct cli_event_lines *lines,
                                  const struct pktmon_registry *registry);

/* Adds the line of an event, if there is one. */
void cli_event_lines_take(struct cli_event_lines *lines, const struct pktmon_event *event);
/* Shows what was added: no more comes for now. */
void cli_event_lines_flush(struct cli_event_lines *lines);
/* The reader has gone, or writing failed: nobody sees what is added. */
bool cli_event_lines_are_closed(const struct cli_event_lines *lines);
/* Shows the rest, as long as the reader goes on. False: error; a reader that has gone is none.
 * left_out: how many lines were not shown in all. */
bool cli_event_lines_finish(struct cli_event_lines *lines, uint64_t *left_out, GError **error);

#endif
