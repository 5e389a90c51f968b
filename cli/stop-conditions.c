/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop-conditions.h"

#include <string.h>

#include "limits.h"
#include "provider.h"

#define DROP         "drop:"
#define NS_PER_SEC   1000000000ULL
#define KILOBYTE     1000 /* as dumpcap's */
#define NEVER        G_MAXINT64
#define NO_LAST_TIME UINT64_MAX

/* "REASON" or "REASON,SECONDS". */
static bool parse_drop(struct stop_conditions *conditions, const char *text, GError **error)
{
    size_t length = strcspn(text, ",");
    if (length == 0) {
        g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                            "-a drop needs the reason to wait for, as in -a drop:NETFILTER_DROP "
                            "or, with seconds that follow, -a drop:NETFILTER_DROP,5.");
        return false;
    }
    g_free(conditions->reason);
    conditions->reason = g_strndup(text, length);
    return !text[length] || limit_parse_number("-a", "drop", text + length + 1, "REASON,SECONDS", 0,
                                               &conditions->seconds_after, error);
}

static bool parse(struct stop_conditions *conditions, const char *word, GError **error)
{
    const struct limit limits[] = {
        {"packets", "N", &conditions->packets},
        {"duration", "SECONDS", &conditions->seconds},
        {"filesize", "KB", &conditions->kilobytes},
        {"drop", "REASON[,SECONDS]", NULL}, /* of the help alone */
        {0},
    };
    if (g_str_has_prefix(word, DROP) || g_str_equal(word, "drop"))
        return parse_drop(conditions, word + MIN(strlen(word), strlen(DROP)), error);
    return limit_parse("-a", word, limits, error);
}

bool stop_conditions_parse(struct stop_conditions *conditions, char **words, GError **error)
{
    for (; words && *words; words++) {
        if (!parse(conditions, *words, error))
            return false;
    }
    return true;
}

void stop_conditions_clear(struct stop_conditions *conditions)
{
    g_clear_pointer(&conditions->reason, g_free);
}

struct stop_watch stop_watch_begin(const struct stop_conditions *conditions)
{
    gint64 seconds = (gint64)conditions->seconds;
    return (struct stop_watch){
        .conditions = conditions,
        .end = seconds ? g_get_monotonic_time() + seconds * G_USEC_PER_SEC : NEVER,
        .last_time = NO_LAST_TIME,
    };
}

static bool is_awaited_drop(const struct stop_watch *watch, const struct pktmon_packet *packet)
{
    const char *reason = watch->conditions->reason;
    return reason && watch->last_time == NO_LAST_TIME && packet->dropped && packet->drop_reason &&
           g_ascii_strcasecmp(packet->drop_reason, reason) == 0;
}

/* Events come late, in the order of their times: what belongs to the capture is decided by these,
 * and the capture lasts until they must have come. */
static void begin_last_seconds(struct stop_watch *watch, uint64_t time)
{
    uint64_t seconds = watch->conditions->seconds_after;
    gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    watch->last_time = time + seconds * NS_PER_SEC;
    watch->end = MIN(watch->end, end);
    watch->full |= seconds == 0;
}

bool stop_watch_admits(struct stop_watch *watch, const struct pktmon_event *event)
{
    watch->full |= event->time > watch->last_time;
    if (watch->full)
        return false;
    watch->packets++;
    watch->full |= watch->packets == watch->conditions->packets;
    if (is_awaited_drop(watch, &event->packet))
        begin_last_seconds(watch, event->time);
    return true;
}

bool stop_watch_ends(struct stop_watch *watch, uint64_t bytes)
{
    uint64_t kilobytes = watch->conditions->kilobytes;
    watch->full |= kilobytes && bytes >= kilobytes * KILOBYTE;
    return watch->full || (watch->end != NEVER && g_get_monotonic_time() >= watch->end);
}
