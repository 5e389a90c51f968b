/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of one conversion. A log is untrusted, and a few of its bytes can expand to very many. So
 * memory, the text of one event, and output are limited in proportion to the size of the log, far
 * above what real logs need. Everything that a limit cuts is counted.
 */
#ifndef PKTMON_ETL_READER_BUDGET_H
#define PKTMON_ETL_READER_BUDGET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* 0: depends on the size of the log. */
struct etl_limits {
    uint64_t memory; /* bytes of buffers and descriptions held at a time */
    uint64_t text;   /* bytes of one event's message */
    uint64_t output; /* bytes written */
};

/* Ranges of the options, in the options' units. A metadata record holds 64 KiB, of which the
 * message is a part. */
#define ETL_LIMIT_MEMORY_MIN 16         /* MiB */
#define ETL_LIMIT_MEMORY_MAX 1048576    /* MiB */
#define ETL_LIMIT_TEXT_MAX   58         /* KiB */
#define ETL_LIMIT_OUTPUT_MAX 1073741824 /* MiB */

/* Sets the limits from numbers in these units. 0 and numbers out of range leave a limit unchanged.
 * False: a number was out of range. */
bool etl_limits_set(struct etl_limits *limits, uint64_t memory_mib, uint64_t text_kib,
                    uint64_t output_mib);
/* Reads PKTMON_ETL_MAX_MEMORY (MiB), _TEXT (KiB) and _OUTPUT (MiB): a plugin gets no options. */
void etl_limits_read_environment(struct etl_limits *limits);

/* Longest name or value in a description, bytes; those of Windows are shorter. */
#define ETL_MAX_NAME 1024

/* What the limits cut. */
struct etl_cuts {
    uint64_t descriptions; /* of events, components and filters: ignored */
    uint64_t names;        /* shortened */
    uint64_t texts;        /* of events: shortened */
    uint64_t events;       /* not delivered, packets included */
};

struct etl_budget;

/* input: size of the log, bytes. */
struct etl_budget *etl_budget_new(const struct etl_limits *limits, uint64_t input);
void etl_budget_free(struct etl_budget *budget);

/* Bytes that the open buffers may use. */
uint64_t etl_budget_buffers(const struct etl_budget *budget);
uint64_t etl_budget_text(const struct etl_budget *budget);

/* Reserves memory for a description, or a part of one. False: none is left. */
bool etl_budget_keep(struct etl_budget *budget, size_t bytes);
/* Returns one copy of equal strings, owned by the budget, and frees text. NULL stays NULL. */
const char *etl_budget_share(struct etl_budget *budget, char *text);

/* Sets the size of all buffers once decompressed, which is known after the scan. */
void etl_budget_set_decoded(struct etl_budget *budget, uint64_t decoded);
/* Counts bytes written, or the equivalent of work whose result is not written. */
void etl_budget_spend(struct etl_budget *budget, uint64_t bytes);
/* Whether nothing more may be written. */
bool etl_budget_is_spent(const struct etl_budget *budget);

/* The counters of what was cut, for the caller to increment. */
struct etl_cuts *etl_budget_cuts(struct etl_budget *budget);

#endif
