/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of all known namespaces, by rtnetlink. */
#ifndef PKTMON_EBPF_SCANNER_LINKS_H
#define PKTMON_EBPF_SCANNER_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "namespaces.h"

struct scanner_link_observer {
    void (*changed)(struct scanner_netns *netns,
                    const struct netdev_device *device); /* or is new */
    void (*gone)(struct scanner_netns *netns, uint32_t ifindex);
};

/* The observer is borrowed. */
void scanner_open_links(const struct scanner_link_observer *observer);
/* Becomes readable when links change. */
int scanner_links_descriptor(void);
/* Whether changes in other namespaces arrive too; if not, list again now and then. */
bool scanner_has_remote_links(void);
/* Lists all links of the namespace and reports those that are new or changed. */
void scanner_list_links(struct scanner_netns *netns);
/* The same for all known namespaces. */
void scanner_list_all_links(void);
/* Reports all devices of the namespace as gone. */
void scanner_forget_links(struct scanner_netns *netns);
/* Reads notifications of links that changed. */
void scanner_read_links(void);
/* Whether notifications were lost since the last list of all links. */
bool scanner_has_lost_links(void);
/* Whether a notification since the last call was about an unknown namespace. */
bool scanner_take_unknown_netns(void);

#endif
