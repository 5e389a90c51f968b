/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components in the order in which `pktmon list` and `pktmon counters` show them, be they of this
 * host or of a log: by stack, from the wire up to the sockets.
 */
#ifndef PKTMON_CLI_STACKS_H
#define PKTMON_CLI_STACKS_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "component.h"

struct stack_member {
    uint32_t component;
    const char *heading; /* of its stack; the same pointer for all of one stack */
};

struct stacks {
    const struct pktmon_registry *registry; /* borrowed */
    GArray *members;                        /* of struct stack_member */
    GPtrArray *headings;                    /* owns them */
    const char *rest_name;                  /* NULL: there is no rest. Borrowed. */
    uint32_t rest;
};

struct stacks *stacks_new(const struct pktmon_registry *registry);
void stacks_free(struct stacks *stacks);
/* Begins a stack; the heading is copied. What is added next belongs to it. */
void stacks_open(struct stacks *stacks, const char *heading);
void stacks_add(struct stacks *stacks, uint32_t component);

/* A stack of one member, which is no component: what is left. The name is borrowed. */
void stacks_add_rest(struct stacks *stacks, uint32_t id, const char *heading, const char *name);

/* The component's name, or "" where nothing is known of it. */
const char *stacks_name(const struct stacks *stacks, uint32_t component);
const char *stacks_type(const struct stacks *stacks, uint32_t component);
/* "" where there is none. */
const char *text_or_empty(const char *text);

/* Member name of the object that is open. */
void json_put_string(JsonBuilder *json, const char *name, const char *text);
void json_put_number(JsonBuilder *json, const char *name, uint64_t number);
/* Prints the stacks as an array of objects with "Group" and "Components", on one line; put makes
 * the object of one component, or nothing. */
typedef void stacks_put(JsonBuilder *json, const struct stacks *stacks, uint32_t component,
                        const void *user);
void stacks_print_json(const struct stacks *stacks, stacks_put *put, const void *user);

#endif
