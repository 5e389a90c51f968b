/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner: finds network namespaces and the devices in them.
 *
 * It must not keep a namespace alive: neither a descriptor of one nor a socket inside one stays
 * open, and what happens to devices elsewhere is heard of through namespace ids.
 *
 * A file uses those that are declared before it; what these find they report to whoever observes
 * them. Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef PKTMON_AGENT_SCANNER_H
#define PKTMON_AGENT_SCANNER_H

#include <glib.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "../agent.h"

/* --- mounts.c: what is mounted where --- */

/* place is where it is mounted, root what of the file system; false: enough. */
typedef bool (*mount_visitor)(const char *place, const char *root, void *data);

/* All mounts of the type whose root begins so. */
void mounts_visit(const char *type, const char *root, mount_visitor visitor, void *data);
/* The first place where exactly this root is mounted; the caller's to free. */
bool mounts_find(const char *type, const char *root, char **place);
/* A descriptor that polls as POLLPRI once for each change of mounts, or -1. */
int mounts_watch(void);

/* --- cgroups.c --- */

/* A descriptor of the root of the control groups (version 2), or -errno. */
int cgroups_open_root(void);

/* --- nsid.c: requests to the kernel, and ids of namespaces --- */

/* As rtnetlink_ask(), in the own namespace. */
int scanner_ask(struct nlmsghdr *request, mnl_cb_t handle, void *data);
/* The id in a message about ids, or -1. */
int32_t nsid_in(const struct nlmsghdr *message);
/* The namespace's id in the own one, made where there is none yet; -1: the kernel refused. */
int32_t nsid_of(int file);

/* --- namespaces.c: network namespaces --- */

struct netns {
    uint64_t cookie; /* 0 = not known, because it could not be entered */
    uint32_t inode;
    int32_t nsid; /* its id in this process's namespace; own namespace and failure: -1 */
    bool own;
    char name[AGENT_NAME_SIZE];
    char *path;          /* where its nsfs file was found */
    GPtrArray *aliases;  /* of char *: what else it is called */
    GHashTable *devices; /* ifindex -> struct agent_device, as it was reported last (links.c) */
    bool found;          /* in the scan under way */
    bool overfull;       /* it has more devices than are reported */
    bool selected;       /* the reader said that it is wanted */
    bool handed;         /* to the holder, whose links may keep it alive */
    bool incomplete;     /* its path led nowhere when it or a device was to be handed over: once
                            more, where it is found next */
};

struct netns_observer {
    void (*added)(struct netns *netns);
    void (*named)(struct netns *netns);
    void (*aliased)(struct netns *netns, const char *alias);
    void (*found)(struct netns *netns);  /* each time; also after added */
    void (*unused)(struct netns *netns); /* by anybody else */
    void (*gone)(struct netns *netns);   /* it is forgotten afterwards */
};

/* Opens the own one, where functions run in others come back to. */
void namespaces_open(const struct netns_observer *observer);
/* All that are known (of struct netns). */
GPtrArray *namespaces(void);
/* There may be one at this path. NULL: there is none. */
struct netns *netns_found(const char *path, const char *name);
/* It is called this, too. */
void netns_take_alias(struct netns *netns, const char *alias);
/* Nobody but the holder has it. */
void netns_unused(struct netns *netns);
/* Whether its path still leads to it. */
bool netns_path_leads(const struct netns *netns);
/* The kernel has ended it. */
void netns_forget(struct netns *netns);
struct netns *netns_by_nsid(int32_t nsid); /* -1: the own one; NULL: not known */
struct netns *netns_by_inode(uint32_t inode);
struct netns *netns_by_cookie(uint64_t cookie);
/* Its name, or where it was found. */
const char *netns_label(const struct netns *netns);
/* Whether all are wanted, or those that were selected. */
void namespaces_want_all(bool all);
bool netns_is_wanted(const struct netns *netns);
/* A descriptor of it, or -errno. */
int netns_open(const struct netns *netns);
/* Runs function inside the namespace; -errno where it cannot be entered. */
int netns_run(const struct netns *netns, int (*function)(void *data), void *data);

/* --- links.c: devices --- */

struct link_observer {
    void (*changed)(struct netns *netns, const struct agent_device *device); /* or is new */
    void (*gone)(struct netns *netns, uint32_t ifindex);
};

void links_open(const struct link_observer *observer);
/* Becomes readable when links change. */
int links_descriptor(void);
/* Whether links of other namespaces are heard of; if not, scan again now and then. */
bool links_hear_all(void);
/* Asks for all links of the namespace and reports those that are new or changed. */
void links_list(struct netns *netns);
/* The same of all known namespaces. */
void links_list_all(void);
/* Reports all devices of the namespace as gone. */
void links_forget(struct netns *netns);
/* Reads what the kernel tells of links that changed. */
void links_read(void);
/* Whether it told more than could be heard since they were all listed. */
bool links_were_missed(void);
/* Whether, since the last call, the kernel told of a namespace that is not known. */
bool links_met_stranger(void);

/* --- scan.c: looks for namespaces --- */

/* Finds namespaces that are new since the last call, and lets go of those that nobody has. */
void namespaces_scan(void);
/* The same without a look at all processes, so that it lets go of none. */
void namespaces_scan_mounts(void);
/* Whether one that the holder may keep alive is not where it was found any more. */
bool namespaces_have_gone(void);
/* A descriptor that becomes readable when the named namespaces change, or -1. */
int namespaces_watch(void);
void namespaces_watch_clear(void);

/* --- xdp.c: what XDP programs dropped --- */

/* Says it of all devices that have such a program; the first time, of all whose driver counts. */
void xdp_say_drops(void);

/* --- report.c: what was found goes to the reader and the holder --- */

void report_open(int holder);
/* Hands over all that is known and wanted, and from now on what is found. all: all is wanted;
 * otherwise what was selected. */
void report_hand_over(bool all);
/* Whether the namespace is wanted where not all are. */
void report_select(uint64_t cookie, bool wanted);
void report_rest(void);
bool report_is_handing_over(void);

/* --- scanner.c --- */

/* Does what the holder asks for. Never returns. */
void scanner_run(int holder) G_GNUC_NORETURN;

#endif
