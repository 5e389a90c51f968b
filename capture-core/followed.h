/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups that a filter matched so far, where user space judges: as many as are under way. */
#ifndef PKTMON_FOLLOWED_H
#define PKTMON_FOLLOWED_H

#include <stdbool.h>
#include <stdint.h>

struct pktmon_followed;

struct pktmon_followed *pktmon_followed_new(void);
void pktmon_followed_free(struct pktmon_followed *followed);

/* Adds bits to those of the group, and returns all of them. time: of the event, ns; a group that is
 * not asked for is forgotten after 10 to 20 s. Group 0 is no group. */
uint64_t pktmon_followed_add(struct pktmon_followed *followed, uint64_t group, uint64_t time,
                             uint64_t bits);
bool pktmon_followed_has(const struct pktmon_followed *followed, uint64_t group);

#endif
