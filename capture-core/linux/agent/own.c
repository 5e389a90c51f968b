/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the kernel find out, again and again, which connections the capture's output goes through
 * (bpf/own_chain.h): who reads it may come later, or open its connection later.
 */
#include "holder.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Each pass of a walk comes at least one process further. */
#define MAX_PASSES 24

/* Sockets of processes that are known are known at once: walks look for other processes. At first
 * often; then so that they take no more than one part in WALK_SHARE of the time. */
#define EARLY_US          (10 * G_USEC_PER_SEC)
#define EARLY_INTERVAL_US (G_USEC_PER_SEC / 4)
#define EARLY_SHARE       20
#define INTERVAL_US       G_USEC_PER_SEC
#define WALK_SHARE        500

/* Whoever is to read the output has begun to by then. */
#define PATIENCE_US (3 * G_USEC_PER_SEC)

static struct own_control control;
static int64_t began, next_walk; /* by g_get_monotonic_time(); next_walk 0: none more */
static bool said_unread, said_crowd;

static void put(const char *map, const void *value)
{
    uint32_t zero = 0;

    bpf_map_update_elem(programs_map_named(map), &zero, value, BPF_ANY);
}

/* Returns whether this pass has found something. */
static bool pass(struct own_found *found)
{
    uint32_t zero = 0;

    found->news = 0;
    put("own_found", found);
    programs_follow_output();
    return bpf_map_lookup_elem(programs_map_named("own_found"), &zero, found) == 0 && found->news;
}

/* Processes have any name they like. */
static void say_crowd(const struct own_found *found)
{
    char name[RECORD_COMM_SIZE] = "";

    for (size_t i = 0; i < sizeof(name) - 1 && found->comm[i]; i++)
        name[i] = g_ascii_isprint(found->comm[i]) ? found->comm[i] : '?';
    agent_say_missing("which connection carries the capture's own output, as it goes through the "
                      "process %s, which has %u: exclude it with a filter, such as \"not port 22\"",
                      name, found->crowd);
}

static void say_what_is_unknown(const struct own_found *found)
{
    if (found->crowd && !said_crowd) {
        said_crowd = true;
        say_crowd(found);
    }
    if (found->outputs && !found->processes && !said_unread &&
        g_get_monotonic_time() - began > PATIENCE_US) {
        said_unread = true;
        agent_say_missing(
            "who reads the capture's own output, as this host does not show that process "
            "to pktmon-agent: if it goes through a connection that is captured, "
            "exclude that with a filter, such as \"not port 22\"");
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
    say_what_is_unknown(&found);
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

void own_open(void)
{
    struct ucred peer = {};
    socklen_t length = sizeof(peer);

    if (getsockopt(AGENT_SOCKET, SOL_SOCKET, SO_PEERCRED, &peer, &length))
        agent_fail("The agent cannot find out who started it: %s.", g_strerror(errno));
    control.reader = peer.pid;
}

void own_start(const struct agent_start *wanted)
{
    next_walk = 0;
    if (!wanted->leaves_out_own)
        return;
    control.outputs = MIN(wanted->outputs, RECORD_OUTPUTS);
    memcpy(control.output, wanted->output, sizeof(control.output));
    began = g_get_monotonic_time();
    walk_now();
}

void own_stop(void)
{
    next_walk = 0;
}

int own_wait_ms(void)
{
    int64_t left = next_walk - g_get_monotonic_time();

    return next_walk ? CLAMP(left / 1000 + 1, 0, INT_MAX) : -1;
}

void own_look(void)
{
    if (next_walk && g_get_monotonic_time() >= next_walk)
        walk_now();
}
