/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components of this host or of a log in the order of `pktmon list` and `pktmon counters`: by
 * stack, from the wire up to the sockets.
 */
#ifndef PKTMON_CLI_STACKS_H
#define PKTMON_CLI_STACKS_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "pktmon/component.h"

struct cli_stack_member {
    uint32_t component;
    const char *heading; /* of its stack; the same pointer for all members */
};

struct cli_stacks {
    const struct pktmon_registry *registry; /* borrowed */
    GArray *members;                        /* of struct cli_stack_member */
    GPtrArray *headings;                    /* owned */
    const char *rest_name;                  /* name of rest; NULL: none. Borrowed. */
    uint32_t rest;
};

struct cli_stacks *cli_stacks_new(const struct pktmon_registry *registry);
void cli_stacks_free(struct cli_stacks *stacks);
/* Begins a stack: components are added to it from now on. The heading is copied. */
void cli_stacks_open(struct cli_stacks *stacks, const char *heading);
void cli_stacks_add(struct cli_stacks *stacks, uint32_t component);

/* Adds a stack of one member, which is not a component but stands for the rest. The name is
 * borrowed. */
void cli_stacks_add_rest(struct cli_stacks *stacks, uint32_t id, const char *heading,
                         const char *name);

/* Sets only the name of the rest. */
void cli_stacks_name_rest(struct cli_stacks *stacks, uint32_t id, const char *name);

/* The component's name, or "" if it is unknown. */
const char *cli_stacks_get_name(const struct cli_stacks *stacks, uint32_t component);
const char *cli_stacks_get_type(const struct cli_stacks *stacks, uint32_t component);
/* "" for NULL. */
const char *cli_text_or_empty(const char *text);

/* Adds a member to the current object. */
void cli_json_add_string(JsonBuilder *json, const char *name, const char *text);
void cli_json_add_number(JsonBuilder *json, const char *name, uint64_t number);
/* Prints the stacks on one line, as an array of objects with "Group" and "Components". put adds the
 * object of a component, or nothing. */
typedef void cli_stacks_put(JsonBuilder *json, const struct cli_stacks *stacks, uint32_t component,
                            const void *user);
void cli_stacks_print_json(const struct cli_stacks *stacks, cli_stacks_put *put, const void *user);

#endif
