/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that pktmondump shows to Wireshark. One file each says how it captures.
 */
#ifndef PKTMONDUMP_INTERFACES_H
#define PKTMONDUMP_INTERFACES_H

#include "options.h"

struct interface {
    const char *value; /* NULL ends the table */
    const char *display;
    enum option_use use;
    /* Writes pcapng to fd until the end or capture_stop_wanted(). */
    bool (*capture)(const struct arguments *arguments, int fd, GError **error);
    /* Prints what is wrong with the capture filter, if anything. */
    void (*check_filter)(const struct arguments *arguments);
};

/* The first is the one that is meant where none is named. */
extern const struct interface interfaces[];

/* NULL: there is none of this name. */
const struct interface *interface_find(const char *name);
bool interface_has_option(const struct interface *interface, const struct option *option);

bool live_capture(const struct arguments *arguments, int fd, GError **error);
void live_check_filter(const struct arguments *arguments);
bool etl_capture(const struct arguments *arguments, int fd, GError **error);
void etl_check_filter(const struct arguments *arguments);

#endif
