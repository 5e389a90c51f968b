/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time zone of the machine that wrote a log, with daylight saving time. */
#ifndef PKTMON_ETL_READER_TIME_ZONE_H
#define PKTMON_ETL_READER_TIME_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define ETL_TIME_ZONE_SIZE 172 /* TIME_ZONE_INFORMATION */

/* When standard or daylight saving time begins, in local time before the change. */
struct etl_time_change {
    uint16_t year;    /* 0: every year, on the nth weekday of the month */
    uint16_t month;   /* 1 to 12; 0 = there is none */
    uint16_t weekday; /* 0 = Sunday */
    uint16_t day;     /* of the month; if year is 0: 1 to 5, 5 = the last one */
    uint32_t ms;      /* since midnight */
};

/* Minutes that UTC is ahead of local time. */
struct etl_time_zone {
    int32_t bias;                         /* always applied */
    int32_t standard_bias, daylight_bias; /* added to bias */
    struct etl_time_change standard, daylight;
};

/* data: TIME_ZONE_INFORMATION, ETL_TIME_ZONE_SIZE bytes. Invalid changes mean no daylight saving
 * time.
 */
void etl_time_zone_read(struct etl_time_zone *zone, const uint8_t *data);

/* Whether daylight saving time is in force at a time, ns since 1970 in UTC. */
bool etl_time_zone_is_daylight(const struct etl_time_zone *zone, uint64_t time);

/* Minutes that local time is ahead of UTC at a time, ns since 1970. */
int32_t etl_time_zone_offset(const struct etl_time_zone *zone, uint64_t time);

#endif
