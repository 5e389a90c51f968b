/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for network namespaces: those with a name (ip netns), those mounted elsewhere, and
 * those of processes. A namespace that is found no more is only kept alive by us: it is released,
 * and the kernel notifies when it is destroyed (links.c). */
#include "scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cgroups.h"
#include "links.h"
#include "model/plural.h"
#include "model/salted-hash.h"
#include "namespaces.h"
#include "providers/ebpf/agent/agent.h"
#include "providers/ebpf/agent/reply.h"
#include "providers/netdev/container.h"
#include "providers/netdev/mounts.h"

#define NAMED_DIRECTORY "/run/netns"

static void scan_named(void)
{
    DIR *directory = opendir(NAMED_DIRECTORY);
    struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        g_autofree char *path = g_strdup_printf(NAMED_DIRECTORY "/%s", entry->d_name);
        if (entry->d_name[0] != '.')
            scanner_add_netns(path, entry->d_name);
    }
    closedir(directory);
}

/* The inode in "net:[4026531840]", or 0. */
static uint32_t inode_in(const char *text)
{
    unsigned int inode = 0;

    return sscanf(text, "net:[%u]", &inode) == 1 ? inode : 0;
}

static bool found_mounted(const struct netdev_mount *mount, void *data)
{
    struct scanner_netns *netns = scanner_netns_by_inode(inode_in(mount->root));

    (void)data;
    if (netns && scanner_is_at_path(netns))
        netns->found = true;
    else
        netns = scanner_add_netns(mount->place, "");
    if (netns)
        scanner_add_alias(netns, mount->place);
    return true;
}

/* Container engines mount namespaces in directories of their own. */
static void scan_mounted(void)
{
    netdev_visit_mounts("nsfs", "net:[", found_mounted, NULL);
}

/* Opened once: a scan visits many processes. */
static int unified_root(void)
{
    static int root = -1;
    static bool asked;

    if (!asked)
        root = scanner_open_root_cgroup();
    asked = true;
    return root;
}

/* --- known processes --- */

/* The container of each process is looked up once, as several may share a namespace. */
struct seen_process {
    uint32_t inode;
    guint scan;
};

static GHashTable *all_seen; /* process id -> struct seen_process */
static guint scan_number;

/* Whether the process was in this namespace in the previous scan. */
static bool was_seen(const char *pid, uint32_t inode)
{
    void *key = GUINT_TO_POINTER((guint)g_ascii_strtoull(pid, NULL, 10));
    struct seen_process *seen = g_hash_table_lookup(all_seen, key);
    bool before = seen && seen->inode == inode;

    if (!seen) {
        seen = g_new0(struct seen_process, 1);
        g_hash_table_insert(all_seen, key, seen);
    }
    *seen = (struct seen_process){.inode = inode, .scan = scan_number};
    return before;
}

static gboolean has_ended(gpointer pid, gpointer seen, gpointer data)
{
    (void)pid;
    (void)data;
    return ((const struct seen_process *)seen)->scan != scan_number;
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

/* --- hidden processes --- */

#define HIDDEN_NAMED 4 /* how many are named by their ids */

struct hidden_processes {
    unsigned int count;
    GString *pids; /* the first of them */
};

static void take_hidden(struct hidden_processes *hidden, const char *pid)
{
    if (hidden->count < HIDDEN_NAMED)
        g_string_append_printf(hidden->pids, "%s%s", hidden->count ? ", " : "", pid);
    else if (hidden->count == HIDDEN_NAMED)
        g_string_append(hidden->pids, " ...");
    hidden->count++;
}

/* Reported once. */
static void report_hidden(const struct hidden_processes *hidden)
{
    static bool reported;

    if (hidden->count && !reported)
        agent_report_hidden(
            "the network namespace of %u %s (pid %s): this host does not show it to "
            "pktmon-agent",
            hidden->count, PLURAL(hidden->count, "process", "processes"), hidden->pids->str);
    reported |= hidden->count > 0;
}

static void scan_process(const char *pid, struct hidden_processes *hidden)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/ns/net", pid);
    char container[NETDEV_CONTAINER_NAME_SIZE] = "", name[NETDEV_CONTAINER_NAME_SIZE];
    uint32_t inode = linked_inode(path);
    struct scanner_netns *netns;
    bool known, seen;

    if (!inode) {
        if (errno == EACCES || errno == EPERM)
            take_hidden(hidden, pid);
        return;
    }
    seen = was_seen(pid, inode);
    netns = scanner_netns_by_inode(inode);
    known = netns && (netns->found || scanner_is_at_path(netns));
    if (!known || !seen)
        netdev_container_of(pid, unified_root(), container);
    netdev_shorten_container(container, name);
    if (!known || (*name && !*netns->name && !netns->own))
        netns = scanner_add_netns(path, name);
    else
        netns->found = true;
    if (netns)
        scanner_add_alias(netns, container);
}

