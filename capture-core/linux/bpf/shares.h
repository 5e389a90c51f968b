/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may have how many entries in the tables that all of the host's namespaces share. Anybody may
 * make namespaces of his own, and devices in them without end: what one has taken is not missing
 * for others. An entry that is there is found without any of this; only who makes one asks.
 *
 * What was taken is counted here alone, and what was given back by the agent alone (AGENT_FORGET),
 * so that neither overwrites what the other one counts at the same moment.
 */
#ifndef PKTMON_SHARES_H
#define PKTMON_SHARES_H

#include "maps.h"

#define MAX_USER_NAMESPACES 33 /* inside each other (kernel/user_namespace.c) */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct uid_gid_extent {
    __u32 first;
    __u32 lower_first;
    __u32 count;
};

#define EXTENTS 5 /* UID_GID_MAP_MAX_BASE_EXTENTS: where there are more, pointers lie there */

struct uid_gid_map {
    struct uid_gid_extent extent[EXTENTS];
    __u32 nr_extents;
};

struct user_namespace {
    struct uid_gid_map uid_map;
    struct user_namespace *parent;
    struct {
        __u32 val;
    } owner;
};

struct net___owned {
    struct user_namespace *user_ns;
};

#pragma clang attribute pop

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_SHARES);
    __type(key, struct share_key);
    __type(value, struct share);
} shares SEC(".maps");

/* What the agent gave back of them. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_SHARES);
    __type(key, struct share_key);
    __type(value, struct share_returns);
} share_returns SEC(".maps");

/* The user of the host that the first user of a namespace is. root makes namespaces for others, as
 * for containers: those are whose who is root in them. */
static __always_inline __u32 first_user_in(const struct user_namespace *namespace)
{
    __u32 extents = BPF_CORE_READ(namespace, uid_map.nr_extents);

    if (extents == 0 || extents > EXTENTS)
        return 0;
    return BPF_CORE_READ(namespace, uid_map.extent[0].lower_first);
}

/* The user of the host to whom a namespace (address of struct net) belongs, whatever users he has
 * made inside: who made the outermost of its user namespaces. 0: root, or the host itself. */
static __always_inline __u32 user_of(__u64 net)
{
    const struct net___owned *owned = (const void *)net;
    const struct user_namespace *inner, *outer, *outermost = NULL;
    __u32 user;

    if (!net)
        return RECORD_NO_USER;
    inner = BPF_CORE_READ(owned, user_ns);
    for (int i = 0; i < MAX_USER_NAMESPACES; i++) {
        outer = BPF_CORE_READ(inner, parent);
        if (!outer)
            break;
        outermost = inner;
        inner = outer;
    }
    if (!outermost)
        return 0;
    user = BPF_CORE_READ(outermost, owner.val);
    return user ? user : first_user_in(outermost);
}

static __always_inline struct share *make_share(const struct share_key *key, __u32 user)
{
    struct share none = {.user = user};

    bpf_map_update_elem(&shares, key, &none, BPF_NOEXIST);
    return bpf_map_lookup_elem(&shares, key);
}

/* A bound that the verifier sees where the array is read (6.1 loses others on the way). */
static __always_inline __u32 bounded(__u32 kind)
{
    asm volatile("" : "+r"(kind));
    return kind & (RECORD_SHARE_KINDS - 1);
}

static __always_inline bool take_part(struct share *share, const struct share_key *key, __u32 kind,
                                      __u64 limit)
{
    const struct share_returns *returned = bpf_map_lookup_elem(&share_returns, key);
    __u64 given_back = returned ? returned->entries[bounded(kind)] : 0;

    if (share->taken[bounded(kind)] - given_back >= limit)
        return false;
    __sync_fetch_and_add(&share->taken[bounded(kind)], 1);
    return true;
}

/* Of the users of the host, one, or all of them together. A global function for its own stack. 1:
 * taken; 0: refused. */
__noinline int take_part_of_user(__u32 user, __u32 holder, __u32 kind, __u64 limit)
{
    struct share_key key = {.id = user, .holder = holder};
    struct share *share = bpf_map_lookup_elem(&shares, &key);

    if (!share)
        share = make_share(&key, user);
    if (!share)
        return 0;
    if (take_part(share, &key, kind, limit))
        return 1;
    __sync_fetch_and_add(&share->refused[bounded(kind)], 1);
    return 0;
}

/* No entry was made of what was taken. */
__noinline int untake_part(__u64 id, __u32 holder, __u32 kind)
{
    struct share_key key = {.id = id, .holder = holder};
    struct share *share = bpf_map_lookup_elem(&shares, &key);

    if (share)
        __sync_fetch_and_sub(&share->taken[bounded(kind)], 1);
    return 0;
}

/* Root may take what its namespaces may. */
static __always_inline bool take_parts_of_users(__u32 user, __u32 kind, __u32 entries)
{
    if (user == 0)
        return true;
    if (!take_part_of_user(user, RECORD_HOLDER_USER, kind, RECORD_USER_LIMIT(entries)))
        return false;
    if (take_part_of_user(0, RECORD_HOLDER_USERS, kind, RECORD_USERS_LIMIT(entries)))
        return true;
    untake_part(user, RECORD_HOLDER_USER, kind);
    return false;
}

static __always_inline void untake_parts_of_users(__u32 user, __u32 kind)
{
    if (user == 0)
        return;
    untake_part(user, RECORD_HOLDER_USER, kind);
    untake_part(0, RECORD_HOLDER_USERS, kind);
}

/* The namespace's share, made where there is none yet; NULL: its user has as many as he may. */
static __always_inline struct share *share_of_netns(const struct share_key *key, __u64 net)
{
    struct share *share = bpf_map_lookup_elem(&shares, key);
    struct share none = {};

    if (share)
        return share;
    none.user = user_of(net);
    if (!take_parts_of_users(none.user, RECORD_SHARE_NAMESPACES, RECORD_MAX_NAMESPACES))
        return NULL;
    if (bpf_map_update_elem(&shares, key, &none, BPF_NOEXIST))
        untake_parts_of_users(none.user, RECORD_SHARE_NAMESPACES);
    return bpf_map_lookup_elem(&shares, key);
}

/*
 * Whether the namespace may have one entry more of this kind, in a table of so many; then it is
 * taken. net: address of struct net; 0: not known. A global function for its own stack.
 */
__noinline int take_entry(__u64 net_cookie, __u64 net, __u32 kind, __u32 entries)
{
    struct share_key key = {.id = net_cookie, .holder = RECORD_HOLDER_NETNS};
    struct share *share = share_of_netns(&key, net);

    if (!share)
        return 0;
    if (!take_part(share, &key, kind, RECORD_NETNS_LIMIT(entries))) {
        __sync_fetch_and_add(&share->refused[bounded(kind)], 1);
        return 0;
    }
    if (take_parts_of_users(share->user, kind, entries))
        return 1;
    __sync_fetch_and_sub(&share->taken[bounded(kind)], 1);
    return 0;
}

/* The table refused it: another CPU was faster, or it is full. */
__noinline int untake_entry(__u64 net_cookie, __u32 kind)
{
    struct share_key key = {.id = net_cookie, .holder = RECORD_HOLDER_NETNS};
    const struct share *share = bpf_map_lookup_elem(&shares, &key);

    if (!share)
        return 0;
    untake_parts_of_users(share->user, kind);
    return untake_part(net_cookie, RECORD_HOLDER_NETNS, kind);
}

#endif
