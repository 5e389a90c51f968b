/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owners.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "../records.h"
#include "clock.h"
#include "salted.h"

/* More sockets than this are not remembered; those that still have packets are asked for again. */
#define MAX_SOCKETS 65536

/* More control groups than this are not remembered; those that still have packets are looked for
 * again. */
#define MAX_CGROUPS 16384

/* A control group that is new is found by a walk through all of them, which takes milliseconds on a
 * large host: at most one part in this of the time goes into walks. */
#define WALK_SHARE 50
#define MAX_DEPTH  64

/* What is known of a socket: its owner from since to until, as of a look at the maps at until. */
struct socket_owner {
    uint64_t since;
    uint64_t until;
    uint64_t cgroup;
    uint32_t pid; /* 0 = not known */
    char *comm;
};

struct owners {
    int sockets, changes;
    GHashTable *known;   /* cookie -> struct socket_owner */
    GHashTable *cgroups; /* id -> path; NULL = there is no such directory */
    uint64_t next_walk;  /* not before this time */
};

static void socket_owner_free(void *data)
{
    struct socket_owner *owner = data;

    g_free(owner->comm);
    g_free(owner);
}

/* --- control groups --- */

/* The number of a directory is the control group's id (kernfs, on machines of 64 bits). */
static void walk(struct owners *owners, const char *root, const char *path, int depth)
{
    g_autofree char *directory = g_strconcat(root, path, NULL);
    struct stat status;
    const struct dirent *entry;
    DIR *entries;

    if (depth > MAX_DEPTH || stat(directory, &status) || !(entries = opendir(directory)))
        return;
    g_hash_table_insert(owners->cgroups, g_memdup2(&(uint64_t){status.st_ino}, sizeof(uint64_t)),
                        *path ? g_utf8_make_valid(path, -1) : g_strdup("/"));
    while ((entry = readdir(entries))) {
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            g_autofree char *below = g_strconcat(path, "/", entry->d_name, NULL);
            walk(owners, root, below, depth + 1);
        }
    }
    closedir(entries);
}

/* Where the version 2 hierarchy is mounted, or NULL: the fields of a line are separated by blanks,
 * the fifth is the place, and the type comes after "-". */
static char *cgroup_mount(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, " ", 6);
        if (g_strv_length(fields) == 6 && strstr(fields[5], "- cgroup2 "))
            return g_strcompress(fields[4]); /* a blank is written as \040 */
    }
    return NULL;
}

/* NULL: not known, or not yet. */
static const char *cgroup_path(struct owners *owners, uint64_t id)
{
    uint64_t begin = pktmon_clock_monotonic(), end;
    g_autofree char *root = NULL;
    void *path;

    if (g_hash_table_lookup_extended(owners->cgroups, &id, NULL, &path))
        return path;
    if (begin < owners->next_walk)
        return NULL;
    root = cgroup_mount();
    if (g_hash_table_size(owners->cgroups) >= MAX_CGROUPS)
        g_hash_table_remove_all(owners->cgroups);
    if (root)
        walk(owners, root, "", 0);
    end = pktmon_clock_monotonic();
    owners->next_walk = end + (end - begin) * WALK_SHARE;
    /* Ids are never used again. */
    if (!g_hash_table_contains(owners->cgroups, &id))
        g_hash_table_insert(owners->cgroups, g_memdup2(&id, sizeof(id)), NULL);
    return g_hash_table_lookup(owners->cgroups, &id);
}

/* --- sockets --- */

/* Asks the maps. What they say was so from since until now. */
static void look(const struct owners *owners, uint64_t cookie, struct socket_owner *owner)
{
    struct owner_value value;
    uint64_t changed;
    uint32_t slot;

    owner->until = pktmon_clock_monotonic(); /* before the look */
    owner->pid = 0;
    g_clear_pointer(&owner->comm, g_free);
    if (bpf_map_lookup_elem(owners->sockets, &cookie, &value) || value.several)
        return;
    slot = value.tgid % RECORD_PROCESS_SLOTS;
    if (bpf_map_lookup_elem(owners->changes, &slot, &changed) || changed > value.since)
        return;
    owner->pid = value.tgid;
    owner->since = value.since;
    owner->cgroup = value.cgroup;
    value.comm[sizeof(value.comm) - 1] = '\0';
    owner->comm = g_utf8_make_valid(value.comm, -1);
}

static const struct socket_owner *owner_of(struct owners *owners, uint64_t cookie, uint64_t time)
{
    struct socket_owner *owner = g_hash_table_lookup(owners->known, &cookie);

    if (!owner) {
        if (g_hash_table_size(owners->known) >= MAX_SOCKETS)
            g_hash_table_remove_all(owners->known);
        owner = g_new0(struct socket_owner, 1);
        g_hash_table_insert(owners->known, g_memdup2(&cookie, sizeof(cookie)), owner);
    }
    if (time > owner->until)
        look(owners, cookie, owner);
    return owner->pid && time >= owner->since ? owner : NULL;
}

void owners_attribute(struct owners *owners, uint64_t cookie, uint64_t time,
                      struct pktmon_packet *packet)
{
    const struct socket_owner *owner = cookie ? owner_of(owners, cookie, time) : NULL;

    if (!owner)
        return;
    packet->pid = owner->pid;
    packet->comm = owner->comm;
    packet->cgroup = cgroup_path(owners, owner->cgroup);
}

struct owners *owners_new(int sockets, int changes)
{
    struct owners *owners = g_new0(struct owners, 1);

    owners->sockets = sockets;
    owners->changes = changes;
    owners->known = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, socket_owner_free);
    owners->cgroups = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, g_free);
    return owners;
}

void owners_free(struct owners *owners)
{
    if (!owners)
        return;
    g_hash_table_unref(owners->known);
    g_hash_table_unref(owners->cgroups);
    g_free(owners);
}
