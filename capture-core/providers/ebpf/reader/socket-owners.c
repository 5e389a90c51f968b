/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket-owners.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/clock.h"
#include "model/printable.h"
#include "model/salted-hash.h"
#include "providers/ebpf/records.h"
#include "providers/netdev/mounts.h"

/* No more sockets are cached; those that still have packets are looked up again. */
#define MAX_SOCKETS 65536

/* No more control groups are cached; those that still have packets are looked up again. */
#define MAX_CGROUPS 16384

/* A new control group is found by a walk through all of them, which takes milliseconds on a large
 * host: walks take at most one part in this many of the time. */
#define WALK_SHARE 50
#define MAX_DEPTH  64

/* A cached owner of a socket, valid from since to until, which was read from the maps at until. */
struct socket_owner {
    uint64_t since;
    uint64_t until;
    uint64_t cgroup;
    uint32_t pid; /* 0 = not known */
    char *comm;
};

struct ebpf_owners {
    int sockets, changes;
    GHashTable *known;   /* cookie -> struct socket_owner */
    GHashTable *cgroups; /* id -> path; NULL = there is no such directory */
    uint64_t next_walk;  /* time of the next walk */
};

static void socket_owner_free(void *data)
{
    struct socket_owner *owner = data;

    g_free(owner->comm);
    g_free(owner);
}

/* --- control groups --- */

/* The inode number of a directory is the control group's id (kernfs, on 64-bit machines). */
static void walk(struct ebpf_owners *owners, const char *root, const char *path, int depth)
{
    g_autofree char *directory = g_strconcat(root, path, NULL);
    struct stat status;
    const struct dirent *entry;
    DIR *entries;

    if (depth > MAX_DEPTH || stat(directory, &status))
        return;
    entries = opendir(directory);
    if (!entries)
        return;
    g_hash_table_insert(owners->cgroups, g_memdup2(&(uint64_t){status.st_ino}, sizeof(uint64_t)),
                        *path ? printable(path, -1) : g_strdup("/"));
    while ((entry = readdir(entries))) {
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            g_autofree char *below = g_strconcat(path, "/", entry->d_name, NULL);
            walk(owners, root, below, depth + 1);
        }
    }
    closedir(entries);
}

/* NULL: unknown, or not known yet. */
static const char *cgroup_path(struct ebpf_owners *owners, uint64_t id)
{
    uint64_t begin = clock_monotonic(), end;
    g_autofree char *root = NULL;
    void *path;

    if (g_hash_table_lookup_extended(owners->cgroups, &id, NULL, &path))
        return path;
    if (begin < owners->next_walk)
        return NULL;
    root = netdev_find_mount("cgroup2");
    if (g_hash_table_size(owners->cgroups) >= MAX_CGROUPS)
        g_hash_table_remove_all(owners->cgroups);
    if (root)
        walk(owners, root, "", 0);
    end = clock_monotonic();
    owners->next_walk = end + (end - begin) * WALK_SHARE;
    /* Ids are never reused. */
    if (!g_hash_table_contains(owners->cgroups, &id))
        g_hash_table_insert(owners->cgroups, g_memdup2(&id, sizeof(id)), NULL);
    return g_hash_table_lookup(owners->cgroups, &id);
}

/* --- sockets --- */

/* Looks the socket up in the maps. The result is valid from since until now. */
static void look_up(const struct ebpf_owners *owners, uint64_t cookie, struct socket_owner *owner)
{
    struct owner_value value;
    uint64_t changed;
    uint32_t slot;

    owner->until = clock_monotonic(); /* before reading the maps */
    owner->pid = 0;
    g_clear_pointer(&owner->comm, g_free);
    if (bpf_map_lookup_elem(owners->sockets, &cookie, &value) || value.shared)
        return;
    slot = value.tgid % RECORD_PROCESS_SLOTS;
    if (bpf_map_lookup_elem(owners->changes, &slot, &changed) || changed > value.since)
        return;
    owner->pid = value.tgid;
    owner->since = value.since;
    owner->cgroup = value.cgroup;
    value.comm[sizeof(value.comm) - 1] = '\0';
    owner->comm = printable(value.comm, -1);
}

static const struct socket_owner *owner_of(struct ebpf_owners *owners, uint64_t cookie,
                                           uint64_t time)
{
    struct socket_owner *owner = g_hash_table_lookup(owners->known, &cookie);

    if (!owner) {
        if (g_hash_table_size(owners->known) >= MAX_SOCKETS)
            g_hash_table_remove_all(owners->known);
        owner = g_new0(struct socket_owner, 1);
        g_hash_table_insert(owners->known, g_memdup2(&cookie, sizeof(cookie)), owner);
    }
    if (time > owner->until)
        look_up(owners, cookie, owner);
    return owner->pid && time >= owner->since ? owner : NULL;
}

void ebpf_owners_attribute(struct ebpf_owners *owners, uint64_t cookie, uint64_t time,
                           struct pktmon_packet *packet)
{
    const struct socket_owner *owner = cookie ? owner_of(owners, cookie, time) : NULL;

    if (!owner)
        return;
    packet->pid = owner->pid;
    packet->comm = owner->comm;
    packet->cgroup = cgroup_path(owners, owner->cgroup);
}

struct ebpf_owners *ebpf_owners_new(int sockets, int changes)
{
    struct ebpf_owners *owners = g_new0(struct ebpf_owners, 1);

    owners->sockets = sockets;
    owners->changes = changes;
    owners->known = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, socket_owner_free);
    owners->cgroups = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, g_free);
    return owners;
}

void ebpf_owners_free(struct ebpf_owners *owners)
{
    if (!owners)
        return;
    g_hash_table_unref(owners->known);
    g_hash_table_unref(owners->cgroups);
    g_free(owners);
}
