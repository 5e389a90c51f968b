/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing of rtnetlink's messages about devices. */
#ifndef PKTMON_NETDEV_LINK_MESSAGE_H
#define PKTMON_NETDEV_LINK_MESSAGE_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

#include "device.h"

/* The header of a message that a device exists (RTM_NEWLINK) or has gone (RTM_DELLINK); NULL: any
 * other message. Bridges also report their ports with such messages, for family AF_BRIDGE; those
 * are ignored. */
const struct ifinfomsg *netdev_link_header(const struct nlmsghdr *message);
/* Fills in all that an RTM_NEWLINK message holds; leaves net_cookie, driver and speed alone. False:
 * it is malformed. */
bool netdev_parse_link(const struct nlmsghdr *message, struct netdev_device *device);
/* Fills in the driver and the speed, by ethtool. data: a struct netdev_device of the namespace that
 * the caller is in. Returns 0, or -errno where the kernel could not be queried. */
int netdev_query_driver(void *data);

#endif
