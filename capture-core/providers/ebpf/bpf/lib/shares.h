/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_*: how many entries each holder may take in the maps that all namespaces of the host share.
 * Any user can create any number of namespaces with any number of devices. What one user takes must
 * not be missing for others. Only creation of an entry is limited; an existing entry is found
 * without a check.
 *
 * The programs alone write what was taken. The agent alone writes what was returned (AGENT_FORGET).
 * So neither overwrites a count of the other.
 */
#ifndef PKTMON_EBPF_BPF_LIB_SHARES_H
#define PKTMON_EBPF_BPF_LIB_SHARES_H

#include "maps.h"

#define MAX_USER_NAMESPACES 33 /* maximum nesting (kernel/user_namespace.c) */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct uid_gid_extent {
    __u32 first;
    __u32 lower_first;
    __u32 count;
};

#define EXTENTS 5 /* UID_GID_MAP_MAX_BASE_EXTENTS: with more, these bytes hold pointers */

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

/* What the agent has returned. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_SHARES);
    __type(key, struct share_key);
    __type(value, struct share_returns);
} share_returns SEC(".maps");

/* The host uid of the first user of a user namespace. If root makes the namespace for somebody
 * else, as for a container, it belongs to the host user who is root inside. */
static __always_inline __u32 share_find_first_user(const struct user_namespace *namespace)
{
    __u32 extents = BPF_CORE_READ(namespace, uid_map.nr_extents);

    if (extents == 0 || extents > EXTENTS)
        return 0;
    return BPF_CORE_READ(namespace, uid_map.extent[0].lower_first);
}

/* The host user that owns a network namespace (address of struct net): whoever made the outermost
 * user namespace around it, whatever uids exist inside. 0: root, or the host itself. */
static __always_inline __u32 share_find_user(__u64 net)
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
    return user ? user : share_find_first_user(outermost);
}

/* A constant, because the stack has no room for it. The user is unknown at first: what another CPU
 * takes meanwhile is limited, too. */
static const struct share share_initial = {.user = RECORD_NO_USER};

/* Returns 0 on success. */
static __always_inline long share_make(const struct share_key *key, __u32 user)
{
    long error = bpf_map_update_elem(&shares, key, &share_initial, BPF_NOEXIST);
    struct share *made = error ? NULL : bpf_map_lookup_elem(&shares, key);

    if (made)
        made->user = user;
    return error;
}

/* Repeats the bound where the array is accessed: the verifier of 6.1 loses it on the way. */
static __always_inline __u32 share_bound_kind(__u32 kind)
{
    asm volatile("" : "+r"(kind));
    return kind & (RECORD_SHARE_KINDS - 1);
}

static __always_inline bool share_take(struct share *share, const struct share_key *key, __u32 kind,
                                       __u64 limit)
{
    const struct share_returns *returned = bpf_map_lookup_elem(&share_returns, key);
    __u64 given_back = returned ? returned->entries[share_bound_kind(kind)] : 0;

    /* Signed: negative if entries were taken while the agent deleted the share, and are returned
     * later. */
    if ((__s64)(share->taken[share_bound_kind(kind)] - given_back) >= (__s64)limit)
        return false;
    __sync_fetch_and_add(&share->taken[share_bound_kind(kind)], 1);
    return true;
}

/* For one user of the host, or for all users together. Returns 1: taken; 0: refused. A global
 * function, for a stack of its own. */
__noinline int share_take_of_user(__u32 user, __u32 holder, __u32 kind, __u64 limit)
{
    struct share_key key = {.id = user, .holder = holder};
    struct share *share = bpf_map_lookup_elem(&shares, &key);

    if (!share) {
        share_make(&key, user);
        share = bpf_map_lookup_elem(&shares, &key);
    }
    if (!share)
        return 0;
    if (share_take(share, &key, kind, limit))
        return 1;
    __sync_fetch_and_add(&share->refused[share_bound_kind(kind)], 1);
    return 0;
}

/* Undoes share_take() if no entry was made. */
__noinline int share_undo(__u64 id, __u32 holder, __u32 kind)
{
    struct share_key key = {.id = id, .holder = holder};
    struct share *share = bpf_map_lookup_elem(&shares, &key);

    if (share)
        __sync_fetch_and_sub(&share->taken[share_bound_kind(kind)], 1);
    return 0;
}

/* Root is limited by its namespaces only. */
static __always_inline bool share_take_of_users(__u32 user, __u32 kind, __u32 entries)
{
    if (user == 0)
        return true;
    if (!share_take_of_user(user, RECORD_HOLDER_USER, kind, RECORD_USER_LIMIT(entries)))
        return false;
    if (share_take_of_user(0, RECORD_HOLDER_USERS, kind, RECORD_USERS_LIMIT(entries)))
        return true;
    share_undo(user, RECORD_HOLDER_USER, kind);
    return false;
}

static __always_inline void share_undo_of_users(__u32 user, __u32 kind)
{
    if (user == 0)
        return;
    share_undo(user, RECORD_HOLDER_USER, kind);
    share_undo(0, RECORD_HOLDER_USERS, kind);
}

/* Returns the share of the namespace, which is made if needed. NULL: its user may have no more. */
static __always_inline struct share *share_get_of_netns(const struct share_key *key, __u64 net)
{
    struct share *share = bpf_map_lookup_elem(&shares, key);
    __u32 user;

    if (share)
        return share;
    user = share_find_user(net);
    if (!share_take_of_users(user, RECORD_SHARE_NAMESPACES, RECORD_MAX_NAMESPACES))
        return NULL;
    if (share_make(key, user))
        share_undo_of_users(user, RECORD_SHARE_NAMESPACES);
    return bpf_map_lookup_elem(&shares, key);
}

/*
 * Takes one entry of this kind for the namespace, in a map of so many entries. Returns 0 if the
 * namespace may have no more. net: address of struct net; 0: not known. A global function, for a
 * stack of its own.
 */
__noinline int share_take_entry(__u64 net_cookie, __u64 net, __u32 kind, __u32 entries)
{
    struct share_key key = {.id = net_cookie, .holder = RECORD_HOLDER_NETNS};
    struct share *share = share_get_of_netns(&key, net);

    if (!share)
        return 0;
    if (!share_take(share, &key, kind, RECORD_NETNS_LIMIT(entries))) {
        __sync_fetch_and_add(&share->refused[share_bound_kind(kind)], 1);
        return 0;
    }
    if (share_take_of_users(share->user, kind, entries))
        return 1;
    __sync_fetch_and_sub(&share->taken[share_bound_kind(kind)], 1);
    return 0;
}

/* The map refused the entry: another CPU was faster, or the map is full. */
__noinline int share_undo_entry(__u64 net_cookie, __u32 kind)
{
    struct share_key key = {.id = net_cookie, .holder = RECORD_HOLDER_NETNS};
    const struct share *share = bpf_map_lookup_elem(&shares, &key);

    if (!share)
        return 0;
    share_undo_of_users(share->user, kind);
    return share_undo(net_cookie, RECORD_HOLDER_NETNS, kind);
}

#endif
