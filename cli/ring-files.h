/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output of a capture: none, standard output, a file, or a sequence of files, of which possibly
 * only the newest are kept. */
#ifndef PKTMON_CLI_RING_FILES_H
#define PKTMON_CLI_RING_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* When a new file begins; 0: no limit. Without kilobytes and seconds there is one file. */
struct cli_file_limits {
    uint64_t kilobytes; /* of 1000 bytes */
    uint64_t seconds;
    uint64_t files; /* number of files to keep */
};

/* The values of -b, NULL-terminated or NULL. */
bool cli_file_limits_parse(struct cli_file_limits *limits, char **words, GError **error);
bool cli_file_limits_are_set(const struct cli_file_limits *limits);

struct cli_ring_files {
    const char *path; /* as the user gave it; NULL = none, "-" = standard output; borrowed */
    struct cli_file_limits limits;
    int fd;         /* of the current file; -1 = none */
    gint64 opened;  /* us, monotonic: when it was opened */
    uint64_t bytes; /* of the previous files */
    uint64_t count;
    GQueue names; /* of char *: files that are kept, oldest first */
};

/* Creates the first file. The caller sets opened again when the capture begins. False: error, and
 * nothing to close. */
bool cli_ring_files_open(struct cli_ring_files *files, const char *path,
                         const struct cli_file_limits *limits, GError **error);
/* Whether the current file, of this size, has reached a limit. */
bool cli_ring_files_are_due(const struct cli_ring_files *files, uint64_t size);
/* Creates the next file, while the current one stays open. -1: error. */
int cli_ring_files_create_next(struct cli_ring_files *files, GError **error);
/* Makes it the current file; closes the previous one, and removes files that are not kept. */
bool cli_ring_files_advance(struct cli_ring_files *files, int fd, GError **error);
/* Closes the last file; removes it if it is empty or the capture never began. */
bool cli_ring_files_close(struct cli_ring_files *files, bool begun, GError **error);
void cli_ring_files_clear(struct cli_ring_files *files);

/* The files of a ring that was written to path, and are there now, in their order. The caller frees
 * the array of strings; an empty one: there are none. */
GPtrArray *cli_ring_files_find(const char *path);

/* What was written, to be appended to the status line; the caller frees the text. */
char *cli_ring_files_describe(struct cli_ring_files *files);

#endif
