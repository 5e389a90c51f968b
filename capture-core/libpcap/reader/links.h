/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of this process's network namespace, as rtnetlink tells everybody. */
#ifndef PKTMON_PCAP_LINKS_H
#define PKTMON_PCAP_LINKS_H

#include <glib.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>

struct links;

/* message: RTM_NEWLINK or RTM_DELLINK. */
typedef void links_visitor(void *context, const struct nlmsghdr *message);

struct links *links_new(GError **error);
void links_free(struct links *links);
/* Becomes readable when a device changes. */
int links_descriptor(const struct links *links);
/* All devices. */
bool links_list(struct links *links, links_visitor *visitor, void *context, GError **error);
/* What has changed. False: more than could be told; list them. */
bool links_read(struct links *links, links_visitor *visitor, void *context);

#endif
