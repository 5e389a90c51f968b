/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two clocks of a live capture. Events are timed by the monotonic one and told by the
 * real-time one, with one offset for the whole capture; whoever sets the real-time clock in
 * between is told of.
 */
#ifndef PKTMON_CLOCK_H
#define PKTMON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define PKTMON_NS_PER_MS 1000000ULL

/* Nanoseconds. */
uint64_t pktmon_clock_monotonic(void);
uint64_t pktmon_clock_real(void);
/* Real-time minus monotonic, now. */
int64_t pktmon_clock_offset(void);

/* Whether the real-time clock was set since *reported, the offset of which the user knows. If so,
 * *reported becomes offset, and *step says by how much (forward is positive). Less than 10 ms is
 * not told: it is below what reading two clocks and a leap smear may do. */
bool pktmon_clock_stepped(int64_t *reported, int64_t offset, int64_t *step);

/* Something to be done again and again. */
struct pktmon_timer {
    uint64_t interval; /* ns; 0 = never */
    uint64_t due;      /* ns, monotonic */
};

void pktmon_timer_set(struct pktmon_timer *timer, uint32_t interval_ms, uint64_t now);
/* Whether it is time, which is then over. What was missed is not made up for. */
bool pktmon_timer_due(struct pktmon_timer *timer, uint64_t now);
/* Milliseconds until it is time, rounded up; UINT32_MAX: never. */
uint32_t pktmon_timer_left_ms(const struct pktmon_timer *timer, uint64_t now);

#endif
