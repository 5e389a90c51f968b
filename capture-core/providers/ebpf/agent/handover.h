/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol between the holder, which requests, and the scanner, which hands over. One message
 * is one datagram of exactly the structure's size, with at most one descriptor.
 *
 * Neither process keeps a namespace alive: a descriptor of one is closed as soon as it was used.
 * Only links at netfilter hooks hold their namespace, so the scanner reports
 * AGENT_HANDOVER_NETNS_UNUSED as soon as nobody else does.
 */
#ifndef PKTMON_EBPF_AGENT_HANDOVER_H
#define PKTMON_EBPF_AGENT_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "providers/netdev/device.h"

/* Each is answered with AGENT_HANDOVER_DONE, after all reports that it caused. */
enum agent_scan_type {
    AGENT_SCAN_LIST = 1,  /* search for namespaces; report them and their devices to the reader */
    AGENT_SCAN_HAND_OVER, /* hand over everything known and wanted, and whatever is found from now
                             on. wanted: all namespaces are, whatever AGENT_SCAN_SELECT says */
    AGENT_SCAN_SELECT,    /* cookie, wanted: of one namespace */
    AGENT_SCAN_REST,      /* hand over nothing more */
    AGENT_SCAN_XDP,       /* report to the reader what XDP programs dropped */
};

struct agent_scan_request {
    uint32_t type; /* enum agent_scan_type */
    uint32_t wanted;
    uint64_t cookie;
};

/* The scanner may report the same more than once. */
enum agent_handover_type {
    AGENT_HANDOVER_DONE = 1,     /* request */
    AGENT_HANDOVER_CGROUP,       /* the root control group; with its descriptor */
    AGENT_HANDOVER_NETNS,        /* cookie, own, name; with its descriptor */
    AGENT_HANDOVER_NETNS_UNUSED, /* cookie: only the holder has it, or it is no longer wanted */
    AGENT_HANDOVER_NETNS_GONE,   /* cookie: the kernel has destroyed it, or soon will */
    AGENT_HANDOVER_DEVICE,       /* in a namespace that was handed over, a device that receives
                                    without a tracepoint: cookie, own, ifindex, name; with the
                                    descriptor of the namespace */
    AGENT_HANDOVER_DEVICE_GONE,  /* cookie, ifindex */
};

struct agent_handover {
    uint32_t type;    /* enum agent_handover_type */
    uint32_t request; /* enum agent_scan_type */
    uint64_t cookie;  /* of the namespace; the kernel never reuses one, and never gives 0 */
    uint32_t ifindex;
    uint32_t own; /* the agent's own namespace: needs no descriptor */
    char name[NETDEV_NETNS_NAME_SIZE + NETDEV_NAME_SIZE]; /* for messages to people */
};

#define AGENT_NO_FILE (-1)

/* Makes both ends of the socket between the two processes. */
bool agent_open_handover(int sockets[2]);
/* Sends the message, with a descriptor unless that is AGENT_NO_FILE. Ends the process where the
 * other end has gone. */
void agent_send_handover(int socket, const void *message, size_t size, int file);
/* Waits for a message. *file belongs to the caller, and is AGENT_NO_FILE where none came. Ends the
 * process where the other end has gone, or sent a message of another size. */
void agent_receive_handover(int socket, void *message, size_t size, int *file);

#endif
