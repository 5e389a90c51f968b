/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions of a classic program are reached, and what is known there. */
#ifndef PKTMON_FILTER_REACH_H
#define PKTMON_FILTER_REACH_H

#include "translate.h"

#define FILTER_UNREACHED UINT32_MAX

/*
 * Of each instruction of a checked program, how many of the packet's first bytes are present for
 * certain, because a load on every way to it needed them: no other load has to ask for these again.
 * FILTER_UNREACHED: there is no way to it. The caller frees the array.
 */
uint32_t *filter_reach(const struct sock_filter *classic, size_t count, uint32_t window);

#endif
