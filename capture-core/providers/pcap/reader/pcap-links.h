/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of this process's network namespace, by rtnetlink, which needs no privilege. */
#ifndef PKTMON_PCAP_READER_PCAP_LINKS_H
#define PKTMON_PCAP_READER_PCAP_LINKS_H

#include <glib.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>

struct pcap_links;

/* message: RTM_NEWLINK or RTM_DELLINK. */
typedef void pcap_links_visitor(void *context, const struct nlmsghdr *message);

struct pcap_links *pcap_links_new(GError **error);
void pcap_links_free(struct pcap_links *links);
/* Becomes readable when a device changes. */
int pcap_links_descriptor(const struct pcap_links *links);
/* Visits all devices. */
bool pcap_links_list(struct pcap_links *links, pcap_links_visitor *visitor, void *context,
                     GError **error);
/* Visits the devices that have changed. False: notifications were lost; list the devices. */
bool pcap_links_read(struct pcap_links *links, pcap_links_visitor *visitor, void *context);

#endif
