/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs at netfilter hooks: the first and the last of each hook of each namespace.
 *
 * A link holds a reference to its namespace (net/netfilter/nf_bpf_link.c), so that an otherwise
 * unused namespace would live on with its devices: the scanner watches for that.
 */
#include "netfilter.h"

#include <errno.h>
#include <glib.h>
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent-privilege.h"
#include "held.h"
#include "model/plural.h"
#include "nfqueues.h"
#include "programs.h"
#include "providers/ebpf/agent-protocol.h"
#include "reply.h"

/* Debian 12's headers do not have these links (uapi linux/bpf.h, 6.4). */
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

/* Programs at one hook need different priorities: other captures, and programs that also want to be
 * first or last, may have taken some. */
#define PRIORITIES 64

/* The outermost priorities themselves are refused (ERANGE). */
static const struct {
    const char *program;
    int32_t priority;
    int32_t step;
} ends[AGENT_NETFILTER_ENDS] = {
    {"netfilter_first", INT32_MIN + 1, 1},
    {"netfilter_last", INT32_MAX - 1, -1},
};

static const uint32_t families[AGENT_NETFILTER_FAMILIES] = {NFPROTO_IPV4, NFPROTO_IPV6};

/* How long links stay for packets in a queue, and how often that is checked. */
#define STAY_MS      10000
#define STAY_STEP_MS 10

G_STATIC_ASSERT(AGENT_NETFILTER_HOOKS == NF_INET_NUMHOOKS);

