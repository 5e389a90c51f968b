/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of the components of Linux that are not kinds of devices (device-kind-table.h), and names
 * of their properties: the values of pktmon.component.type and pktmon.property.name. */
#ifndef PKTMON_MODEL_COMPONENT_TYPES_H
#define PKTMON_MODEL_COMPONENT_TYPES_H

/* A device of any kind. */
#define COMPONENT_TYPE_BRIDGE_PORT "bridge port"
#define COMPONENT_TYPE_LOOPBACK    "loopback"

/* Of a network namespace. */
#define COMPONENT_TYPE_NETFILTER     "netfilter"
#define COMPONENT_TYPE_ARP           "arp"
#define COMPONENT_TYPE_IPV4          "ipv4"
#define COMPONENT_TYPE_IPV6          "ipv6"
#define COMPONENT_TYPE_SOCKETS       "sockets"
#define COMPONENT_TYPE_OTHER_DEVICES "other devices"

/* Places elsewhere in the kernel. */
#define COMPONENT_TYPE_KERNEL "kernel"

/* Only devices have it. */
#define COMPONENT_PROPERTY_IFINDEX "ifindex"
/* rtnl_link_ops.kind; hardware has none. */
#define COMPONENT_PROPERTY_KIND "kind"

#endif
