/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop-conditions.h"

#include <string.h>

#include "limits.h"
#include "pktmon/journey.h"
#include "providers/provider.h"

#define DROP         "drop:"
#define NS_PER_SEC   1000000000ULL
#define KILOBYTE     1000 /* as in dumpcap */
#define NEVER        G_MAXINT64
#define NO_LAST_TIME UINT64_MAX

/* "REASON" or "REASON,SECONDS". */
static bool parse_drop(struct cli_stop_conditions *conditions, const char *text, GError **error)
{
    size_t length = strcspn(text, ",");
    if (length == 0) {
        g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                            "-a drop needs the reason to wait for, as in -a drop:NETFILTER_DROP "
                            "or, with seconds that follow, -a drop:NETFILTER_DROP,5: \"pktmon "
                            "counters -r\" shows the names of those that occur, and "
                            "docs/drop-reasons.md explains them.");
        return false;
    }
    g_free(conditions->reason);
    conditions->reason = g_strndup(text, length);
    return !text[length] ||
           cli_limit_parse_number("-a", "drop", text + length + 1, "REASON,SECONDS", 0,
                                  &conditions->seconds_after, error);
}

static bool parse(struct cli_stop_conditions *conditions, const char *word, GError **error)
{
    const struct cli_limit limits[] = {
        {"packets", "N", &conditions->packets},
        {"duration", "SECONDS", &conditions->seconds},
        {"filesize", "KB", &conditions->kilobytes},
        {"drop", "REASON[,SECONDS]", NULL}, /* only for the error message */
        {0},
    };
    if (g_str_has_prefix(word, DROP) || g_str_equal(word, "drop"))
        return parse_drop(conditions, word + MIN(strlen(word), strlen(DROP)), error);
    return cli_limit_parse("-a", word, limits, error);
}

bool cli_stop_conditions_parse(struct cli_stop_conditions *conditions, char **words, GError **error)
{
    for (; words && *words; words++) {
        if (!parse(conditions, *words, error))
            return false;
    }
    return true;
}

void cli_stop_conditions_clear(struct cli_stop_conditions *conditions)
{
    g_clear_pointer(&conditions->reason, g_free);
}

struct cli_stop_watch cli_stop_watch_begin(const struct cli_stop_conditions *conditions)
{
    gint64 seconds = (gint64)conditions->seconds;
    return (struct cli_stop_watch){
        .conditions = conditions,
        .end = seconds ? g_get_monotonic_time() + seconds * G_USEC_PER_SEC : NEVER,
        .last_time = NO_LAST_TIME,
    };
}

static bool has_reason(const struct pktmon_packet *packet, const char *reason)
{
    return packet->dropped && packet->drop_reason &&
           g_ascii_strcasecmp(packet->drop_reason, reason) == 0;
}

static bool journey_has_reason(const struct pktmon_journey *journey, const char *reason)
{
    for (size_t i = 0; i < journey->hop_count; i++) {
        if (has_reason(&journey->hops[i].event->packet, reason))
            return true;
    }
    return false;
}

static bool is_awaited_drop(const struct cli_stop_watch *watch, const struct pktmon_event *event)
{
    const char *reason = watch->conditions->reason;
    if (!reason || watch->last_time != NO_LAST_TIME)
        return false;
    return event->record == PKTMON_RECORD_JOURNEY ? journey_has_reason(event->journey, reason)
                                                  : has_reason(&event->packet, reason);
}

/* Events are delivered late, in order of time. Their time decides which belong to the capture; it
 * runs until they must have been delivered. */
static void begin_last_seconds(struct cli_stop_watch *watch, uint64_t time)
{
    uint64_t seconds = watch->conditions->seconds_after;
    gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    watch->last_time = time + seconds * NS_PER_SEC;
    watch->end = MIN(watch->end, end);
    watch->full |= seconds == 0;
}

/* What is no new packet belongs to one that was admitted. */
bool cli_stop_watch_admits(struct cli_stop_watch *watch, const struct pktmon_event *event,
                           bool is_new)
{
    watch->full |= event->time > watch->last_time;
    if (watch->full)
        return !is_new && event->time <= watch->last_time;
    watch->packets += is_new;
    watch->full |= watch->packets == watch->conditions->packets;
    if (is_awaited_drop(watch, event))
        begin_last_seconds(watch, event->time);
    return true;
}

bool cli_stop_watch_ends(struct cli_stop_watch *watch, uint64_t bytes)
{
    uint64_t kilobytes = watch->conditions->kilobytes;
    watch->full |= kilobytes && bytes >= kilobytes * KILOBYTE;
    return watch->full || (watch->end != NEVER && g_get_monotonic_time() >= watch->end);
}
