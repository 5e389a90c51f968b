/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"

#include <time.h>

#define STEP_THRESHOLD_NS 10000000 /* 10 ms */

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_real(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_offset(void)
{
    return (int64_t)(clock_real() - clock_monotonic());
}

bool clock_stepped(int64_t *reported, int64_t offset, int64_t *step)
{
    int64_t difference = offset - *reported;

    if (difference < STEP_THRESHOLD_NS && difference > -STEP_THRESHOLD_NS)
        return false;
    *step = difference;
    *reported = offset;
    return true;
}

void clock_timer_set(struct clock_timer *timer, uint32_t interval_ms, uint64_t now)
{
    timer->interval = interval_ms * PKTMON_NS_PER_MS;
    timer->due = now + timer->interval;
}

bool clock_timer_due(struct clock_timer *timer, uint64_t now)
{
    if (timer->interval == 0 || now < timer->due)
        return false;
    timer->due += timer->interval;
    if (timer->due <= now)
        timer->due = now + timer->interval;
    return true;
}

uint32_t clock_timer_left_ms(const struct clock_timer *timer, uint64_t now)
{
    if (timer->interval == 0)
        return UINT32_MAX;
    return timer->due > now
               ? (uint32_t)((timer->due - now + PKTMON_NS_PER_MS - 1) / PKTMON_NS_PER_MS)
               : 0;
}
