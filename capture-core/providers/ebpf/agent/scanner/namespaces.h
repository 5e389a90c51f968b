/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The known network namespaces. An observer learns what is found, so that this file needs to know
 * nobody else.
 */
#ifndef PKTMON_EBPF_SCANNER_NAMESPACES_H
#define PKTMON_EBPF_SCANNER_NAMESPACES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "providers/netdev/device.h"

struct scanner_netns {
    uint64_t cookie; /* 0 = not known, because it could not be entered */
    uint32_t inode;
    int32_t nsid; /* its id in this process's namespace; own namespace and failure: -1 */
    bool own;
    char name[NETDEV_NETNS_NAME_SIZE];
    char *path;          /* of its nsfs file */
    GPtrArray *aliases;  /* of char *: its other names */
    GHashTable *devices; /* ifindex -> struct netdev_device, as reported last (links.c) */
    bool found;          /* in the scan under way */
    bool overfull;       /* it has more devices than are reported */
    bool selected;       /* the reader wants it */
    bool handed;         /* to the holder, whose links may keep it alive */
    bool incomplete;     /* its path led nowhere when it or a device was to be handed over: retried
                            where it is found next */
};

struct scanner_netns_observer {
    void (*added)(struct scanner_netns *netns);
    void (*named)(struct scanner_netns *netns);
    void (*aliased)(struct scanner_netns *netns, const char *alias);
    void (*found)(struct scanner_netns *netns);  /* each time; also after added */
    void (*unused)(struct scanner_netns *netns); /* by anybody else */
    void (*gone)(struct scanner_netns *netns);   /* it is freed afterwards */
};

/* Opens the own namespace, to which scanner_run_in_netns() returns. The observer is borrowed. */
void scanner_open_namespaces(const struct scanner_netns_observer *observer);
/* All known namespaces (of struct scanner_netns). */
GPtrArray *scanner_all_namespaces(void);
/* Adds the namespace at this path, or updates it. NULL: there is none. */
struct scanner_netns *scanner_add_netns(const char *path, const char *name);
void scanner_add_alias(struct scanner_netns *netns, const char *alias);
/* Only the holder has the namespace. */
void scanner_report_unused_netns(struct scanner_netns *netns);
/* Whether its path still leads to it. */
bool scanner_is_at_path(const struct scanner_netns *netns);
/* The kernel has destroyed the namespace. */
void scanner_forget_netns(struct scanner_netns *netns);
struct scanner_netns *scanner_netns_by_nsid(int32_t nsid); /* -1: the own one; NULL: unknown */
struct scanner_netns *scanner_netns_by_inode(uint32_t inode);
struct scanner_netns *scanner_netns_by_cookie(uint64_t cookie);
/* Its name, or where it was found. */
const char *scanner_netns_label(const struct scanner_netns *netns);
/* Whether all namespaces are wanted, or only the selected ones. */
void scanner_want_all_namespaces(bool all);
bool scanner_is_wanted(const struct scanner_netns *netns);
/* A descriptor of the namespace, or -errno. */
int scanner_open_netns(const struct scanner_netns *netns);
/* Runs function inside the namespace; -errno where it cannot be entered. */
int scanner_run_in_netns(const struct scanner_netns *netns, int (*function)(void *data),
                         void *data);

#endif
