/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces: those with a name (ip netns), and those of processes. */
#include "agent.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/nsfs.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

#define NAMED_DIRECTORY "/run/netns"
#define SHORT_ID_LENGTH 12 /* of a container, as docker and podman print it */
#define LONG_ID_LENGTH  64

static int own_file = -1;
static uint32_t own_inode;

static void netns_free(void *data)
{
    struct netns *netns = data;

    g_hash_table_unref(netns->devices);
    g_free(netns->path);
    g_free(netns);
}

GPtrArray *namespaces(void)
{
    static GPtrArray *all;

    if (!all)
        all = g_ptr_array_new_with_free_func(netns_free);
    return all;
}

static struct netns *known_netns(uint32_t inode)
{
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct netns *netns = all->pdata[i];
        if (netns->inode == inode)
            return netns;
    }
    return NULL;
}

struct netns *netns_by_nsid(int32_t nsid)
{
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct netns *netns = all->pdata[i];
        if (nsid < 0 ? netns->own : netns->nsid == nsid)
            return netns;
    }
    return NULL;
}

static bool is_file_of(int file, uint32_t inode)
{
    struct stat status;

    return fstat(file, &status) == 0 && status.st_ino == inode;
}

/* Inside the namespace of file. */
static int run_inside(int file, int (*function)(void *data), void *data)
{
    int result;

    if (setns(file, CLONE_NEWNET))
        return -errno;
    result = function(data);
    /* Going on in a foreign namespace would make all that follows wrong. */
    if (setns(own_file, CLONE_NEWNET))
        agent_fail("The agent could not return to its own network namespace: %s.",
                   g_strerror(errno));
    return result;
}

int netns_run(const struct netns *netns, int (*function)(void *data), void *data)
{
    int file, result;

    if (netns->own)
        return function(data);
    file = open(netns->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    result = is_file_of(file, netns->inode) ? run_inside(file, function, data) : -ESTALE;
    close(file);
    return result;
}

static int read_cookie(void *data)
{
    uint64_t *cookie = data;
    socklen_t length = sizeof(*cookie);
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = 0;

    if (control < 0 || getsockopt(control, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &length))
        result = -errno;
    if (control >= 0)
        close(control);
    return result;
}

static void say_netns(const struct netns *netns)
{
    struct agent_message message = {.type = AGENT_NETNS};

    message.netns.cookie = netns->cookie;
    message.netns.inode = netns->inode;
    g_strlcpy(message.netns.name, netns->name, sizeof(message.netns.name));
    agent_say(&message);
}

static void add_netns(int file, uint32_t inode, const char *path, const char *name)
{
    struct netns *netns = g_new0(struct netns, 1);
    int error;

    netns->inode = inode;
    netns->own = inode == own_inode;
    netns->nsid = netns->own ? -1 : links_nsid(file);
    netns->path = g_strdup(path);
    netns->found = true;
    netns->devices = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    g_strlcpy(netns->name, name, sizeof(netns->name));
    error =
        netns->own ? read_cookie(&netns->cookie) : run_inside(file, read_cookie, &netns->cookie);
    if (error)
        agent_say_missing("devices of network namespace %s that carry no packet: it cannot be "
                          "entered (%s)",
                          *name ? name : path, g_strerror(-error));
    g_ptr_array_add(namespaces(), netns);
    say_netns(netns);
    if (netns->cookie)
        links_list(netns);
}

static bool is_network_namespace(int file)
{
    return ioctl(file, NS_GET_NSTYPE) == CLONE_NEWNET;
}

/* The first name that was found stays. */
static void found_netns(const char *path, const char *name)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    struct netns *netns;

    if (file < 0)
        return;
    if (fstat(file, &status) == 0 && is_network_namespace(file)) {
        netns = known_netns(status.st_ino);
        if (!netns) {
            add_netns(file, status.st_ino, path, name);
        } else {
            netns->found = true;
            if (*name && !*netns->name) {
                g_strlcpy(netns->name, name, sizeof(netns->name));
                say_netns(netns);
            }
        }
    }
    close(file);
}

static void scan_named(void)
{
    DIR *directory = opendir(NAMED_DIRECTORY);
    struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        g_autofree char *path = g_strdup_printf(NAMED_DIRECTORY "/%s", entry->d_name);
        if (entry->d_name[0] != '.')
            found_netns(path, entry->d_name);
    }
    closedir(directory);
}

/* A container's id is the last run of 64 hexadecimal digits in its cgroup's path. */
static void container_of(const char *pid, char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/cgroup", pid), *text = NULL;
    size_t length = 0, run = 0;

    *name = '\0';
    if (!g_file_get_contents(path, &text, &length, NULL))
        return;
    for (size_t i = 0; i < length; i++) {
        run = isxdigit((unsigned char)text[i]) ? run + 1 : 0;
        if (run == LONG_ID_LENGTH)
            g_strlcpy(name, text + i + 1 - LONG_ID_LENGTH, SHORT_ID_LENGTH + 1);
    }
}

/* The inode in "net:[4026531840]", or 0. */
static uint32_t linked_inode(const char *path)
{
    char target[64];
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    unsigned int inode = 0;

    if (length <= 0)
        return 0;
    target[length] = '\0';
    return sscanf(target, "net:[%u]", &inode) == 1 ? inode : 0;
}

static void scan_process(const char *pid, unsigned int *hidden)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/ns/net", pid);
    char name[AGENT_NAME_SIZE];
    uint32_t inode = linked_inode(path);
    struct netns *netns;

    if (!inode) {
        *hidden += errno == EACCES || errno == EPERM;
        return;
    }
    netns = known_netns(inode);
    if (netns) {
        netns->found = true;
        return;
    }
    container_of(pid, name);
    found_netns(path, name);
}

static void scan_processes(void)
{
    static bool said;
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    unsigned int hidden = 0;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            scan_process(entry->d_name, &hidden);
    }
    closedir(directory);
    if (hidden && !said) {
        said = true;
        agent_say_missing("network namespaces that only %u processes have: this host does not show "
                          "them to pktmon-agent",
                          hidden);
    }
}

void netns_forget(struct netns *netns)
{
    g_ptr_array_remove(namespaces(), netns);
}

/* Of a namespace with an id the kernel says when it ends (links.c). */
static void forget_gone(void)
{
    GPtrArray *all = namespaces();

    for (guint i = all->len; i > 0; i--) {
        struct netns *netns = all->pdata[i - 1];
        if (!netns->found && !netns->own && netns->nsid < 0)
            netns_forget(netns);
    }
}

static void open_own(void)
{
    struct stat status;

    own_file = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own_file < 0 || fstat(own_file, &status))
        agent_fail("The agent cannot open its own network namespace (/proc/self/ns/net): %s.",
                   g_strerror(errno));
    own_inode = status.st_ino;
}

void namespaces_scan(void)
{
    GPtrArray *all = namespaces();

    if (own_file < 0)
        open_own();
    /* An inode number may be that of a namespace that has just ended. */
    links_read();
    for (guint i = 0; i < all->len; i++)
        ((struct netns *)all->pdata[i])->found = false;
    scan_named(); /* first: these names win */
    found_netns("/proc/self/ns/net", "");
    scan_processes();
    forget_gone();
}

static int watch = -1;

int namespaces_watch(void)
{
    if (watch >= 0)
        return watch;
    watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    /* No such directory: no named namespaces on this host yet. */
    if (watch >= 0 && inotify_add_watch(watch, NAMED_DIRECTORY,
                                        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_ATTRIB) < 0) {
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
