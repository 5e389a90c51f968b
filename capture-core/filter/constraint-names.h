/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that have a name in the syntax of constraints. */
#ifndef PKTMON_FILTER_CONSTRAINT_NAMES_H
#define PKTMON_FILTER_CONSTRAINT_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct constraint_name {
    const char *name; /* NULL ends the table */
    uint16_t number;
};

#define CONSTRAINT_TCP_FLAGS 8

extern const struct constraint_name constraint_ethertypes[], constraint_transports[];
extern const struct constraint_name constraint_tcp_flags[CONSTRAINT_TCP_FLAGS + 1];

/* Finds the number by its name, ignoring case. False: the table has no such name. */
bool constraint_find_number(const struct constraint_name *names, const char *word,
                            uint16_t *number);
/* NULL: the table has no such number. */
const char *constraint_find_name(const struct constraint_name *names, uint16_t number);

#endif
