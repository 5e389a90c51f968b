/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes bytes to a file descriptor, from the caller's thread or from a thread of its own. With the
 * thread, the next blocks are made while the kernel copies the previous ones. */
#ifndef PKTMON_PCAPNG_DESCRIPTOR_WRITER_H
#define PKTMON_PCAPNG_DESCRIPTOR_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct descriptor_writer;

/* fd is borrowed. */
struct descriptor_writer *descriptor_writer_new(int fd, bool own_thread);
/* Takes the bytes of *buffer, which is empty afterwards and may be another array. False: writing
 * failed, with these bytes or (with a thread) with earlier ones, and nothing more can be written.
 * If the reader closed the pipe, returns false and sets no error. */
bool descriptor_writer_put(struct descriptor_writer *output, GByteArray **buffer, GError **error);
/* Waits until everything is written. Returns as above. */
bool descriptor_writer_finish(struct descriptor_writer *output, GError **error);
/* Whether the reader of the pipe has gone. */
bool descriptor_writer_closed(struct descriptor_writer *output);
/* Bytes put so far that are in the file: whole pcapng blocks, unless it is a pipe. */
uint64_t descriptor_writer_written(struct descriptor_writer *output);
/* Writes what was put before, then frees the writer. */
void descriptor_writer_free(struct descriptor_writer *output);

#endif
