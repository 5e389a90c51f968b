/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destination of GLib's log messages: a file or nowhere, because Wireshark shows whatever an extcap
 * writes to standard error as a failure.
 */
#ifndef PKTMON_FRONTEND_LOG_FILE_H
#define PKTMON_FRONTEND_LOG_FILE_H

#include <glib.h>
#include <stdbool.h>

/* Wireshark's levels, from most to fewest messages. */
enum frontend_log_level {
    FRONTEND_LOG_NOISY,
    FRONTEND_LOG_DEBUG,
    FRONTEND_LOG_INFO,
    FRONTEND_LOG_MESSAGE,
    FRONTEND_LOG_WARNING,
    FRONTEND_LOG_CRITICAL,
    FRONTEND_LOG_ERROR,
};

/* path NULL: nowhere. Call once. */
bool frontend_start_log(const char *path, enum frontend_log_level level, GError **error);

#endif
