/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel types that the programs read, with only the fields they read. Offsets are relocated
 * against the running kernel's BTF (CO-RE), so building needs no kernel's BTF. Names ending in
 * ___something are other versions of a type; the suffix is ignored in the relocation.
 */
#ifndef PKTMON_KERNEL_TYPES_H
#define PKTMON_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <stdbool.h>

#define ETH_HLEN  14
#define VLAN_HLEN 4

#define ETH_P_IP   0x0800
#define ETH_P_ARP  0x0806
#define ETH_P_IPV6 0x86DD

/* Types of devices whose frames begin with an Ethernet header (uapi linux/if_arp.h). */
#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772
/* Taps of netlink and vsock: what they carry is no packet of the network. */
#define ARPHRD_NETLINK  824
#define ARPHRD_VSOCKMON 826

#define PACKET_LOOPBACK 5 /* uapi linux/if_packet.h: multicast that was looped back */

#define AF_UNIX    1
#define AF_NETLINK 16
#define AF_PACKET  17
#define AF_VSOCK   40
#define SOCK_RAW   3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
    unsigned int inum;
};

#define NFPROTO_IPV4 2 /* uapi linux/netfilter.h */

struct nf_hook_entries {
    __u16 num_hook_entries;
};

/* By enum nf_inet_hooks; the programs at hooks are loaded where all of this is (6.4). */
struct netns_nf {
    struct nf_hook_entries *hooks_ipv4[5];
    struct nf_hook_entries *hooks_ipv6[5];
};

struct net {
    struct ns_common ns;
    __u64 net_cookie;
    struct net_device *loopback_dev;
    struct netns_nf nf;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct rtnl_link_ops {
    const char *kind;
};

struct net_device {
    char name[16];
    int ifindex;
    unsigned int mtu;
    unsigned short type;
    unsigned char addr_len;
    const unsigned char *dev_addr;
    possible_net_t nd_net;
    const struct rtnl_link_ops *rtnl_link_ops;
};

struct sock_common {
    unsigned short skc_family;
    possible_net_t skc_net;
};

struct sock {
    struct sock_common __sk_common;
    __u16 sk_type;
};

struct netdev_queue {
    struct net_device *dev;
};

struct nf_hook_state {
    __u8 hook; /* enum nf_inet_hooks */
    __u8 pf;   /* NFPROTO_ */
    struct net *net;
};

struct bpf_nf_ctx {
    const struct nf_hook_state *state;
    struct sk_buff *skb;
};

struct sk_buff {
    struct sk_buff *next;
    struct net_device *dev;
    struct sock *sk;
    unsigned int len;
    unsigned int data_len;
    __u16 queue_mapping;
    __u8 cloned : 1;
    __u8 pkt_type : 3;
    int skb_iif;
    union {
        __u32 vlan_all; /* 6.3; not 0 where there is a tag. Before, vlan_present says so */
        struct {
            __u16 vlan_proto;
            __u16 vlan_tci;
        };
    };
    __u16 protocol;
    __u16 network_header;
    __u16 mac_header;
    unsigned int tail;
    unsigned int end;
    unsigned char *head;
    unsigned char *data;
};

struct sk_buff___vlan_present {
    __u8 vlan_present : 1;
};

typedef struct {
    int counter;
} atomic_t;

struct skb_shared_info {
    unsigned short gso_size;
    unsigned short gso_segs;
    atomic_t dataref;
};

enum skb_drop_reason {
    SKB_NOT_DROPPED_YET = 0,
    SKB_CONSUMED = 1, /* 6.3 */
};

#pragma clang attribute pop

#endif
