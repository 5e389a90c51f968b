/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel types, with only the fields that the programs read. CO-RE relocates the offsets against
 * the BTF of the running kernel, so the build needs no kernel BTF. A type named TYPE___something is
 * another version of TYPE; the relocation ignores the suffix.
 */
#ifndef PKTMON_EBPF_BPF_LIB_KERNEL_TYPES_H
#define PKTMON_EBPF_BPF_LIB_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <stdbool.h>

#include "providers/ebpf/unwanted.h"

#define ETH_HLEN  14
#define VLAN_HLEN 4

#define ETH_P_ALL  0x0003
#define ETH_P_IP   0x0800
#define ETH_P_ARP  0x0806
#define ETH_P_IPV6 0x86DD

/* Devices whose frames begin with an Ethernet header (uapi linux/if_arp.h). */
#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772
#define ARPHRD_NONE     0xFFFE
/* Netlink and vsock monitors: they carry no network packets. */
#define ARPHRD_NETLINK  824
#define ARPHRD_VSOCKMON 826

#define PACKET_HOST      0
#define PACKET_OTHERHOST 3 /* uapi linux/if_packet.h */
#define PACKET_OUTGOING  4
#define PACKET_LOOPBACK  5 /* looped-back multicast */

#define AF_UNIX    1
#define AF_INET    2
#define AF_INET6   10
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

/* Indexed by enum nf_inet_hooks. The programs at hooks are loaded only if the kernel has all of
 * these (6.4). */
struct netns_nf {
    struct nf_hook_entries *hooks_ipv4[5];
    struct nf_hook_entries *hooks_ipv6[5];
};

struct linux_mib {
    unsigned long mibs[1]; /* the kernel's array is longer */
};

struct netns_mib {
    struct linux_mib *net_statistics; /* per CPU */
};

struct net {
    struct ns_common ns;
    struct netns_mib mib;
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

struct ipv6_devconf {
    __s32 drop_unsolicited_na;
};

struct inet6_dev {
    struct ipv6_devconf cnf;
};

struct net_device {
    char name[16];
    int ifindex;
    unsigned int mtu;
    unsigned short type;
    unsigned long priv_flags;
    unsigned char addr_len;
    const unsigned char *dev_addr;
    possible_net_t nd_net;
    const struct rtnl_link_ops *rtnl_link_ops;
    struct inet6_dev *ip6_ptr;
};

enum netdev_priv_flags {
    IFF_BRIDGE_PORT = 1 << 9,
};

struct in6_addr {
    __u8 in6_u[16];
};

struct sock_common {
    __be32 skc_daddr;
    struct in6_addr skc_v6_daddr;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    possible_net_t skc_net;
};

struct sock {
    struct sock_common __sk_common;
    __u16 sk_type;
    __u16 sk_protocol;
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

struct dst_entry {
    struct net_device *dev;
};

struct sk_buff {
    unsigned long _skb_refdst;
    struct sk_buff *next;
    struct sk_buff *prev;
    struct net_device *dev;
    struct sock *sk;
    unsigned int len;
    unsigned int data_len;
    __u16 queue_mapping;
    __u8 cloned : 1;
    __u8 pkt_type : 3;
    __u8 tc_skip_classify : 1; /* returned by an ifb device to the ingress that redirected it */
    __u8 encapsulation : 1;    /* the inner headers are valid: segmentation copies them into each
                                  segment */
    __u8 active_extensions;    /* bitmask, by enum skb_ext_id */
    struct skb_ext *extensions;
    int skb_iif;
    __u32 hash;
    union {
        __u32 vlan_all; /* since 6.3; not 0 if there is a tag. Before, see vlan_present */
        struct {
            __u16 vlan_proto;
            __u16 vlan_tci;
        };
    };
    __u16 protocol;
    __u16 transport_header;
    __u16 inner_transport_header;
    __u16 network_header;
    __u16 mac_header;
    unsigned int tail;
    unsigned int end;
    unsigned char *head;
    unsigned char *data;
};

/* Optional skb extensions, each at its offset in units of 8 bytes. */
struct skb_ext {
    __u8 offset[2];
};

enum skb_ext_id {
    SKB_EXT_SEC_PATH = 1, /* relocated to the value of the running kernel */
};

struct sec_path {
    int len; /* number of decapsulations */
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
    unsigned int gso_type;
    atomic_t dataref;
};

/* One of our per-CPU arrays, as the kernel sees it. */
struct bpf_array {
    void *pptrs[1];
};

#define GSO_BY_FRAGS 0xFFFF /* instead of a gso_size: the segments have different lengths */

/* Bits of gso_type (include/linux/skbuff.h). */
#define GSO_TCPV4         (1 << 0)
#define GSO_TCPV6         (1 << 4)
#define GSO_UDP_FRAGMENTS (1 << 16) /* IP fragments; only the first has the UDP header */

#define DROP_REASON(name) SKB_DROP_REASON_##name,

enum skb_drop_reason {
    SKB_NOT_DROPPED_YET = 0,
    SKB_CONSUMED = 1, /* since 6.3 */
    SKB_DROP_REASON_NOT_SPECIFIED = 2,
    SKB_DROP_REASON_NETFILTER_DROP = 3,
    SKB_DROP_REASON_XDP = 4,
    SKB_DROP_REASON_TCP_LISTEN_OVERFLOW = 5,  /* since 6.14 */
    SKB_DROP_REASON_PACKET_SOCK_ERROR = 6,    /* since 6.15 */
    SKB_DROP_REASON_TCP_OLD_SEQUENCE = 7,     /* since 6.6 */
    SKB_DROP_REASON_TCP_INVALID_SEQUENCE = 8, /* since 5.18 */
    SKB_DROP_REASON_IPV6_NDISC_BAD_CODE = 9,  /* since 6.3 */
    UNWANTED_REASONS(DROP_REASON)
};

#undef DROP_REASON

#pragma clang attribute pop

#endif
