/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets and other events as JSON, one object on one line. Keys are the names of the dissector's
 * fields without "pktmon." and with "_" for "."; docs/watch.md lists them. A member that has
 * nothing to say is left out.
 *
 * Times since 1970 are strings of seconds with nine decimals, groups are strings of digits, and
 * times between two observations are numbers of nanoseconds.
 */
#ifndef PKTMON_CLI_JOURNEY_JSON_H
#define PKTMON_CLI_JOURNEY_JSON_H

#include <glib.h>
#include <stdbool.h>

#include "pktmon/component.h"
#include "pktmon/journey.h"

struct cli_json_options {
    /* Names of components, for events that do not name theirs; NULL: none are known. Borrowed. */
    const struct pktmon_registry *registry;
    uint16_t vxlan_port; /* as in journey_form_read() */
    uint64_t capture_id; /* 0: not said */
};

/* Appends a packet with its journey (PKTMON_RECORD_JOURNEY), an appearance (PACKET), a reading of
 * counters, or a notice. False: of other records, there is nothing to say. */
bool cli_json_append_event(GString *json, const struct cli_json_options *options,
                           const struct pktmon_event *event);

#endif
