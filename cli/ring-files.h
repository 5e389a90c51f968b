/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a capture is written: nowhere, the standard output, a file, or several files one after
 * another, of which the newest may be kept only. */
#ifndef PKTMON_CLI_RING_FILES_H
#define PKTMON_CLI_RING_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* When another file begins; 0: no such limit. With neither of the first two there is one file. */
struct file_limits {
    uint64_t kilobytes; /* of 1000 bytes */
    uint64_t seconds;
    uint64_t files; /* so many are kept */
};

/* The values of -b, NULL-terminated or NULL. */
bool file_limits_parse(struct file_limits *limits, char **words, GError **error);
bool file_limits_are_set(const struct file_limits *limits);

struct ring_files {
    const char *path; /* as the user gave it; NULL = nowhere, "-" = the standard output; borrowed */
    struct file_limits limits;
    int fd;         /* of the file that is written now; -1 = none */
    gint64 opened;  /* us, monotonic: when that was */
    uint64_t bytes; /* of the files before it */
    uint64_t count;
    GQueue names; /* of char *: files that are kept, the oldest first */
};

/* Creates the first file, whose time begins with the capture: the caller sets opened again. False:
 * error, and nothing to close. */
bool ring_files_open(struct ring_files *files, const char *path, const struct file_limits *limits,
                     GError **error);
/* Whether the file, which is of this size now, has reached a limit. */
bool ring_files_are_due(const struct ring_files *files, uint64_t size);
/* The next file, still beside the one that is written now. -1: error. */
int ring_files_create_next(struct ring_files *files, GError **error);
/* From now on it is the one that is written; the one before is closed, and what is not kept is
 * removed. */
bool ring_files_advance(struct ring_files *files, int fd, GError **error);
/* Closes the last file; one that is empty is removed, and that of a capture that never began. */
bool ring_files_close(struct ring_files *files, bool begun, GError **error);
void ring_files_clear(struct ring_files *files);

/* What was written, in words that come after others; the caller frees the text. */
char *ring_files_summary(struct ring_files *files);

#endif
