/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for network namespaces: those with a name (ip netns), those mounted elsewhere, and those
 * of processes. What is not found any more is nobody's but ours: it is let go, and the kernel says
 * when it has ended (links.c).
 */
#include "scanner.h"

#include "../../../plural.h"
#include "../../../salted.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define NAMED_DIRECTORY "/run/netns"
#define SHORT_ID_LENGTH 12 /* of a container, as docker and podman print it */
#define LONG_ID_LENGTH  64

static void scan_named(void)
{
    DIR *directory = opendir(NAMED_DIRECTORY);
    struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        g_autofree char *path = g_strdup_printf(NAMED_DIRECTORY "/%s", entry->d_name);
        if (entry->d_name[0] != '.')
            netns_found(path, entry->d_name);
    }
    closedir(directory);
}

/* The inode in "net:[4026531840]", or 0. */
static uint32_t inode_in(const char *text)
{
    unsigned int inode = 0;

    return sscanf(text, "net:[%u]", &inode) == 1 ? inode : 0;
}

static bool found_mounted(const char *place, const char *root, void *data)
{
    struct netns *netns = netns_by_inode(inode_in(root));

    (void)data;
    if (netns && netns_path_leads(netns))
        netns->found = true;
    else
        netns = netns_found(place, "");
    if (netns)
        netns_take_alias(netns, place);
    return true;
}

/* Container engines mount theirs in directories of their own. */
static void scan_mounted(void)
{
    mounts_visit("nsfs", "net:[", found_mounted, NULL);
}

/* A container's id is the last run of 64 hexadecimal digits in its cgroup's path. Its short form is
 * what the namespace is called. */
static void container_of(const char *pid, char id[LONG_ID_LENGTH + 1])
{
    g_autofree char *path = g_strdup_printf("/proc/%s/cgroup", pid), *text = NULL;
    size_t length = 0, run = 0;

    *id = '\0';
    if (!g_file_get_contents(path, &text, &length, NULL))
        return;
    for (size_t i = 0; i < length; i++) {
        run = isxdigit((unsigned char)text[i]) ? run + 1 : 0;
        if (run == LONG_ID_LENGTH)
            g_strlcpy(id, text + i + 1 - LONG_ID_LENGTH, LONG_ID_LENGTH + 1);
    }
}

/* --- processes that were seen --- */

/* Each is asked once for its container, as several may share a namespace. */
struct seen {
    uint32_t inode;
    guint scan;
};

static GHashTable *all_seen; /* process id -> struct seen */
static guint scan_number;

/* Whether it was there, in this namespace, when it was looked for last. */
static bool was_seen(const char *pid, uint32_t inode)
{
    void *key = GUINT_TO_POINTER((guint)g_ascii_strtoull(pid, NULL, 10));
    struct seen *seen = g_hash_table_lookup(all_seen, key);
    bool before = seen && seen->inode == inode;

    if (!seen) {
        seen = g_new0(struct seen, 1);
        g_hash_table_insert(all_seen, key, seen);
    }
    *seen = (struct seen){.inode = inode, .scan = scan_number};
    return before;
}

static gboolean has_ended(gpointer pid, gpointer seen, gpointer data)
{
    (void)pid;
    (void)data;
    return ((const struct seen *)seen)->scan != scan_number;
}

static uint32_t linked_inode(const char *path)
{
    char target[64];
    ssize_t length = readlink(path, target, sizeof(target) - 1);

    if (length <= 0)
        return 0;
    target[length] = '\0';
    return inode_in(target);
}

static void scan_process(const char *pid, unsigned int *hidden)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/ns/net", pid);
    char container[LONG_ID_LENGTH + 1], name[SHORT_ID_LENGTH + 1];
    uint32_t inode = linked_inode(path);
    struct netns *netns;
    bool known, seen;

    if (!inode) {
        *hidden += errno == EACCES || errno == EPERM;
        return;
    }
    seen = was_seen(pid, inode);
    netns = netns_by_inode(inode);
    known = netns && (netns->found || netns_path_leads(netns));
    if (!known || !seen)
        container_of(pid, container);
    else
        *container = '\0';
    g_strlcpy(name, container, sizeof(name));
    if (!known || (*name && !*netns->name))
        netns = netns_found(path, name);
    else
        netns->found = true;
    if (netns)
        netns_take_alias(netns, container);
}

static void scan_processes(void)
{
    static bool said;
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    unsigned int hidden = 0;

    if (!directory)
        return;
    if (!all_seen)
        all_seen = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    scan_number++;
    while ((entry = readdir(directory))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            scan_process(entry->d_name, &hidden);
    }
    closedir(directory);
    g_hash_table_foreach_remove(all_seen, has_ended, NULL);
    if (hidden && !said) {
        said = true;
        agent_say_missing("network namespaces that only %u %s: this host does not show them to "
                          "pktmon-agent",
                          hidden, PLURAL(hidden, "process has", "processes have"));
    }
}

/* The inode of the first PID namespace of the host (PROC_PID_INIT_INO). */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* In another one, the processes outside of it are not in /proc. */
static void say_if_inside_pid_namespace(void)
{
    static bool said;
    g_autofree char *inside = g_file_read_link("/proc/self/ns/pid", NULL);

    if (!said && g_strcmp0(inside, FIRST_PID_NAMESPACE) != 0)
        agent_say_missing("network namespaces that only processes outside of this PID namespace "
                          "(container) have, and names of their containers: capture on the host");
    said = true;
}

/* The end of a namespace without an id is not heard of. */
static void let_go_unfound(void)
{
    GPtrArray *all = namespaces();

    for (guint i = all->len; i > 0; i--) {
        struct netns *netns = all->pdata[i - 1];

        if (netns->found)
            continue;
        netns_unused(netns);
        if (netns->nsid < 0)
            netns_forget(netns);
    }
}

void namespaces_scan(void)
{
    GPtrArray *all = namespaces();

    /* An inode number may be that of a namespace that has just ended. */
    links_read();
    for (guint i = 0; i < all->len; i++)
        ((struct netns *)all->pdata[i])->found = false;
    scan_named(); /* first: these names win */
    netns_found(NETNS_OWN_PATH, "");
    scan_mounted();
    scan_processes();
    say_if_inside_pid_namespace();
    let_go_unfound();
}

bool namespaces_have_gone(void)
{
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        const struct netns *netns = all->pdata[i];

        if (netns->handed && !netns_path_leads(netns))
            return true;
    }
    return false;
}

void namespaces_scan_mounts(void)
{
    links_read();
    scan_named();
    scan_mounted();
}

static int watch = -1;

int namespaces_watch(void)
{
    if (watch >= 0)
        return watch;
    watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    /* No such directory: no named namespaces on this host yet. */
    if (watch >= 0 && inotify_add_watch(watch, NAMED_DIRECTORY, IN_CREATE | IN_MOVED_TO) < 0) {
        close(watch);
        watch = -1;
    }
    return watch;
}

void namespaces_watch_clear(void)
{
    char events[4096];

    while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
        ;
}
