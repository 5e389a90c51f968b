/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the holder asks the scanner, and what the scanner hands over: one message is one datagram of
 * exactly the structure's size, with at most one descriptor.
 *
 * Neither keeps a namespace alive: a descriptor of one is closed as soon as it was used. The links
 * at netfilter's hooks do hold theirs: the scanner reports HANDOVER_NETNS_UNUSED as soon as nobody
 * else has it.
 */
#ifndef PKTMON_AGENT_HANDOVER_H
#define PKTMON_AGENT_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../agent_protocol.h"

/* Each is answered with HANDOVER_DONE, after all that it made the scanner report. */
enum scan_request_type {
    SCAN_LIST = 1,  /* look for namespaces, and report them and their devices to the reader */
    SCAN_HAND_OVER, /* hand over all that is known and wanted, and from now on what is found;
                       wanted: all namespaces are, whatever SCAN_SELECT said and will say */
    SCAN_SELECT,    /* cookie, wanted: of one namespace */
    SCAN_REST,      /* no longer */
    SCAN_XDP,       /* report to the reader what XDP programs dropped */
};

struct scan_request {
    uint32_t type;
    uint32_t wanted;
    uint64_t cookie;
};

/* The scanner may report the same more than once. */
enum handover_type {
    HANDOVER_DONE = 1,     /* request */
    HANDOVER_CGROUP,       /* the root of the control groups; with its descriptor */
    HANDOVER_NETNS,        /* cookie, own, name; with its descriptor */
    HANDOVER_NETNS_UNUSED, /* cookie: nobody but the holder has it, or it is not wanted any more */
    HANDOVER_NETNS_GONE,   /* cookie: the kernel has ended it, or soon will */
    HANDOVER_DEVICE,       /* of a namespace that was handed over, which receives without a
                              tracepoint: cookie, own, ifindex, name; with the namespace's descriptor */
    HANDOVER_DEVICE_GONE,  /* cookie, ifindex */
};

struct handover {
    uint32_t type;
    uint32_t request; /* enum scan_request_type */
    uint64_t cookie;  /* of the namespace: the kernel never gives one twice, and never 0 */
    uint32_t ifindex;
    uint32_t own; /* the agent's own namespace: needs no descriptor */
    char name[AGENT_NAME_SIZE + RECORD_DEVICE_NAME_SIZE]; /* for messages to people */
};

/* --- handover.c --- */

#define HANDOVER_NO_FILE (-1)

/* Both ends of the socket between the two processes. */
bool handover_open(int sockets[2]);
/* Sends the message, and a descriptor with it unless it is HANDOVER_NO_FILE. Where the other end
 * has gone the process ends. */
void handover_send(int socket, const void *message, size_t size, int file);
/* Waits for a message. *file belongs to the caller, and is HANDOVER_NO_FILE where none came. Where
 * the other end has gone, or sent anything else, the process ends. */
void handover_receive(int socket, void *message, size_t size, int *file);

#endif
