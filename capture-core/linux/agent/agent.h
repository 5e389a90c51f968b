/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon-agent, the only privileged part: it lists namespaces and devices, loads and attaches the
 * kernel programs, hands the maps' descriptors over, and never reads a packet.
 *
 * It must not keep a namespace alive: neither a descriptor of one nor a socket inside one stays
 * open, and what happens to links elsewhere is heard of through namespace ids.
 *
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef PKTMON_AGENT_H
#define PKTMON_AGENT_H

#include <glib.h>
#include <stdbool.h>

#include "../agent_protocol.h"

/* --- say.c: what goes to the reader --- */

void agent_say(const struct agent_message *message);
/* AGENT_MISSING, or AGENT_ERROR and the end of the process. */
void agent_say_missing(const char *format, ...) G_GNUC_PRINTF(1, 2);
void agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* --- programs.c: the kernel programs --- */

/* Loads and attaches; on failure ends with agent_fail(). */
void programs_start(const struct agent_request *request);
void programs_stop(void);
/* The descriptors that go with AGENT_STARTED, AGENT_MAPS + rings of them. */
int programs_descriptors(int *descriptors, uint32_t *rings, uint32_t *ring_size);
/* Runs that would have recorded something, left out by the kernel because the program was already
 * running on that CPU. */
uint64_t programs_misses(void);
/* The descriptor of a program that the agent attaches itself, or -1 where it is not loaded. */
int programs_place(const char *name);

/* --- namespaces.c: network namespaces --- */

struct netns {
    uint64_t cookie; /* 0 = not known, because it could not be entered */
    uint32_t inode;
    int32_t nsid; /* its id in this process's namespace; own namespace and failure: -1 */
    bool own;
    char name[AGENT_NAME_SIZE];
    char *path;          /* where its nsfs file was found */
    GHashTable *devices; /* ifindex -> struct device (links.c) */
    bool found;          /* in the scan under way */
};

/* Finds namespaces that are new since the last call, says them and their devices. */
void namespaces_scan(void);
/* The kernel has ended it. */
void netns_forget(struct netns *netns);
struct netns *netns_by_nsid(int32_t nsid); /* -1: the own one; NULL: not known */
/* All that are known (of struct netns). */
GPtrArray *namespaces(void);
/* A descriptor that becomes readable when the named namespaces change, or -1. */
int namespaces_watch(void);
void namespaces_watch_clear(void);

/* Runs function inside the namespace; -errno where it cannot be entered. */
int netns_run(const struct netns *netns, int (*function)(void *data), void *data);

/* --- links.c: devices --- */

/* A descriptor that becomes readable when links change. */
int links_open(void);
/* Whether links of other namespaces are heard of; if not, scan again now and then. */
bool links_hear_all(void);
/* The namespace's id in the own one, made where there is none yet; -1: the kernel refused. */
int32_t links_nsid(int file);
/* Asks for all links of the namespace and says those that are new or changed. */
void links_list(struct netns *netns);
/* The same of all known namespaces. */
void links_list_all(void);
/* Reads what the kernel tells of links that changed. */
void links_read(void);

/* --- ingress.c: devices whose receive passes no tracepoint --- */

struct device {
    struct agent_device said; /* as it was said last */
    int ingress_link;         /* of the program at tc ingress, or -1 */
};

/* Attaches where needed, once the programs are loaded. */
void ingress_attach(struct netns *netns, struct device *device);
void ingress_attach_all(void);
void ingress_detach_all(void);

#endif
