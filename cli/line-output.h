/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines on a descriptor whose reader may be slow, as a terminal behind a connection: they are
 * written by a thread of their own, so that nobody waits for it. What waits is bounded.
 */
#ifndef PKTMON_CLI_LINE_OUTPUT_H
#define PKTMON_CLI_LINE_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct cli_line_output;

/* fd: blocking, borrowed. limit: bytes that may wait. */
struct cli_line_output *cli_line_output_new(int fd, size_t limit);
/* What still waits is not written. */
void cli_line_output_free(struct cli_line_output *output);

/* Whether there is room for so many bytes more. */
bool cli_line_output_has_room(struct cli_line_output *output, size_t size);
/* Takes a text of so many whole lines, which is empty afterwards; beyond the limit, too. */
void cli_line_output_add(struct cli_line_output *output, GString *text, uint64_t lines);

/* The reader has gone, or writing failed: nothing more is written. */
bool cli_line_output_is_closed(struct cli_line_output *output);
/* errno of the failure; 0: none. A reader that has gone is none. */
int cli_line_output_error(struct cli_line_output *output);

/* Waits until all is written, as long as the reader goes on reading: a pause of patience_ms ends
 * it. Returns how many lines were not written whole. */
uint64_t cli_line_output_finish(struct cli_line_output *output, unsigned patience_ms);

#endif
