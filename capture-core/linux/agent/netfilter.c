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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../plural.h"

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

/* How long links stay for what waits in a queue, and how often that is looked at. */
#define STAY_MS      10000
#define STAY_STEP_MS 10

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

/* The first refusal, where there was one. */
static int attach_hooks(struct netfilter_links *links)
{
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

static bool hooks_queues;

void netfilter_open(bool hook_queues)
{
    hooks_queues = hook_queues;
}

/* Runs inside the namespace. Not 0: as above, or REFUSAL_QUEUE. */
#define REFUSAL_QUEUE 1

static int attach_inside(void *data)
{
    struct netfilter_links *links = data;

    links->queues = queues_open();
    if (!hooks_queues && queues_are_bound(&links->queues))
        return REFUSAL_QUEUE;
    return attach_hooks(links);
}

static const char *label(const struct held_netns *netns)
{
    return netns->own ? "current" : netns->name; /* as users call it */
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
                      label(netns), g_strerror(-error), advice ? advice : "");
}

/* Anyone may make namespaces and bind queues there: the reader, who takes so many sentences, must
 * have room for others. */
#define MOST_QUEUES_SAID 8

static void say_queue(const struct held_netns *netns)
{
    static unsigned said;

    if (said++ >= MOST_QUEUES_SAID)
        agent_say_missing(
            "netfilter hooks of more network namespaces in which an NFQUEUE is or may be "
            "bound; --hook-queues attaches them all the same");
    else if (netns->netfilter.queues.exact)
        agent_say_missing("netfilter hooks of network namespace %s: an NFQUEUE is bound there, and "
                          "what waits in it is lost or queued again when hooks come and go; "
                          "--hook-queues attaches them all the same",
                          label(netns));
    else
        agent_say_missing("netfilter hooks of network namespace %s: an NFQUEUE may be bound there, "
                          "which pktmon-agent cannot see without the capability "
                          "cap_dac_read_search; --hook-queues attaches them all the same",
                          label(netns));
}

static void close_one(struct netfilter_links *links)
{
    close(links->descriptors[--links->count]);
}

static void close_all(struct netfilter_links *links)
{
    while (links->count > 0)
        close_one(links);
    queues_close(&links->queues);
    links->deadline = 0;
}

void netfilter_attach(struct held_netns *netns, int file)
{
    struct netfilter_links *links = &netns->netfilter;
    int error;

    links->deadline = 0; /* those that stayed are wanted again */
    if (links->tried || programs_place("netfilter_first") < 0)
        return;
    links->queues.file = -1;
    error = held_run(netns, file, attach_inside, links);
    if (error == -EMFILE)
        netfilter_detach(netns); /* the agent itself needs a few */
    links->tried = true;
    if (links->count == 0)
        close_all(links);
    if (error == REFUSAL_QUEUE)
        say_queue(netns);
    else if (error)
        say_refused(netns, error);
}

/* Between the look and the close a packet may still come: as little time as can be. False: some
 * wait. */
static bool close_while_empty(struct netfilter_links *links)
{
    struct queue_counts counts = queues_open_counts(&links->queues);

    while (links->count > 0 && queues_waiting(&counts) == 0)
        close_one(links);
    queues_close_counts(&counts);
    return links->count == 0;
}

/* False: they stay for now. */
static bool try_to_close(struct netfilter_links *links)
{
    if (links->count > 0 && !close_while_empty(links) && g_get_monotonic_time() < links->deadline)
        return false;
    close_all(links);
    return true;
}

void netfilter_detach(struct held_netns *netns)
{
    struct netfilter_links *links = &netns->netfilter;

    if (links->deadline == 0)
        links->deadline = g_get_monotonic_time() + STAY_MS * 1000;
    if (try_to_close(links))
        links->tried = false;
}

static uint64_t waiting_in(const struct netfilter_links *links)
{
    struct queue_counts counts = queues_open_counts(&links->queues);
    uint64_t waiting = queues_waiting(&counts);

    queues_close_counts(&counts);
    return waiting;
}

bool netfilter_is_staying(const struct held_netns *netns)
{
    return netns->netfilter.count > 0 && netns->netfilter.deadline != 0;
}

void netfilter_say_staying(struct held_netns *netns)
{
    struct agent_message message = {.type = AGENT_NOTICE};
    uint64_t waiting;

    if (!netfilter_is_staying(netns))
        return;
    waiting = waiting_in(&netns->netfilter);
    g_snprintf(
        message.text, sizeof(message.text),
        "The hooks of network namespace %s stay, and do nothing, until the %" G_GUINT64_FORMAT
        " %s in its NFQUEUE %s through, for %d s at most.",
        label(netns), waiting, PLURAL(waiting, "packet that waits", "packets that wait"),
        PLURAL(waiting, "is", "are"), STAY_MS / 1000);
    agent_say(&message);
}

static bool any_stay;

static void go_on(struct held_netns *netns)
{
    if (!netfilter_is_staying(netns))
        return;
    netfilter_detach(netns);
    any_stay |= netfilter_is_staying(netns);
}

int netfilter_go_on(void)
{
    any_stay = false;
    held_for_all(go_on);
    return any_stay ? STAY_STEP_MS : -1;
}

void netfilter_forget(struct held_netns *netns)
{
    close_all(&netns->netfilter);
}

/* --- the end --- */

static void note_descriptors(GArray *kept, const struct netfilter_links *links)
{
    g_array_append_vals(kept, links->descriptors, links->count);
    g_array_append_val(kept, links->queues.file);
}

static GArray *staying_descriptors;

static void note_staying(struct held_netns *netns)
{
    if (!netfilter_is_staying(netns))
        return;
    queues_keep_open(&netns->netfilter.queues);
    note_descriptors(staying_descriptors, &netns->netfilter);
}

static gint compare_descriptors(gconstpointer one, gconstpointer other)
{
    return *(const int *)one - *(const int *)other;
}

/* All but those that it needs: the reader and the scanner shall see that the agent has ended, and
 * the programs' memory shall go. */
static void close_others(void)
{
    unsigned int next = 0;

    staying_descriptors = g_array_new(FALSE, FALSE, sizeof(int));
    held_for_all(note_staying);
    g_array_sort(staying_descriptors, compare_descriptors);
    for (guint i = 0; i < staying_descriptors->len; i++) {
        unsigned int kept = g_array_index(staying_descriptors, int, i);

        if (kept > next)
            close_range(next, kept - 1, 0);
        next = kept + 1;
    }
    close_range(next, ~0U, 0);
}

static void stay(void)
{
    prctl(PR_SET_NAME, "pktmon-hooks");
    setsid();
    close_others();
    privilege_drop();
    for (int ms = 0; ms >= 0; ms = netfilter_go_on())
        g_usleep(ms * 1000);
    _exit(EXIT_SUCCESS);
}

void netfilter_leave(void)
{
    static bool left;

    if (left) /* an exit within this function */
        return;
    left = true;
    held_for_all(netfilter_detach);
    if (netfilter_go_on() >= 0 && fork() <= 0) /* where it may not fork, the process itself stays */
        stay();
}
