/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups that filters have matched so far, if user space judges. Holds the groups that are
 * under way, and forgets the others. */
#ifndef PKTMON_FILTER_FOLLOWED_H
#define PKTMON_FILTER_FOLLOWED_H

#include <stdbool.h>
#include <stdint.h>

struct filter_followed;

struct filter_followed *filter_followed_new(void);
void filter_followed_free(struct filter_followed *followed);

/* Adds bits to those of the group, and returns all of them. time: of the event, ns. A group that is
 * not looked up for 10 to 20 s is forgotten. Group 0 means no group. */
uint64_t filter_followed_add(struct filter_followed *followed, uint64_t group, uint64_t time,
                             uint64_t bits);
bool filter_followed_has(const struct filter_followed *followed, uint64_t group);

#endif
