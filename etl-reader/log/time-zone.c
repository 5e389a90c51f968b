/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "time-zone.h"

#include <glib.h>

#include "etl-reader/bytes.h"

#define NS_PER_SECOND     UINT64_C(1000000000)
#define MINUTE            60 /* seconds */
#define DAY               (24 * 60 * 60)
#define MAX_BIAS          (24 * 60) /* minutes; no time zone is further from UTC */
#define LAST_OF_THE_MONTH 5

/* TIME_ZONE_INFORMATION */
enum etl_zone_field {
    ZONE_BIAS = 0,
    ZONE_STANDARD_DATE = 68,
    ZONE_STANDARD_BIAS = 84,
    ZONE_DAYLIGHT_DATE = 152,
    ZONE_DAYLIGHT_BIAS = 168,
};

static int32_t read_bias(const uint8_t *data)
{
    int32_t bias = (int32_t)etl_u32(data);
    return bias >= -MAX_BIAS && bias <= MAX_BIAS ? bias : 0;
}

/* SYSTEMTIME */
static void read_change(struct etl_time_change *change, const uint8_t *data)
{
    *change = (struct etl_time_change){
        .year = etl_u16(data),
        .month = etl_u16(data + 2),
        .weekday = etl_u16(data + 4),
        .day = etl_u16(data + 6),
        .ms = ((etl_u16(data + 8) * 60u + etl_u16(data + 10)) * 60u + etl_u16(data + 12)) * 1000u +
              etl_u16(data + 14),
    };
    bool may_be = change->month <= 12 && change->weekday <= 6 && change->day >= 1 &&
                  change->day <= (change->year ? 31 : LAST_OF_THE_MONTH) &&
                  change->ms <= DAY * 1000u && change->year < 10000;
    if (!may_be)
        change->month = 0;
}

void etl_time_zone_read(struct etl_time_zone *zone, const uint8_t *data)
{
    *zone = (struct etl_time_zone){
        .bias = read_bias(data + ZONE_BIAS),
        .standard_bias = read_bias(data + ZONE_STANDARD_BIAS),
        .daylight_bias = read_bias(data + ZONE_DAYLIGHT_BIAS),
    };
    read_change(&zone->standard, data + ZONE_STANDARD_DATE);
    read_change(&zone->daylight, data + ZONE_DAYLIGHT_DATE);
}

static unsigned compute_day(const struct etl_time_change *change, GDateYear year)
{
    if (change->year)
        return change->day;
    GDate first;
    g_date_clear(&first, 1);
    g_date_set_dmy(&first, 1, (GDateMonth)change->month, year);
    unsigned weekday = g_date_get_weekday(&first) % 7; /* Sunday is 7 there */
    unsigned day = 1 + (change->weekday + 7 - weekday) % 7 + 7 * (change->day - 1u);
    return day > g_date_get_days_in_month((GDateMonth)change->month, year) ? day - 7 : day;
}

/* The time of a change in that year, in seconds of local time before it. */
static bool compute_moment(const struct etl_time_change *change, GDateYear year, int64_t *seconds)
{
    unsigned day = compute_day(change, change->year ? change->year : year);
    g_autoptr(GDateTime) date =
        g_date_time_new_utc(change->year ? change->year : year, change->month, (gint)day, 0, 0, 0);
    if (date)
        *seconds = g_date_time_to_unix(date) + change->ms / 1000;
    return date != NULL;
}

bool etl_time_zone_is_daylight(const struct etl_time_zone *zone, uint64_t time)
{
    if (zone->standard.month == 0 || zone->daylight.month == 0)
        return false;
    int32_t standard_bias = zone->bias + zone->standard_bias;
    int32_t daylight_bias = zone->bias + zone->daylight_bias;
    int64_t now = (int64_t)(time / NS_PER_SECOND), begin, end;
    g_autoptr(GDateTime) local = g_date_time_new_from_unix_utc(now - standard_bias * MINUTE);
    if (!local)
        return false;
    GDateYear year = (GDateYear)g_date_time_get_year(local);
    if (!compute_moment(&zone->daylight, year, &begin) ||
        !compute_moment(&zone->standard, year, &end))
        return false;
    begin += standard_bias * MINUTE;
    end += daylight_bias * MINUTE;
    /* In the southern hemisphere, daylight saving time spans the turn of the year. */
    return begin <= end ? now >= begin && now < end : now >= begin || now < end;
}

int32_t etl_time_zone_offset(const struct etl_time_zone *zone, uint64_t time)
{
    return -(zone->bias +
             (etl_time_zone_is_daylight(zone, time) ? zone->daylight_bias : zone->standard_bias));
}
