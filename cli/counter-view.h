/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of components, as a table or as JSON. */
#ifndef PKTMON_CLI_COUNTER_VIEW_H
#define PKTMON_CLI_COUNTER_VIEW_H

#include <glib.h>
#include <stdbool.h>

#include "event.h"
#include "stacks.h"

/* What passed one edge of a component, or the drops of all of it. What it points to is borrowed. */
struct counter {
    uint32_t component;
    bool drops;
    const char *edge; /* name; NULL = it has none */
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
    const char *reason; /* of the newest drop; NULL = not known */
    const struct pktmon_drop_count *reasons;
    size_t reason_count;
};

/* What is shown. */
struct counter_view {
    bool flow, drops;
    bool zero;   /* counters too that are zero in both directions */
    bool hidden; /* components too that are hidden */
    bool reasons;
    bool json;
};

/* Those of one component stand together, in the order in which they are shown. */
typedef GArray counter_list; /* of struct counter */

/* The table; "" where no counter is to be shown; the caller frees it. live: the newest reasons of
 * drops are known, and some edges are passed in and out rather than up and down. */
char *counter_view_text(const struct counter_view *view, const struct stacks *stacks,
                        const counter_list *counters, bool live);
void counter_view_print_json(const struct counter_view *view, const struct stacks *stacks,
                             const counter_list *counters);

#endif