static int create_link(uint32_t family, uint32_t hook, size_t end)
{
    struct netfilter_link_create create = {.program = agent_find_program(ends[end].program),
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

/* Attaches both ends of a hook, or none: one end alone does not show what happens in between. */
static int attach_hook(struct agent_netfilter_links *links, uint32_t family, uint32_t hook)
{
    int *first = &links->descriptors[links->count];

    for (size_t end = 0; end < AGENT_NETFILTER_ENDS; end++) {
        int link = create_link(family, hook, end);

        if (link < 0) {
            while (end > 0)
                close(first[--end]);
            return link;
        }
        first[end] = link;
    }
    links->count += AGENT_NETFILTER_ENDS;
    return 0;
}

/* Returns the first refusal, or 0. */
static int attach_hooks(struct agent_netfilter_links *links)
{
    int refusal = 0;

    for (size_t family = 0; family < AGENT_NETFILTER_FAMILIES; family++) {
        for (uint32_t hook = 0; hook < AGENT_NETFILTER_HOOKS; hook++) {
            int error = attach_hook(links, families[family], hook);

            /* A kernel without IPv6 has no IPv6 packets either. */
            if (error == -EAFNOSUPPORT && families[family] != NFPROTO_IPV4)
                break;
            if (error && !refusal)
                refusal = error;
        }
    }
    return refusal;
}

static bool hooks_queues;

void agent_open_netfilter(bool hook_queues)
{
    hooks_queues = hook_queues;
}

/* Result of attach_inside(): an NFQUEUE is bound. */
#define REFUSAL_QUEUE 1

static int attach_inside(void *data)
{
    struct agent_netfilter_links *links = data;

    links->queues = agent_open_queues();
    if (!hooks_queues && agent_has_queues(&links->queues))
        return REFUSAL_QUEUE;
    return attach_hooks(links);
}

static const char *label(const struct agent_held_netns *netns)
{
    return netns->own ? "current" : netns->name; /* its name for users */
}

/* If one namespace refuses a hook, so will the next: one sentence is enough. */
static void report_refused(const struct agent_held_netns *netns, int error)
{
    static bool reported;
    g_autofree char *advice =
        error == -EMFILE ? g_strdup(": raise the limit on open files (ulimit -Hn)") : NULL;

    if (reported)
        return;
    reported = true;
    agent_report_missing("netfilter hooks of network namespace %s, and of others that refuse them "
                         "in the same way (%s)%s",
                         label(netns), g_strerror(-error), advice ? advice : "");
}

/* Any user can make namespaces and bind queues there, and the reader takes a limited number of
 * sentences. */
#define MAX_QUEUE_REPORTS 8

static void report_queue(const struct agent_held_netns *netns)
{
    static unsigned reports;

    if (reports++ >= MAX_QUEUE_REPORTS)
        agent_report_missing("netfilter hooks of more network namespaces in which an NFQUEUE is or "
                             "may be bound; the option for hooks with queues attaches them anyway");
    else if (netns->netfilter.queues.exact)
        agent_report_missing(
            "netfilter hooks of network namespace %s: an NFQUEUE is bound there, and packets that "
            "wait in it are lost or queued again when hooks are attached or detached; the option "
            "for hooks with queues attaches them anyway",
            label(netns));
    else
        agent_report_missing(
            "netfilter hooks of network namespace %s: an NFQUEUE may be bound there, which "
            "pktmon-agent cannot see without the capability cap_dac_read_search; the option for "
            "hooks with queues attaches them anyway",
            label(netns));
}

static void close_one(struct agent_netfilter_links *links)
{
    close(links->descriptors[--links->count]);
}

static void close_all(struct agent_netfilter_links *links)
{
    while (links->count > 0)
        close_one(links);
    agent_close_queues(&links->queues);
    links->deadline = 0;
}

void agent_attach_netfilter(struct agent_held_netns *netns, int file)
{
    struct agent_netfilter_links *links = &netns->netfilter;
    int error;

    links->deadline = 0; /* links that stayed are wanted again */
    if (links->tried || agent_find_program("netfilter_first") < 0)
        return;
    links->queues.file = -1;
    error = agent_run_in_held(netns, file, attach_inside, links);
    if (error == -EMFILE)
        agent_detach_netfilter(netns); /* leave descriptors for the agent itself */
    links->tried = true;
    if (links->count == 0)
        close_all(links);
    if (error == REFUSAL_QUEUE)
        report_queue(netns);
    else if (error)
        report_refused(netns, error);
}

/* A packet may still arrive between the check and the close, so that time is kept short. False:
 * packets wait. */
static bool close_while_empty(struct agent_netfilter_links *links)
{
    struct agent_queue_counts counts = agent_open_queue_counts(&links->queues);

    while (links->count > 0 && agent_count_waiting(&counts) == 0)
        close_one(links);
    agent_close_queue_counts(&counts);
    return links->count == 0;
}

/* False: the links stay for now. */
static bool try_to_close(struct agent_netfilter_links *links)
{
    if (links->count > 0 && !close_while_empty(links) && g_get_monotonic_time() < links->deadline)
        return false;
    close_all(links);
    return true;
}

void agent_detach_netfilter(struct agent_held_netns *netns)
{
    struct agent_netfilter_links *links = &netns->netfilter;

    if (links->deadline == 0)
        links->deadline = g_get_monotonic_time() + STAY_MS * 1000;
    if (try_to_close(links))
        links->tried = false;
}

static uint64_t waiting_in(const struct agent_netfilter_links *links)
{
    struct agent_queue_counts counts = agent_open_queue_counts(&links->queues);
    uint64_t waiting = agent_count_waiting(&counts);

    agent_close_queue_counts(&counts);
    return waiting;
}

bool agent_has_staying_netfilter(const struct agent_held_netns *netns)
{
    return netns->netfilter.count > 0 && netns->netfilter.deadline != 0;
}

void agent_report_staying_netfilter(struct agent_held_netns *netns)
{
    struct agent_message message = {.type = AGENT_NOTICE};
    uint64_t waiting;

    if (!agent_has_staying_netfilter(netns))
        return;
    waiting = waiting_in(&netns->netfilter);
    g_snprintf(message.text, sizeof(message.text),
               "The hooks of network namespace %s stay attached, without effect, until the "
               "%" G_GUINT64_FORMAT " %s in its NFQUEUE %s through, for at most %d s.",
               label(netns), waiting, PLURAL(waiting, "packet that waits", "packets that wait"),
               PLURAL(waiting, "is", "are"), STAY_MS / 1000);
    agent_send(&message);
}

static bool any_stay;

static void continue_staying(struct agent_held_netns *netns)
{
    if (!agent_has_staying_netfilter(netns))
        return;
    agent_detach_netfilter(netns);
    any_stay |= agent_has_staying_netfilter(netns);
}

int agent_continue_netfilter(void)
{
    any_stay = false;
    agent_for_each_held(continue_staying);
    return any_stay ? STAY_STEP_MS : -1;
}

void agent_forget_netfilter(struct agent_held_netns *netns)
{
    close_all(&netns->netfilter);
}

/* --- the end --- */

static void note_descriptors(GArray *kept, const struct agent_netfilter_links *links)
{
    g_array_append_vals(kept, links->descriptors, links->count);
    g_array_append_val(kept, links->queues.file);
}

static GArray *staying_descriptors;

static void note_staying(struct agent_held_netns *netns)
{
    if (!agent_has_staying_netfilter(netns))
        return;
    agent_keep_queues(&netns->netfilter.queues);
    note_descriptors(staying_descriptors, &netns->netfilter);
}

static gint compare_descriptors(gconstpointer one, gconstpointer other)
{
    return *(const int *)one - *(const int *)other;
}

/* Closes all other descriptors: the reader and the scanner must see that the agent has ended, and
 * the memory of the programs must be freed. */
static void close_others(void)
{
    unsigned int next = 0;

    staying_descriptors = g_array_new(FALSE, FALSE, sizeof(int));
    agent_for_each_held(note_staying);
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
    agent_drop_privilege();
    for (int ms = 0; ms >= 0; ms = agent_continue_netfilter())
        g_usleep(ms * 1000);
    _exit(EXIT_SUCCESS);
}

void agent_leave_netfilter(void)
{
    static bool left;

    if (left) /* exit() was called within this function */
        return;
    left = true;
    agent_for_each_held(agent_detach_netfilter);
    if (agent_continue_netfilter() >= 0 &&
        fork() <= 0) /* if fork() fails, the process itself stays */
        stay();
}
