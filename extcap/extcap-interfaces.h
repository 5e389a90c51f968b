/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that pktmondump offers to Wireshark. Each has a file with its capture.
 */
#ifndef PKTMON_EXTCAP_EXTCAP_INTERFACES_H
#define PKTMON_EXTCAP_EXTCAP_INTERFACES_H

#include "extcap-arguments.h"

struct extcap_interface {
    const char *value; /* NULL ends the table */
    const char *display;
    unsigned user; /* FRONTEND_DUMP_LIVE or FRONTEND_DUMP_LOG: the options that it has */
    /* Writes pcapng to fd until the end or a stop signal. */
    bool (*capture)(const struct extcap_arguments *arguments, int fd, GError **error);
    /* Prints what is wrong with the capture filter, if anything. */
    void (*check_filter)(const struct extcap_arguments *arguments);
};

/* The first one is the default. */
extern const struct extcap_interface extcap_interfaces[];

/* NULL: no interface has this name. */
const struct extcap_interface *extcap_find_interface(const char *name);

bool extcap_capture_live(const struct extcap_arguments *arguments, int fd, GError **error);
void extcap_check_live_filter(const struct extcap_arguments *arguments);
bool extcap_capture_log(const struct extcap_arguments *arguments, int fd, GError **error);
void extcap_check_log_filter(const struct extcap_arguments *arguments);

#endif
