/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces and devices, as the kernel describes them. The structures have a fixed size
 * and no pointers: pktmon-agent also sends them to the reader (ebpf/agent-protocol.h).
 */
#ifndef PKTMON_NETDEV_DEVICE_H
#define PKTMON_NETDEV_DEVICE_H

#include <stdint.h>

#define NETDEV_NAME_SIZE       16 /* IFNAMSIZ */
#define NETDEV_KIND_SIZE       16
#define NETDEV_MAC_SIZE        6
#define NETDEV_DRIVER_SIZE     32
#define NETDEV_NETNS_NAME_SIZE 80
#define NETDEV_ALIAS_SIZE      256

struct netdev_netns {
    uint64_t cookie;
    uint32_t inode;
    char name[NETDEV_NETNS_NAME_SIZE]; /* as `ip netns`, else a container's short id, else empty */
};

/* Another name of a namespace: a second `ip netns` name, a path of its nsfs file, or a container's
 * full id. */
struct netdev_netns_alias {
    uint64_t cookie;
    char name[NETDEV_ALIAS_SIZE];
};

struct netdev_device {
    uint64_t net_cookie;
    uint32_t ifindex;
    uint32_t master; /* ifindex of the bridge, bond ...; 0 = none */
    uint32_t link;   /* ifindex of the device below, or of the peer; 0 = none */
    uint32_t mtu;
    uint32_t speed;         /* Mbit/s; 0 = not known */
    uint16_t type;          /* ARPHRD_ */
    uint8_t link_elsewhere; /* link is in another namespace */
    uint8_t mac_length;
    uint8_t mac[NETDEV_MAC_SIZE];
    char name[NETDEV_NAME_SIZE];
    char kind[NETDEV_KIND_SIZE];        /* rtnetlink's IFLA_INFO_KIND; empty for hardware */
    char master_kind[NETDEV_KIND_SIZE]; /* IFLA_INFO_SLAVE_KIND */
    char driver[NETDEV_DRIVER_SIZE];    /* as ethtool -i */
};

#endif
