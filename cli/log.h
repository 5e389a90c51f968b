/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log whose components and counters are known, for the commands that show them. */
#ifndef PKTMON_CLI_LOG_H
#define PKTMON_CLI_LOG_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "etl.h"

struct log {
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    struct pktmon_provider *provider;
    const struct etl_catalogue *catalogue;
    GPtrArray *stacks; /* of struct etl_binding, in the order to be shown */
};

/* Scans the log. False: error, and nothing to close. */
bool log_open(struct log *log, char **paths, GError **error);
void log_close(struct log *log);

/* The heading of a stack: the adapter's alias or description; "Other components" for 0. */
const char *log_stack_name(const struct log *log, uint32_t adapter);
/* "" where there is none. */
const char *log_text(const char *text);

/* Member name of the object that is open. */
void json_put_string(JsonBuilder *json, const char *name, const char *text);
void json_put_number(JsonBuilder *json, const char *name, uint64_t number);
/* Prints the stacks as an array of objects with "Group" and "Components"; put makes the object of
 * one component. */
typedef void log_put_component(JsonBuilder *json, const struct log *log, uint32_t id,
                               const void *user);
void log_print_json(const struct log *log, log_put_component *put, const void *user);

#endif
