/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one conversion may take. A log is input of anyone, and a few of its bytes can stand for very
 * many: what a conversion keeps in memory, the text of one event, and what it writes are limited,
 * in relation to the log, far above what real logs need. What a limit cuts is counted.
 */
#ifndef PKTMON_ETL_BUDGET_H
#define PKTMON_ETL_BUDGET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* 0 = by the size of the log. */
struct pktmon_etl_limits {
    uint64_t memory; /* bytes of the log's buffers and descriptions that are held at a time */
    uint64_t text;   /* bytes of one event's message */
    uint64_t output; /* bytes written */
};

/* What an option may give, in the unit that people use. A metadata record holds 64 KiB in all, and
 * some of that is not the message. */
#define ETL_LIMIT_MEMORY_MIN 16         /* MiB */
#define ETL_LIMIT_MEMORY_MAX 1048576    /* MiB */
#define ETL_LIMIT_TEXT_MAX   58         /* KiB */
#define ETL_LIMIT_OUTPUT_MAX 1073741824 /* MiB */

/* Sets them from numbers in these units; 0 leaves one as it is, and so does what cannot be. False:
 * one of them cannot be. */
bool pktmon_etl_limits_set(struct pktmon_etl_limits *limits, uint64_t memory_mib, uint64_t text_kib,
                           uint64_t output_mib);
/* From PKTMON_ETL_MAX_MEMORY (MiB), _TEXT (KiB) and _OUTPUT (MiB), which is all that reaches a
 * plugin. */
void pktmon_etl_limits_of_environment(struct pktmon_etl_limits *limits);

/* Names and values of descriptions, bytes; Windows has shorter ones. */
#define ETL_MAX_NAME 1024

/* What the limits cut. */
struct etl_cuts {
    uint64_t descriptions; /* of events, components and filters: not used */
    uint64_t names;        /* shortened */
    uint64_t texts;        /* of events: shortened */
    uint64_t events;       /* not delivered: packets among them */
};

struct etl_budget;

/* input: bytes of the log. */
struct etl_budget *etl_budget_new(const struct pktmon_etl_limits *limits, uint64_t input);
void etl_budget_free(struct etl_budget *budget);

/* Bytes that the open buffers may take. */
uint64_t etl_budget_buffers(const struct etl_budget *budget);
uint64_t etl_budget_text(const struct etl_budget *budget);

/* Takes room for a description, or a part of one; false: there is none left. */
bool etl_budget_keep(struct etl_budget *budget, size_t bytes);
/* One copy of equal strings, owned by the budget; text is freed. NULL stays NULL. */
const char *etl_budget_share(struct etl_budget *budget, char *text);

/* The log has so many bytes of buffers, once decompressed: known after the scan. */
void etl_budget_set_decoded(struct etl_budget *budget, uint64_t decoded);
/* So much was written, or worked for what is not written. */
void etl_budget_spend(struct etl_budget *budget, uint64_t bytes);
/* Nothing more may be written. */
bool etl_budget_is_spent(const struct etl_budget *budget);

/* Counts what is cut. */
struct etl_cuts *etl_budget_cuts(struct etl_budget *budget);

#endif
