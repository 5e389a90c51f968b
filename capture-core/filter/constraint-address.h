/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_FILTER_CONSTRAINT_ADDRESS_H
#define PKTMON_FILTER_CONSTRAINT_ADDRESS_H

#include "pktmon/constraint.h"

/* Bits of an address of the constraint: 32 or 128. */
unsigned constraint_address_bits(const struct pktmon_constraint *constraint);

/* Bits of the first or second address (index 0, 1) that count; 0: there is no such address. */
unsigned constraint_prefix_length(const struct pktmon_constraint *constraint, guint index);

/* The first or second address (index 0, 1) with the number of bits that count, such as 10.1.0.0/16;
 * the caller frees it. */
char *constraint_address(const struct pktmon_constraint *constraint, guint index);

#endif
