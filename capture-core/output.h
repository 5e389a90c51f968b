/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a stream's bytes go: a file descriptor, written to by the caller or by a thread, so that
 * making blocks and the kernel's copying of them go on at the same time. */
#ifndef PKTMON_OUTPUT_H
#define PKTMON_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct pktmon_output;

/* fd is borrowed. */
struct pktmon_output *pktmon_output_new(int fd, bool own_thread);
/* Takes the bytes of *buffer, which is empty afterwards and may be another one. False: error, of
 * these bytes or with a thread of earlier ones; nothing more can be written. A pipe that its reader
 * closed is no error: false without one. */
bool pktmon_output_put(struct pktmon_output *output, GByteArray **buffer, GError **error);
/* Waits until all is written. As above. */
bool pktmon_output_finish(struct pktmon_output *output, GError **error);
/* Whether the reader of the pipe has gone. */
bool pktmon_output_closed(struct pktmon_output *output);
/* Bytes that the file has of those that were put: whole blocks of pcapng, unless it is a pipe. */
uint64_t pktmon_output_written(struct pktmon_output *output);
/* What was put is written first. */
void pktmon_output_free(struct pktmon_output *output);

#endif
