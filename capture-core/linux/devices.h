/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of a device, in the words of agent_protocol.h: for whoever lists devices. */
#ifndef PKTMON_DEVICES_H
#define PKTMON_DEVICES_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

#include "agent_protocol.h"

/* The header of a message that a device is there (RTM_NEWLINK) or has gone (RTM_DELLINK); NULL: it
 * is another one. Bridges tell of their ports with such messages, too, for family AF_BRIDGE. */
const struct ifinfomsg *device_link(const struct nlmsghdr *message);
/* Fills all that an RTM_NEWLINK message holds; net_cookie, driver and speed are left alone. False:
 * it is malformed. */
bool device_of_link(const struct nlmsghdr *message, struct agent_device *device);
/* Adds the driver and the speed, by ethtool. data is a struct agent_device of the namespace that
 * the caller is in. 0, or -errno: the kernel could not be asked. */
int device_ask_driver(void *data);

#endif
