/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where GLib's log messages go: to a file or nowhere, for Wireshark shows whatever an extcap
 * writes to its standard error as a failure.
 */
#ifndef PKTMONDUMP_LOG_H
#define PKTMONDUMP_LOG_H

#include <glib.h>
#include <stdbool.h>

/* Wireshark's names, from most to least. */
enum log_level {
    LOG_LEVEL_NOISY,
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_MESSAGE,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_CRITICAL,
    LOG_LEVEL_ERROR,
};

/* path NULL: nowhere. Call once. */
bool log_start(const char *path, enum log_level level, GError **error);

#endif
