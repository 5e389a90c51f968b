/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Converts the times of a log's clock to nanoseconds since 1970-01-01 UTC.
 */
#ifndef PKTMON_ETL_READER_ETL_CLOCK_H
#define PKTMON_ETL_READER_ETL_CLOCK_H

#include <stdint.h>

/* TRACE_LOGFILE_HEADER.ReservedFlags */
enum etl_clock_type {
    ETL_CLOCK_COUNTER = 1, /* performance counter, PerfFreq ticks per second */
    ETL_CLOCK_SYSTEM = 2,  /* FILETIME: 100 ns since 1601-01-01 */
    ETL_CLOCK_CYCLE = 3,   /* processor cycles, CpuSpeedInMHz per microsecond */
};

/* Nanoseconds are ticks * multiplier / divisor. */
struct etl_clock {
    int64_t start_ticks;
    int64_t start_ns; /* since 1970-01-01 UTC */
    int64_t multiplier, divisor;
};

/* start_filetime is the wall-clock time at start_ticks. A rate of 0 is invalid, and replaced by
 * that of Windows 10 and later, 10 MHz. */
void etl_clock_init(struct etl_clock *clock, uint32_t type, int64_t start_filetime,
                    int64_t start_ticks, int64_t perf_freq, uint32_t cpu_mhz);

/* 0 for times before 1970; never more than INT64_MAX. */
uint64_t etl_clock_ns(const struct etl_clock *clock, int64_t ticks);

/* The same for a FILETIME. */
uint64_t etl_filetime_ns(int64_t filetime);

#endif
