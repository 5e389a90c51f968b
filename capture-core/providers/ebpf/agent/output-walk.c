/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searches repeatedly for the connections that carry the capture's output
 * (bpf/programs/own-output.h): the process that reads it may start later, or open its connection
 * later. */
#include "output-walk.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>

#include "programs.h"
#include "providers/ebpf/agent-protocol.h"
#include "providers/netdev/helper.h"
#include "reply.h"

/* Each pass of a walk advances by at least one process. */
#define MAX_PASSES 24

/* New sockets of known processes are noticed at once; walks find further processes. They run often
 * at first, and then take no more than one part in WALK_SHARE of the time. */
#define EARLY_US          (10 * G_USEC_PER_SEC)
#define EARLY_INTERVAL_US (G_USEC_PER_SEC / 4)
#define EARLY_SHARE       20
#define INTERVAL_US       G_USEC_PER_SEC
#define WALK_SHARE        500

/* By then, the reader of the output has started. */
#define PATIENCE_US (3 * G_USEC_PER_SEC)

static struct own_control control;
static int64_t began, next_walk; /* g_get_monotonic_time(); next_walk 0: no more walks */
static bool reported_unread, reported_crowd;

static void put(const char *map, const void *value)
{
    uint32_t zero = 0;

    bpf_map_update_elem(agent_find_map(map), &zero, value, BPF_ANY);
}

/* Runs one pass. Returns whether it found something new. */
static bool pass(struct own_found *found)
{
    uint32_t zero = 0;

    found->has_changed = 0;
    put("own_found", found);
    agent_follow_output();
    return bpf_map_lookup_elem(agent_find_map("own_found"), &zero, found) == 0 &&
           found->has_changed;
}

/* A process can choose any name. */
static void report_crowd(const struct own_found *found)
{
    char name[RECORD_COMM_SIZE] = "";

    for (size_t i = 0; i < sizeof(name) - 1 && found->comm[i]; i++)
        name[i] = g_ascii_isprint(found->comm[i]) ? found->comm[i] : '?';
    agent_report_missing(
        "which connection carries the capture's own output, because it goes through the process "
        "%s, which has %u connections: exclude it with a filter, such as \"not port 22\"",
        name, found->excess);
}

static void report_unknown(const struct own_found *found)
{
    if (found->excess && !reported_crowd) {
        reported_crowd = true;
        report_crowd(found);
    }
    if (found->outputs && !found->processes && !reported_unread &&
        g_get_monotonic_time() - began > PATIENCE_US) {
        reported_unread = true;
        agent_report_missing("who reads the capture's own output, because this host does not show "
                             "that process to pktmon-agent: if it goes through a connection that "
                             "is captured, exclude it with a filter, such as \"not port 22\"");
    }
}

static void walk(void)
{
    struct own_found found = {};
    int passes = 0;

    control.walk++;
    put("own_control", &control);
    while (pass(&found) && ++passes < MAX_PASSES)
        ;
    control.finished = control.walk;
    put("own_control", &control);
    report_unknown(&found);
}

static void walk_now(void)
{
    int64_t begin = g_get_monotonic_time(), end;
    bool early = begin - began < EARLY_US;

    walk();
    end = g_get_monotonic_time();
    next_walk = end + MAX(early ? EARLY_INTERVAL_US : INTERVAL_US,
                          (end - begin) * (early ? EARLY_SHARE : WALK_SHARE));
}

void agent_open_own_output(void)
{
    struct ucred peer = {};
    socklen_t length = sizeof(peer);

    if (getsockopt(HELPER_SOCKET, SOL_SOCKET, SO_PEERCRED, &peer, &length))
        agent_fail("The agent cannot find out who started it: %s.", g_strerror(errno));
    control.reader = peer.pid;
}

void agent_start_own_output(const struct agent_start *wanted)
{
    next_walk = 0;
    if (!wanted->leaves_out_own)
        return;
    control.outputs = MIN(wanted->outputs, RECORD_OUTPUTS);
    memcpy(control.output, wanted->output, sizeof(control.output));
    began = g_get_monotonic_time();
    walk_now();
}

void agent_stop_own_output(void)
{
    next_walk = 0;
}

int agent_own_output_wait_ms(void)
{
    int64_t left = next_walk - g_get_monotonic_time();

    return next_walk ? CLAMP(left / 1000 + 1, 0, INT_MAX) : -1;
}

void agent_follow_own_output(void)
{
    if (next_walk && g_get_monotonic_time() >= next_walk)
        walk_now();
}