static void scan_processes(void)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    struct hidden_processes hidden = {0};

    if (!directory)
        return;
    if (!all_seen)
        all_seen = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    scan_number++;
    hidden.pids = g_string_new(NULL);
    while ((entry = readdir(directory))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            scan_process(entry->d_name, &hidden);
    }
    closedir(directory);
    g_hash_table_foreach_remove(all_seen, has_ended, NULL);
    report_hidden(&hidden);
    g_string_free(hidden.pids, TRUE);
}

/* The inode of the first PID namespace of the host (PROC_PID_INIT_INO). */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* Inside another one, /proc does not show the processes outside. */
static void report_inner_pid_namespace(void)
{
    static bool reported;
    g_autofree char *inside = g_file_read_link("/proc/self/ns/pid", NULL);

    if (!reported && g_strcmp0(inside, FIRST_PID_NAMESPACE) != 0)
        agent_report_missing(
            "network namespaces that only processes outside this PID namespace (container) use, "
            "and the names of their containers: capture on the host");
    reported = true;
}

/* The kernel does not notify of the end of a namespace without an id. */
static void release_unfound(void)
{
    GPtrArray *all = scanner_all_namespaces();

    for (guint i = all->len; i > 0; i--) {
        struct scanner_netns *netns = all->pdata[i - 1];

        if (netns->found)
            continue;
        scanner_report_unused_netns(netns);
        if (netns->nsid < 0)
            scanner_forget_netns(netns);
    }
}

void scanner_scan_all(void)
{
    GPtrArray *all = scanner_all_namespaces();

    /* First: an inode number may be that of a namespace that was just destroyed. */
    scanner_read_links();
    for (guint i = 0; i < all->len; i++)
        ((struct scanner_netns *)all->pdata[i])->found = false;
    scan_named(); /* first: these names win */
    scanner_add_netns(AGENT_NETNS_OWN_PATH, "");
    scan_mounted();
    scan_processes();
    report_inner_pid_namespace();
    release_unfound();
}

bool scanner_has_lost_netns(void)
{
    GPtrArray *all = scanner_all_namespaces();

    for (guint i = 0; i < all->len; i++) {
        const struct scanner_netns *netns = all->pdata[i];

        if (netns->handed && !scanner_is_at_path(netns))
            return true;
    }
    return false;
}

void scanner_scan_mounts(void)
{
    scanner_read_links();
    scan_named();
    scan_mounted();
}

static int watch = -1;

int scanner_watch_names(void)
{
    if (watch >= 0)
        return watch;
    watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    /* No such directory: this host has no named namespaces yet. */
    if (watch >= 0 && inotify_add_watch(watch, NAMED_DIRECTORY, IN_CREATE | IN_MOVED_TO) < 0) {
        close(watch);
        watch = -1;
    }
    return watch;
}

void scanner_clear_names_watch(void)
{
    char events[4096];

    while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
        ;
}
