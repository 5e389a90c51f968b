/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text of packets and other lines. Packets are formatted by tcpdump if it is available, else by
 * our own code, which prints less. They are batched, so that tcpdump is called rarely.
 */
#ifndef PKTMON_CLI_PACKET_LINES_H
#define PKTMON_CLI_PACKET_LINES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "packet-text.h"

struct cli_packet_lines;

/* options is borrowed. */
struct cli_packet_lines *cli_packet_lines_new(const struct cli_packet_text_options *options);
void cli_packet_lines_free(struct cli_packet_lines *lines);

void cli_packet_lines_add_text(struct cli_packet_lines *lines, const char *text, size_t size);
/* link_type: LINKTYPE_ value. The bytes are copied. */
void cli_packet_lines_add_packet(struct cli_packet_lines *lines, bool dropped, uint16_t link_type,
                                 const uint8_t *data, uint32_t size, uint32_t original);

/* Whether so much has been added that it should be taken now. */
bool cli_packet_lines_are_many(const struct cli_packet_lines *lines);
/* Appends all that was added, in order. Returns the number of packet bytes in it. */
size_t cli_packet_lines_take(struct cli_packet_lines *lines, GString *text);

/* Why tcpdump did not format some packets, as a sentence for the user; NULL: it formatted all. The
 * caller frees it. */
char *cli_packet_lines_explain(const struct cli_packet_lines *lines);

#endif
