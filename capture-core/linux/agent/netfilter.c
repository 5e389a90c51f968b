/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs at the hooks of netfilter, the first and the last of each hook of each namespace.
 *
 * A link holds a reference to its namespace (net/netfilter/nf_bpf_link.c), so that a namespace
 * which nobody uses any more would live on with its devices: the scanner looks after that.
 */
#include "holder.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's headers do not know these links yet (uapi linux/bpf.h, 6.4). */
#define ATTACH_NETFILTER 45

struct netfilter_link_create {
    uint32_t program;
    uint32_t target;
    uint32_t attach_type;
    uint32_t flags;
    uint32_t family;
    uint32_t hook;
    int32_t priority;
    uint32_t netfilter_flags;
};

/* Of two programs at one hook the kernel wants different priorities: other captures, and whoever
 * else wants to be first or last, have taken some. */
#define PRIORITIES 64

/* The outermost priorities themselves are refused (ERANGE). */
static const struct {
    const char *program;
    int32_t priority;
    int32_t step;
} ends[NETFILTER_ENDS] = {
    {"netfilter_first", INT32_MIN + 1, 1},
    {"netfilter_last", INT32_MAX - 1, -1},
};

static const uint32_t families[NETFILTER_FAMILIES] = {NFPROTO_IPV4, NFPROTO_IPV6};

G_STATIC_ASSERT(NETFILTER_HOOKS == NF_INET_NUMHOOKS);

static int create_link(uint32_t family, uint32_t hook, size_t end)
{
    struct netfilter_link_create create = {.program = programs_place(ends[end].program),
                                           .attach_type = ATTACH_NETFILTER,
                                           .family = family,
                                           .hook = hook,
                                           .priority = ends[end].priority};

    for (int i = 0; i < PRIORITIES; i++, create.priority += ends[end].step) {
        long link = syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));

        if (link >= 0 || errno != EBUSY)
            return link < 0 ? -errno : (int)link;
    }
    return -EBUSY;
}

/* Both ends of one hook, or none: one end alone says nothing about what happens between. */
static int attach_hook(struct netfilter_links *links, uint32_t family, uint32_t hook)
{
    int *first = &links->descriptors[links->count];

    for (size_t end = 0; end < NETFILTER_ENDS; end++) {
        int link = create_link(family, hook, end);

        if (link < 0) {
            while (end > 0)
                close(first[--end]);
            return link;
        }
        first[end] = link;
    }
    links->count += NETFILTER_ENDS;
    return 0;
}

/* Runs inside the namespace. The first refusal, where there was one. */
static int attach_hooks(void *data)
{
    struct netfilter_links *links = data;
    int refusal = 0;

    for (size_t family = 0; family < NETFILTER_FAMILIES; family++) {
        for (uint32_t hook = 0; hook < NETFILTER_HOOKS; hook++) {
            int error = attach_hook(links, families[family], hook);

            /* A kernel without IPv6 has no packets of it either. */
            if (error == -EAFNOSUPPORT && families[family] != NFPROTO_IPV4)
                break;
            if (error && !refusal)
                refusal = error;
        }
    }
    return refusal;
}

/* What one namespace refuses, the next one refuses too: one sentence is enough. */
static void say_refused(const struct held_netns *netns, int error)
{
    static bool said;
    g_autofree char *advice =
        error == -EMFILE ? g_strdup(": raise the limit of open files (ulimit -Hn)") : NULL;

    if (said)
        return;
    said = true;
    agent_say_missing("netfilter hooks of network namespace %s, and of others that refuse them "
                      "alike (%s)%s",
                      netns->name, g_strerror(-error), advice ? advice : "");
}

static void close_all(struct netfilter_links *links)
{
    while (links->count > 0)
        close(links->descriptors[--links->count]);
}

void netfilter_attach(struct held_netns *netns, int file)
{
    int error;

    if (netns->netfilter.tried || programs_place("netfilter_first") < 0)
        return;
    netns->netfilter.tried = true;
    error = held_run(netns, file, attach_hooks, &netns->netfilter);
    if (error == -EMFILE)
        close_all(&netns->netfilter); /* the agent itself needs a few */
    if (error)
        say_refused(netns, error);
}

void netfilter_detach(struct held_netns *netns)
{
    close_all(&netns->netfilter);
    close_all(&netns->netfilter_before);
    netns->netfilter.tried = false;
}

void netfilter_renew(struct held_netns *netns)
{
    netns->netfilter_before = netns->netfilter;
    netns->netfilter = (struct netfilter_links){};
}

void netfilter_end_before(struct held_netns *netns)
{
    close_all(&netns->netfilter_before);
}
