/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of components, as a table or as JSON. */
#ifndef PKTMON_CLI_COUNTER_VIEW_H
#define PKTMON_CLI_COUNTER_VIEW_H

#include <glib.h>
#include <stdbool.h>

#include "pktmon/event.h"
#include "stacks.h"

/* Packets at one edge of a component, or the drops of the whole component. Pointers are borrowed.
 */
struct cli_counter {
    uint32_t component;
    bool drops;
    const char *edge; /* name; NULL = none */
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
    uint64_t taken_back, taken_back_bytes; /* dropped after the hook counted them as out */
    const char *reason;                    /* of the newest drop; NULL = unknown */
    const struct pktmon_drop_count *reasons;
    size_t reason_count;
};

/* What is shown. */
struct cli_counter_view {
    bool flow, drops;
    bool zero;   /* include counters that are zero in both directions */
    bool hidden; /* include hidden components */
    bool reasons;
    bool json;
};

/* The table, or "" if there is no counter to show; the caller frees it. counters: of struct
 * cli_counter in display order, those of one component adjacent. live: the reasons of the newest
 * drops are known, and some edges have in and out instead of Rx and Tx. */
char *cli_counters_format(const struct cli_counter_view *view, const struct cli_stacks *stacks,
                          const GArray *counters, bool live);
void cli_counters_print_json(const struct cli_counter_view *view, const struct cli_stacks *stacks,
                             const GArray *counters);

#endif
