/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-groups.h"

#include <glib.h>

#include "model/salted-hash.h"
#include "pktmon/journey.h"

/* All frames of a packet but its continuations are written within the time that it is held for:
 * the older half of so many groups is forgotten when there are more. */
#define KNOWN_GROUPS 65536

struct cli_packet_groups {
    GHashTable *newer, *older; /* of groups */
};

static GHashTable *groups_new(void)
{
    return g_hash_table_new_full(salted_int64, g_int64_equal, g_free, NULL);
}

struct cli_packet_groups *cli_packet_groups_new(void)
{
    struct cli_packet_groups *groups = g_new0(struct cli_packet_groups, 1);

    groups->newer = groups_new();
    groups->older = groups_new();
    return groups;
}

void cli_packet_groups_free(struct cli_packet_groups *groups)
{
    if (!groups)
        return;
    g_hash_table_unref(groups->newer);
    g_hash_table_unref(groups->older);
    g_free(groups);
}

bool cli_is_packet(const struct pktmon_event *event)
{
    return event->record == PKTMON_RECORD_PACKET || event->record == PKTMON_RECORD_JOURNEY;
}

static bool has_group(const struct cli_packet_groups *groups, uint64_t group)
{
    return g_hash_table_contains(groups->newer, &group) ||
           g_hash_table_contains(groups->older, &group);
}

static bool add_group(struct cli_packet_groups *groups, uint64_t group)
{
    if (has_group(groups, group))
        return false;
    g_hash_table_add(groups->newer, g_memdup2(&group, sizeof(group)));
    if (g_hash_table_size(groups->newer) >= KNOWN_GROUPS / 2) {
        g_hash_table_unref(groups->older);
        groups->older = groups->newer;
        groups->newer = groups_new();
    }
    return true;
}

/* Packets of the group 0 have nothing in common. */
bool cli_packet_groups_add(struct cli_packet_groups *groups, const struct pktmon_event *event)
{
    if (event->record != PKTMON_RECORD_JOURNEY)
        return true;
    return !event->journey->continued &&
           (event->journey->group == 0 || add_group(groups, event->journey->group));
}

bool cli_packet_groups_has(const struct cli_packet_groups *groups, const struct pktmon_event *event)
{
    return event->record == PKTMON_RECORD_JOURNEY && has_group(groups, event->journey->group);
}
