/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts packets, which may have several frames each: forms, pieces, and continuations. */
#ifndef PKTMON_CLI_PACKET_GROUPS_H
#define PKTMON_CLI_PACKET_GROUPS_H

#include <stdbool.h>

#include "pktmon/event.h"

struct cli_packet_groups;

struct cli_packet_groups *cli_packet_groups_new(void);
void cli_packet_groups_free(struct cli_packet_groups *groups);

/* Whether the event is a packet, or belongs to one. */
bool cli_is_packet(const struct pktmon_event *event);
/* Whether the packet's event is one more packet: an observation, or the first frame of a journey,
 * which is known from then on. */
bool cli_packet_groups_add(struct cli_packet_groups *groups, const struct pktmon_event *event);
/* Whether it is another frame of a journey that is known. */
bool cli_packet_groups_has(const struct cli_packet_groups *groups,
                           const struct pktmon_event *event);

#endif
