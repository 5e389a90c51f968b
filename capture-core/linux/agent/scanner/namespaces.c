/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network namespaces that are known, and how one is entered. */
#include "scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/nsfs.h>

#include "../../../salted.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

#define MAX_ALIASES 32 /* of one namespace: who makes namespaces chooses some of them */

static const struct netns_observer *observer;
static uint32_t own_inode;

static void netns_free(void *data)
{
    struct netns *netns = data;

    g_hash_table_unref(netns->devices);
    g_ptr_array_unref(netns->aliases);
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

struct netns *netns_by_inode(uint32_t inode)
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

struct netns *netns_by_cookie(uint64_t cookie)
{
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct netns *netns = all->pdata[i];
        if (netns->cookie == cookie)
            return netns;
    }
    return NULL;
}

static bool all_are_wanted;

/* What was selected before all were wanted means nothing afterwards. */
void namespaces_want_all(bool all)
{
    GPtrArray *known = namespaces();

    all_are_wanted = all;
    for (guint i = 0; all && i < known->len; i++)
        ((struct netns *)known->pdata[i])->selected = false;
}

bool netns_is_wanted(const struct netns *netns)
{
    return all_are_wanted || netns->selected;
}

static bool is_file_of(int file, uint32_t inode)
{
    struct stat status;

    return fstat(file, &status) == 0 && status.st_ino == inode;
}

int netns_open(const struct netns *netns)
{
    int file = open(netns->path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return -errno;
    if (is_file_of(file, netns->inode))
        return file;
    close(file);
    return -ESTALE;
}

int netns_run(const struct netns *netns, int (*function)(void *data), void *data)
{
    int file, result;

    if (netns->own)
        return function(data);
    file = netns_open(netns);
    if (file < 0)
        return file;
    result = enter_run(file, function, data);
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

static struct netns *add_netns(int file, uint32_t inode, const char *path, const char *name)
{
    struct netns *netns = g_new0(struct netns, 1);
    int error;

    netns->inode = inode;
    netns->own = inode == own_inode;
    netns->nsid = netns->own ? -1 : nsid_of(file);
    netns->path = g_strdup(path);
    netns->aliases = g_ptr_array_new_with_free_func(g_free);
    netns->devices = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    g_strlcpy(netns->name, name, sizeof(netns->name));
    error = netns->own ? read_cookie(&netns->cookie) : enter_run(file, read_cookie, &netns->cookie);
    if (error)
        agent_say_missing("devices that carry no packet, and netfilter hooks, of network namespace "
                          "%s: it cannot be entered (%s)",
                          netns_label(netns), g_strerror(-error));
    g_ptr_array_add(namespaces(), netns);
    observer->added(netns);
    return netns;
}

void netns_take_alias(struct netns *netns, const char *alias)
{
    if (!*alias || strcmp(alias, netns->name) == 0 || strlen(alias) >= AGENT_ALIAS_SIZE ||
        netns->aliases->len == MAX_ALIASES ||
        g_ptr_array_find_with_equal_func(netns->aliases, alias, g_str_equal, NULL))
        return;
    g_ptr_array_add(netns->aliases, g_strdup(alias));
    observer->aliased(netns, alias);
}

static bool is_network_namespace(int file)
{
    return ioctl(file, NS_GET_NSTYPE) == CLONE_NEWNET;
}

/* The first name that was found stays, and the path where it can be entered as long as it leads
 * there. */
static void found_again(struct netns *netns, const char *path, const char *name)
{
    if (*name && !*netns->name) {
        g_strlcpy(netns->name, name, sizeof(netns->name));
        observer->named(netns);
    }
    netns_take_alias(netns, name);
    if (!netns_path_leads(netns)) {
        g_free(netns->path);
        netns->path = g_strdup(path);
    }
}

struct netns *netns_found(const char *path, const char *name)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct netns *netns = NULL;
    struct stat status;

    if (file < 0)
        return NULL;
    if (fstat(file, &status) == 0 && is_network_namespace(file)) {
        netns = netns_by_inode(status.st_ino);
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

bool netns_path_leads(const struct netns *netns)
{
    struct stat status;

    return stat(netns->path, &status) == 0 && status.st_ino == netns->inode;
}

void netns_forget(struct netns *netns)
{
    observer->gone(netns);
    g_ptr_array_remove(namespaces(), netns);
}

void netns_unused(struct netns *netns)
{
    observer->unused(netns);
}

const char *netns_label(const struct netns *netns)
{
    return *netns->name ? netns->name : netns->path;
}

void namespaces_open(const struct netns_observer *who)
{
    struct stat status;

    observer = who;
    if (fstat(enter_open(), &status))
        agent_fail("The agent cannot open its own network namespace (" NETNS_OWN_PATH "): %s.",
                   g_strerror(errno));
    own_inode = status.st_ino;
}
