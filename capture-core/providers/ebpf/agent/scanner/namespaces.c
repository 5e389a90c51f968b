/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The known network namespaces, and entering them. */
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/salted-hash.h"
#include "nsid.h"
#include "providers/ebpf/agent/agent.h"
#include "providers/ebpf/agent/enter-netns.h"
#include "providers/ebpf/agent/reply.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

#define MAX_ALIASES 32 /* of one namespace; some are chosen by its owner */

static const struct scanner_netns_observer *observer;
static uint32_t own_inode;

static void netns_free(void *data)
{
    struct scanner_netns *netns = data;

    g_hash_table_unref(netns->devices);
    g_ptr_array_unref(netns->aliases);
    g_free(netns->path);
    g_free(netns);
}

GPtrArray *scanner_all_namespaces(void)
{
    static GPtrArray *all;

    if (!all)
        all = g_ptr_array_new_with_free_func(netns_free);
    return all;
}

struct scanner_netns *scanner_netns_by_inode(uint32_t inode)
{
    GPtrArray *all = scanner_all_namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct scanner_netns *netns = all->pdata[i];
        if (netns->inode == inode)
            return netns;
    }
    return NULL;
}

struct scanner_netns *scanner_netns_by_nsid(int32_t nsid)
{
    GPtrArray *all = scanner_all_namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct scanner_netns *netns = all->pdata[i];
        if (nsid < 0 ? netns->own : netns->nsid == nsid)
            return netns;
    }
    return NULL;
}

struct scanner_netns *scanner_netns_by_cookie(uint64_t cookie)
{
    GPtrArray *all = scanner_all_namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct scanner_netns *netns = all->pdata[i];
        if (netns->cookie == cookie)
            return netns;
    }
    return NULL;
}

static bool all_are_wanted;

/* Once all are wanted, earlier selections are void. */
void scanner_want_all_namespaces(bool all)
{
    GPtrArray *known = scanner_all_namespaces();

    all_are_wanted = all;
    for (guint i = 0; all && i < known->len; i++)
        ((struct scanner_netns *)known->pdata[i])->selected = false;
}

bool scanner_is_wanted(const struct scanner_netns *netns)
{
    return all_are_wanted || netns->selected;
}

static bool is_file_of(int file, uint32_t inode)
{
    struct stat status;

    return fstat(file, &status) == 0 && status.st_ino == inode;
}

int scanner_open_netns(const struct scanner_netns *netns)
{
    int file = open(netns->path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return -errno;
    if (is_file_of(file, netns->inode))
        return file;
    close(file);
    return -ESTALE;
}

int scanner_run_in_netns(const struct scanner_netns *netns, int (*function)(void *data), void *data)
{
    int file, result;

    if (netns->own)
        return function(data);
    file = scanner_open_netns(netns);
    if (file < 0)
        return file;
    result = agent_run_in_netns(file, function, data);
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

static struct scanner_netns *add_netns(int file, uint32_t inode, const char *path, const char *name)
{
    struct scanner_netns *netns = g_new0(struct scanner_netns, 1);
    int error;

    netns->inode = inode;
    netns->own = inode == own_inode;
    netns->nsid = netns->own ? -1 : scanner_get_nsid(file);
    netns->path = g_strdup(path);
    netns->aliases = g_ptr_array_new_with_free_func(g_free);
    netns->devices = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    g_strlcpy(netns->name, name, sizeof(netns->name));
    error = netns->own ? read_cookie(&netns->cookie)
                       : agent_run_in_netns(file, read_cookie, &netns->cookie);
    if (error)
        agent_report_missing(
            "devices that carry no packet, and netfilter hooks, of network namespace "
            "%s: it cannot be entered (%s)",
            scanner_netns_label(netns), g_strerror(-error));
    g_ptr_array_add(scanner_all_namespaces(), netns);
    observer->added(netns);
    return netns;
}

void scanner_add_alias(struct scanner_netns *netns, const char *alias)
{
    /* Containers of users (container.h) leave room for those of root. */
    guint most = strchr(alias, '@') ? MAX_ALIASES / 2 : MAX_ALIASES;

    if (!*alias || strcmp(alias, netns->name) == 0 || strlen(alias) >= NETDEV_ALIAS_SIZE ||
        netns->aliases->len >= most ||
        g_ptr_array_find_with_equal_func(netns->aliases, alias, g_str_equal, NULL))
        return;
    g_ptr_array_add(netns->aliases, g_strdup(alias));
    observer->aliased(netns, alias);
}

static bool is_network_namespace(int file)
{
    return ioctl(file, NS_GET_NSTYPE) == CLONE_NEWNET;
}

/* The first name that was found stays. So does the path, as long as it leads to the namespace. */
static void found_again(struct scanner_netns *netns, const char *path, const char *name)
{
    if (*name && !*netns->name) {
        g_strlcpy(netns->name, name, sizeof(netns->name));
        observer->named(netns);
    }
    scanner_add_alias(netns, name);
    if (!scanner_is_at_path(netns)) {
        g_free(netns->path);
        netns->path = g_strdup(path);
    }
}

struct scanner_netns *scanner_add_netns(const char *path, const char *name)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct scanner_netns *netns = NULL;
    struct stat status;

    if (file < 0)
        return NULL;
    if (fstat(file, &status) == 0 && is_network_namespace(file)) {
        netns = scanner_netns_by_inode(status.st_ino);
        if (netns)
            found_again(netns, path, name);
        else
            netns = add_netns(file, status.st_ino, path, name);
        netns->found = true;
    }
    close(file);
    if (netns)
        observer->found(netns);
    return netns;
}

bool scanner_is_at_path(const struct scanner_netns *netns)
{
    struct stat status;

    return stat(netns->path, &status) == 0 && status.st_ino == netns->inode;
}

void scanner_forget_netns(struct scanner_netns *netns)
{
    observer->gone(netns);
    g_ptr_array_remove(scanner_all_namespaces(), netns);
}

void scanner_report_unused_netns(struct scanner_netns *netns)
{
    observer->unused(netns);
}

const char *scanner_netns_label(const struct scanner_netns *netns)
{
    return *netns->name ? netns->name : netns->path;
}

void scanner_open_namespaces(const struct scanner_netns_observer *who)
{
    struct stat status;

    observer = who;
    if (fstat(agent_open_own_netns(), &status))
        agent_fail("The agent cannot open its own network namespace (" AGENT_NETNS_OWN_PATH
                   "): %s.",
                   g_strerror(errno));
    own_inode = status.st_ino;
}
