/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shares.h"

#include <bpf/bpf.h>
#include <string.h>

#include "ebpf_provider.h"
#include "plural.h"
#include "salted.h"

/* All but the namespaces and users that have wanted too much lately; those are few, or would be
 * many sentences. */
#define MAX_SENTENCES 8

static guint key_hash(gconstpointer key)
{
    return salted_bytes(key, sizeof(struct share_key));
}

static gboolean key_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct share_key)) == 0;
}

GHashTable *shares_told_new(void)
{
    return g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
}

void shares_forget(GHashTable *told, uint64_t net_cookie)
{
    const struct share_key key = {.id = net_cookie, .holder = RECORD_HOLDER_NETNS};

    g_hash_table_remove(told, &key);
}

/* --- sentences --- */

/* What there are too many of, and what became of the packets beyond. */
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
        return g_strdup("All users but root together have");
    if (key->holder == RECORD_HOLDER_USER)
        return key->id == RECORD_NO_USER
                   ? g_strdup("Network namespaces of nobody known have")
                   : g_strdup_printf("The user with the number %u has, in network namespaces of "
                                     "his own,",
                                     (unsigned)key->id);
    name = topology_netns_name(provider->topology, key->id);
    if (!name)
        return g_strdup_printf("The network namespace with the cookie %" G_GUINT64_FORMAT " has",
                               (uint64_t)key->id);
    return *name ? g_strdup_printf("The network namespace %s has", name)
                 : g_strdup("This network namespace has");
}

static void tell(struct ebpf_provider *provider, const struct share_key *key,
                 enum record_share kind, uint64_t refused)
{
    g_autofree char *name = name_of(provider, key);

    ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                     "%s more %s than the %u that there is room for: %" G_GUINT64_FORMAT " %s.",
                     name, kinds[kind].thing, limit_of(key, kind), refused,
                     kinds[kind].consequence);
}

/* --- who it was --- */

struct finding {
    struct ebpf_provider *provider;
    unsigned sentences;
    bool any; /* refusals since the last look */
};

/* At first, when they have doubled, and at the end. */
static bool is_to_be_told(const struct ebpf_provider *provider, uint64_t refused, uint64_t told)
{
    return refused > told && (provider->stopped || told == 0 || refused >= 2 * told);
}

static void take_share(struct finding *finding, const struct share_key *key,
                       const struct share *share)
{
    GHashTable *all = finding->provider->shares_told;
    struct share *told = g_hash_table_lookup(all, key);

    for (int kind = 0; kind < RECORD_SHARE_KINDS; kind++) {
        uint64_t before = told ? told->refused[kind] : 0;

        finding->any |= share->refused[kind] > before;
        if (!is_to_be_told(finding->provider, share->refused[kind], before))
            continue;
        if (++finding->sentences <= MAX_SENTENCES)
            tell(finding->provider, key, kind, share->refused[kind] - before);
        if (!told) {
            told = g_new0(struct share, 1);
            g_hash_table_insert(all, g_memdup2(key, sizeof(*key)), told);
        }
        told->refused[kind] = share->refused[kind];
    }
}

void shares_tell(struct ebpf_provider *provider, uint64_t uncounted)
{
    int map = provider->maps[AGENT_MAP_SHARES];
    struct finding finding = {.provider = provider};
    struct share_key key = {}, next;
    const void *previous = NULL;
    struct share share;

    uint64_t more = uncounted - provider->uncounted;

    if (more == 0 && !(provider->stopped && uncounted > 0))
        return;
    provider->uncounted = uncounted;
    /* The reader alone has entries deleted, and not meanwhile. */
    while (bpf_map_get_next_key(map, previous, &next) == 0) {
        key = next;
        previous = &key;
        if (bpf_map_lookup_elem(map, &key, &share) == 0)
            take_share(&finding, &key, &share);
    }
    if (more > 0 && !finding.any) /* nobody has more than he may, but all together have */
        ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s recorded, but no counter "
                         "counts %s: this host has more devices and edges than %u, or more "
                         "kinds of drops than %u.",
                         more, PLURAL(more, "packet or drop was", "packets or drops were"),
                         PLURAL(more, "it", "them"), RECORD_MAX_EDGES, RECORD_MAX_DROPS);
    if (finding.sentences > MAX_SENTENCES)
        ebpf_push_notice(provider, PKTMON_NOTICE_UNCOUNTED, PKTMON_LEVEL_WARNING, 0,
                         "So have %u other network namespaces or users.",
                         finding.sentences - MAX_SENTENCES);
}
