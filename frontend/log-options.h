/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of Windows logs: which packets, limits, and how components are described (which
 * pktmondump also has for live captures). pktmondump's dialog, etl2pcap, etl2txt and their --help
 * come from this one table.
 */
#ifndef PKTMON_FRONTEND_LOG_OPTIONS_H
#define PKTMON_FRONTEND_LOG_OPTIONS_H

#include <stddef.h>

#include "etl-reader/etl.h"
#include "option.h"
#include "pktmon/metadata.h"

/* Limits that were not given are 0: they depend on the size of the log. */
struct frontend_log_settings {
    uint32_t view;                 /* enum pktmon_view; 0 = packets */
    uint32_t drop_only, flow_only; /* 0 or 1 */
    uint32_t max_memory;           /* MiB */
    uint32_t max_text;             /* KiB */
    uint32_t max_output;           /* MiB */
    uint32_t metadata;             /* enum pktmon_carrier */
    bool has_metadata;             /* false: it depends on the output */
};

struct frontend_log_option {
    struct frontend_option option;
    size_t offset;       /* of the member of struct frontend_log_settings, a uint32_t */
    size_t given_offset; /* of the bool that says whether a value was given; 0 = there is none */
};

/* In the order of Wireshark's dialog; ends with a row without a name. */
extern const struct frontend_log_option frontend_log_options[];

/* NULL: there is none of this name. */
const struct frontend_log_option *frontend_find_log_option(const char *name);

/* Checks the value and stores it. An empty or NULL text means that none was given. */
bool frontend_store_log_option(struct frontend_log_settings *settings,
                               const struct frontend_log_option *option, const char *text,
                               GError **error);

/* False: the settings exclude each other; the error names their options. */
bool frontend_check_log_settings(const struct frontend_log_settings *settings, GError **error);

/* Sets which packets are wanted, and the limits that were given. */
void frontend_apply_log_settings(const struct frontend_log_settings *settings,
                                 struct etl_options *options);
/* How components are described in an output to fd. */
enum pktmon_carrier frontend_log_carrier(const struct frontend_log_settings *settings, int fd);

#endif
