/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deletion of entries of the tables at the reader's request, which receives their last values. */
#include "forget.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <glib.h>

#include "programs.h"
#include "providers/ebpf/agent-protocol.h"
#include "reply.h"

/* The map of each kind of entry, and the number of counters that it has for each CPU; 0: none. */
static const struct {
    enum agent_map map;
    size_t numbers;
    size_t times; /* of these, the last ones, which are times, not counts */
    enum record_share share;
} kinds[AGENT_ENTRY_KINDS] = {
    [AGENT_ENTRY_EDGE] = {AGENT_MAP_COUNTERS, sizeof(struct edge_counters) / sizeof(uint64_t), 0,
                          RECORD_SHARE_EDGES},
    [AGENT_ENTRY_DROP] = {AGENT_MAP_DROPS, sizeof(struct drop_counters) / sizeof(uint64_t), 1,
                          RECORD_SHARE_DROPS},
    [AGENT_ENTRY_DEVICE] = {AGENT_MAP_DEVICES, 0, 0, RECORD_SHARE_DEVICES},
};

/* --- shares --- */

/* Only this function writes returns (bpf/lib/shares.h). */
static void give_back(uint64_t id, enum record_holder holder, enum record_share kind)
{
    const struct share_key key = {.id = id, .holder = holder};
    struct share_returns returns = {};

    bpf_map_lookup_elem(agent_share_returns(), &key, &returns);
    returns.entries[kind]++;
    bpf_map_update_elem(agent_share_returns(), &key, &returns, BPF_ANY);
}

static void give_back_of_user(uint32_t user, enum record_share kind)
{
    if (user == 0)
        return;
    give_back(user, RECORD_HOLDER_USER, kind);
    give_back(0, RECORD_HOLDER_USERS, kind);
}

static bool find_share(uint64_t cookie, struct share_key *key, struct share *share)
{
    *key = (struct share_key){.id = cookie, .holder = RECORD_HOLDER_NETNS};
    return bpf_map_lookup_elem(agent_map_descriptor(AGENT_MAP_SHARES), key, share) == 0;
}

/* --- entries --- */

/* All keys begin with the cookie. */
static uint64_t cookie_of(const struct agent_entry *entry)
{
    return entry->netns;
}

/* Whatever is counted during the deletion or later belongs to a new entry. */
static void delete_counters(struct agent_forgotten *forgotten, size_t numbers, size_t times,
                            int map)
{
    int cpus = libbpf_num_possible_cpus();
    g_autofree uint64_t *values = g_new0(uint64_t, cpus * numbers);

    forgotten->existed = bpf_map_lookup_and_delete_elem(map, &forgotten->entry.netns, values) == 0;
    if (!forgotten->existed)
        return;
    for (int cpu = 0; cpu < cpus; cpu++) {
        const uint64_t *counted = values + cpu * numbers;

        for (size_t i = 0; i < numbers - times; i++)
            forgotten->last[i] += counted[i];
        for (size_t i = numbers - times; i < numbers; i++)
            forgotten->last[i] = MAX(forgotten->last[i], counted[i]);
    }
}

static void forget_entry(struct agent_forgotten *forgotten)
{
    const struct agent_entry *entry = &forgotten->entry;
    size_t numbers = kinds[entry->kind].numbers;
    int map = agent_map_descriptor(kinds[entry->kind].map);
    struct share_key key;
    struct share share;

    if (numbers > 0)
        delete_counters(forgotten, numbers, kinds[entry->kind].times, map);
    else
        forgotten->existed = bpf_map_delete_elem(map, &entry->netns) == 0;
    if (!forgotten->existed || !find_share(cookie_of(entry), &key, &share))
        return;
    give_back(key.id, RECORD_HOLDER_NETNS, kinds[entry->kind].share);
    give_back_of_user(share.user, kinds[entry->kind].share);
}

/* Whether the holder has entries of one of the first kinds. The programs may have made one since
 * the reader's request; the share tells. */
static bool has_entries(const struct share_key *key, const struct share *share, size_t kinds_asked)
{
    struct share_returns returns = {};

    bpf_map_lookup_elem(agent_share_returns(), key, &returns);
    for (size_t kind = 0; kind < kinds_asked; kind++) {
        if (share->taken[kind] > returns.entries[kind])
            return true;
    }
    return false;
}

static bool was_refused(const struct share *share)
{
    for (size_t kind = 0; kind < RECORD_SHARE_KINDS; kind++) {
        if (share->refused[kind] > 0)
            return true;
    }
    return false;
}

/* Forgets a user without any entries, also of stacks and locations. Where he was refused some, the
 * reader may still have to report that. An entry that he takes at this very moment is not counted,
 * which only gives him that much more. */
static void forget_user(uint32_t user)
{
    const struct share_key key = {.id = user, .holder = RECORD_HOLDER_USER};
    int shares = agent_map_descriptor(AGENT_MAP_SHARES);
    struct share share;

    if (bpf_map_lookup_elem(shares, &key, &share) || was_refused(&share) ||
        has_entries(&key, &share, RECORD_SHARE_KINDS))
        return;
    bpf_map_delete_elem(shares, &key);
    bpf_map_delete_elem(agent_share_returns(), &key);
}

/* Deletes the rest of a namespace that has no entries any more. */
static void forget_netns(struct agent_forgotten *forgotten)
{
    struct share_key key;
    struct share share;

    bpf_map_delete_elem(agent_map_descriptor(AGENT_MAP_UNWANTED_NETNS), &forgotten->entry.netns);
    forgotten->existed = find_share(forgotten->entry.netns, &key, &share) &&
                         !has_entries(&key, &share, RECORD_SHARE_NAMESPACES);
    if (!forgotten->existed)
        return;
    bpf_map_delete_elem(agent_map_descriptor(AGENT_MAP_SHARES), &key);
    bpf_map_delete_elem(agent_share_returns(), &key);
    give_back_of_user(share.user, RECORD_SHARE_NAMESPACES);
    forget_user(share.user);
}

void agent_forget_entries(const struct agent_forget *wanted)
{
    struct agent_message message = {.type = AGENT_FORGOTTEN};

    if (wanted->count > AGENT_FORGET_MOST)
        agent_fail("At most %d entries can be deleted at once.", AGENT_FORGET_MOST);
    message.forgotten.count = wanted->count;
    for (uint32_t i = 0; i < wanted->count; i++) {
        struct agent_forgotten *forgotten = &message.forgotten.entries[i];

        forgotten->entry = wanted->entries[i];
        if (forgotten->entry.kind >= AGENT_ENTRY_KINDS)
            agent_fail("There are no entries of kind %u.", forgotten->entry.kind);
        if (forgotten->entry.kind == AGENT_ENTRY_NETNS)
            forget_netns(forgotten);
        else
            forget_entry(forgotten);
    }
    agent_send(&message);
}
