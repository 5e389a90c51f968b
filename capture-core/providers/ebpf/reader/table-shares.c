/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table-shares.h"

#include <bpf/bpf.h>
#include <glib.h>
#include <string.h>

#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/plural.h"
#include "model/salted-hash.h"
#include "providers/netdev/topology.h"

/* A limit to the sentences of one report: usually few namespaces and users exceed their share. */
#define MAX_SENTENCES 8

static guint key_hash(gconstpointer key)
{
    return salted_bytes(key, sizeof(struct share_key));
}

static gboolean key_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct share_key)) == 0;
}

GHashTable *ebpf_shares_new(void)
{
    return g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
}

void ebpf_shares_forget(GHashTable *reported, uint64_t net_cookie)
{
    const struct share_key key = {.id = net_cookie, .holder = RECORD_HOLDER_NETNS};

    g_hash_table_remove(reported, &key);
}

/* --- sentences --- */

#define NO_CALLERS "drops there have no edge, and may be shown at the device where they happened"

/* What there are too many of, and what happened to further packets. */
static const struct {
    const char *thing;
    unsigned entries;
    const char *consequence;
} kinds[RECORD_SHARE_KINDS] = {
    [RECORD_SHARE_EDGES] = {"devices and edges", RECORD_MAX_EDGES,
                            "packets there were recorded, but no counter counts them"},
    [RECORD_SHARE_DROPS] = {"kinds of drops", RECORD_MAX_DROPS,
                            "drops there were recorded, but no counter counts them"},
    [RECORD_SHARE_DEVICES] = {"devices", RECORD_MAX_DEVICES,
                              "packets and drops there may lack the device's name"},
    [RECORD_SHARE_NAMESPACES] = {"network namespaces", RECORD_MAX_NAMESPACES,
                                 "packets and drops there were recorded, but no counter counts "
                                 "them"},
    [RECORD_SHARE_STACKS] = {"call paths to drops", RECORD_MAX_STACKS, NO_CALLERS},
    [RECORD_SHARE_LOCATIONS] = {"functions on the call paths to drops", RECORD_MAX_STACK_LOCATIONS,
                                NO_CALLERS},
};

static unsigned limit_of(const struct share_key *key, enum record_share kind)
{
    switch (key->holder) {
    case RECORD_HOLDER_NETNS:
        return RECORD_NETNS_LIMIT(kinds[kind].entries);
    case RECORD_HOLDER_USER:
        return RECORD_USER_LIMIT(kinds[kind].entries);
    default:
        return RECORD_USERS_LIMIT(kinds[kind].entries);
    }
}

static char *name_of(const struct ebpf_provider *provider, const struct share_key *key)
{
    const char *name;

    if (key->holder == RECORD_HOLDER_USERS)
        return g_strdup("All users except root together have");
    if (key->holder == RECORD_HOLDER_USER)
        return key->id == RECORD_NO_USER
                   ? g_strdup("Network namespaces of unknown users have")
                   : g_strdup_printf(
                         "The user with the id %u has, in network namespaces of their own,",
                         (unsigned)key->id);
    name = netdev_netns_name(provider->topology, key->id);
    if (!name)
        return g_strdup_printf("The network namespace with the cookie %" G_GUINT64_FORMAT " has",
                               (uint64_t)key->id);
    return *name ? g_strdup_printf("The network namespace %s has", name)
                 : g_strdup("This network namespace has");
}

static void report_share(struct ebpf_provider *provider, const struct share_key *key,
                         enum record_share kind, uint64_t refused)
{
    g_autofree char *name = name_of(provider, key);

    ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                     "%s more %s than the limit of %u: %" G_GUINT64_FORMAT " %s.", name,
                     kinds[kind].thing, limit_of(key, kind), refused, kinds[kind].consequence);
}

/* --- who exceeded a share --- */

struct share_finding {
    struct ebpf_provider *provider;
    unsigned sentences;
    bool any; /* there were refusals since the last report */
};

/* The first time, when the refusals have doubled, and at the end. */
static bool is_due(const struct ebpf_provider *provider, uint64_t refused, uint64_t reported)
{
    return refused > reported && (provider->stopped || reported == 0 || refused >= 2 * reported);
}

static void take_share(struct share_finding *finding, const struct share_key *key,
                       const struct share *share)
{
    GHashTable *all = finding->provider->shares_reported;
    struct share *reported = g_hash_table_lookup(all, key);

    for (int kind = 0; kind < RECORD_SHARE_KINDS; kind++) {
        uint64_t before = reported ? reported->refused[kind] : 0;

        finding->any |= share->refused[kind] > before;
        if (!is_due(finding->provider, share->refused[kind], before))
            continue;
        if (++finding->sentences <= MAX_SENTENCES)
            report_share(finding->provider, key, kind, share->refused[kind] - before);
        if (!reported) {
            reported = g_new0(struct share, 1);
            g_hash_table_insert(all, g_memdup2(key, sizeof(*key)), reported);
        }
        reported->refused[kind] = share->refused[kind];
    }
}

/* Reported once: the shares show who it was, unless drops of too many kinds came at once. */
static void report_callers(struct ebpf_provider *provider)
{
    if (provider->callers_reported)
        return;
    provider->callers_reported = true;
    ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                     "The functions that led to some drops were not looked up, because there are "
                     "too many kinds of drops: these drops have no edge, and may be shown at the "
                     "device where they happened.");
}

void ebpf_report_shares(struct ebpf_provider *provider, uint64_t uncounted)
{
    int map = provider->maps[AGENT_MAP_SHARES];
    struct share_finding finding = {.provider = provider};
    struct share_key key = {}, next;
    const void *previous = NULL;
    struct share share;

    uint64_t more = uncounted - provider->uncounted;
    bool refused = provider->callers_refused;

    if (more == 0 && !refused && !(provider->stopped && uncounted > 0))
        return;
    provider->uncounted = uncounted;
    provider->callers_refused = false;
    if (refused)
        report_callers(provider);
    /* Only the reader requests deletions, and not meanwhile. */
    while (bpf_map_get_next_key(map, previous, &next) == 0) {
        key = next;
        previous = &key;
        if (bpf_map_lookup_elem(map, &key, &share) == 0)
            take_share(&finding, &key, &share);
    }
    if (more > 0 && !finding.any) /* nobody exceeds his share, but all together do */
        ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s recorded, but no counter "
                         "counts %s: this host has more devices and edges than %u, or more "
                         "kinds of drops than %u.",
                         more, PLURAL(more, "packet or drop was", "packets or drops were"),
                         PLURAL(more, "it", "them"), RECORD_MAX_EDGES, RECORD_MAX_DROPS);
    if (finding.sentences > MAX_SENTENCES)
        ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                         "%u other network namespaces or users exceed a limit, too.",
                         finding.sentences - MAX_SENTENCES);
}
