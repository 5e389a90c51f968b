/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two clocks of a live capture. The monotonic clock times events; what is reported is real
 * time, with one offset for the whole capture. A change of the real-time clock during the capture
 * is reported.
 */
#ifndef PKTMON_MODEL_CLOCK_H
#define PKTMON_MODEL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define PKTMON_NS_PER_MS 1000000ULL

/* Nanoseconds. */
uint64_t clock_monotonic(void);
uint64_t clock_real(void);
/* Real-time minus monotonic, now. */
int64_t clock_offset(void);

/* Whether the real-time clock was set since *reported, the offset that was reported last. If so,
 * *reported becomes offset, and *step is the change, ns (forward is positive). A change below 10 ms
 * is ignored: reading two clocks, or a leap smear, can cause that much. */
bool clock_stepped(int64_t *reported, int64_t offset, int64_t *step);

/* A periodic timer. */
struct clock_timer {
    uint64_t interval; /* ns; 0 = never */
    uint64_t due;      /* ns, monotonic */
};

void clock_timer_set(struct clock_timer *timer, uint32_t interval_ms, uint64_t now);
/* Whether the timer is due; if so, the next interval begins. Missed intervals are not made up for.
 */
bool clock_timer_due(struct clock_timer *timer, uint64_t now);
/* Milliseconds until the timer is due, rounded up; UINT32_MAX: never. */
uint32_t clock_timer_left_ms(const struct clock_timer *timer, uint64_t now);

#endif
