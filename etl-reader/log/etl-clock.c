/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-clock.h"

#include <glib.h>
#include <stdbool.h>

#define FILETIME_OF_1970   INT64_C(116444736000000000)
#define NS_PER_FILETIME    100
#define NS_PER_SECOND      INT64_C(1000000000)
#define NS_PER_MICROSECOND 1000
#define DEFAULT_FREQUENCY  INT64_C(10000000)

static int64_t clamp_ns(__int128 ns)
{
    return (int64_t)CLAMP(ns, 0, (__int128)INT64_MAX);
}

uint64_t etl_filetime_ns(int64_t filetime)
{
    return (uint64_t)clamp_ns(((__int128)filetime - FILETIME_OF_1970) * NS_PER_FILETIME);
}

static void set_rate(struct etl_clock *clock, int64_t multiplier, int64_t divisor)
{
    clock->multiplier = multiplier;
    clock->divisor = divisor;
    if (multiplier % divisor == 0) {
        clock->multiplier = multiplier / divisor;
        clock->divisor = 1;
    }
}

void etl_clock_init(struct etl_clock *clock, uint32_t type, int64_t start_filetime,
                    int64_t start_ticks, int64_t perf_freq, uint32_t cpu_mhz)
{
    clock->start_ticks = start_ticks;
    clock->start_ns = (int64_t)etl_filetime_ns(start_filetime);
    if (type == ETL_CLOCK_SYSTEM) {
        clock->start_ticks = FILETIME_OF_1970;
        clock->start_ns = 0;
        set_rate(clock, NS_PER_FILETIME, 1);
    } else if (type == ETL_CLOCK_CYCLE && cpu_mhz > 0) {
        set_rate(clock, NS_PER_MICROSECOND, cpu_mhz);
    } else {
        set_rate(clock, NS_PER_SECOND, perf_freq > 0 ? perf_freq : DEFAULT_FREQUENCY);
    }
}

/* For the usual clocks: no division, and 64 bits if they are enough. */
static bool convert_whole_ns(const struct etl_clock *clock, int64_t ticks, int64_t *ns)
{
    int64_t since;
    return clock->divisor == 1 && !__builtin_sub_overflow(ticks, clock->start_ticks, &since) &&
           !__builtin_mul_overflow(since, clock->multiplier, &since) &&
           !__builtin_add_overflow(since, clock->start_ns, ns);
}

uint64_t etl_clock_ns(const struct etl_clock *clock, int64_t ticks)
{
    int64_t ns;
    if (convert_whole_ns(clock, ticks, &ns))
        return (uint64_t)MAX(ns, 0);
    __int128 since = ((__int128)ticks - clock->start_ticks) * clock->multiplier;
    return (uint64_t)clamp_ns(since / clock->divisor + clock->start_ns);
}
