/* SPDX-License-Identifier: GPL-2.0-or-later */
/* device_*: what a network device says of itself, and its description for the reader. */
#ifndef PKTMON_EBPF_BPF_LIB_NET_DEVICE_H
#define PKTMON_EBPF_BPF_LIB_NET_DEVICE_H

#include "kernel-memory.h"
#include "model/device-kind-table.h"
#include "shares.h"

/* Netlink and vsock devices carry only copies for monitors, no network packets. */
static __always_inline bool device_carries_packets(__u16 device_type)
{
    return device_type != ARPHRD_NETLINK && device_type != ARPHRD_VSOCKMON;
}

static __always_inline bool device_has_ethernet_header(__u16 device_type)
{
    return device_type == ARPHRD_ETHER || device_type == ARPHRD_LOOPBACK;
}

#define KIND_SIZE 16

/* By rtnl_link_ops.kind. size: of kind, with its terminating null byte. */
static __always_inline bool device_is_of_kind(const struct net_device *dev, const char *kind,
                                              __u32 size)
{
    const char *of_device = BPF_CORE_READ(dev, rtnl_link_ops, kind);
    char name[KIND_SIZE] = {};

    return of_device && bpf_probe_read_kernel(name, size, of_device) == 0 &&
           bpf_strncmp(name, size, kind) == 0;
}

/* Names of the kinds: kind_VETH. */
#define X(NAME, name, traits, taken_off, fallback)                                                 \
    static const char kind_##NAME[] __attribute__((unused)) = name;
DEVICE_KINDS(X)
#undef X

#define DEVICE_IS_OF_KIND(dev, NAME) device_is_of_kind(dev, kind_##NAME, sizeof(kind_##NAME))

/* Neither virtual nor loopback: what it sends leaves the host. */
static __always_inline bool device_is_hardware(const struct net_device *dev)
{
    return !dev->rtnl_link_ops && dev->type != ARPHRD_LOOPBACK;
}

/* The caller has taken the entry (share_take_entry()). device: address of a struct net_device. A
 * global function, for a stack of its own. */
__noinline int device_describe(const struct device_key *key, __u64 device)
{
    const struct net_device *dev = (const void *)device;
    struct device_key of_device = {};
    struct device_value value = {};
    const char *kind;

    if (!key)
        return 0;
    of_device.net_cookie = key->net_cookie;
    of_device.ifindex = key->ifindex;
    kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);
    value.netns_inode = BPF_CORE_READ(dev, nd_net.net, ns.inum);
    value.mtu = BPF_CORE_READ(dev, mtu);
    value.type = BPF_CORE_READ(dev, type);
    value.mac_length = BPF_CORE_READ(dev, addr_len);
    bpf_probe_read_kernel(value.mac, sizeof(value.mac), BPF_CORE_READ(dev, dev_addr));
    bpf_probe_read_kernel_str(value.name, sizeof(value.name), dev->name);
    if (kind)
        bpf_probe_read_kernel_str(value.kind, sizeof(value.kind), kind);
    if (bpf_map_update_elem(&devices, &of_device, &value, BPF_NOEXIST))
        share_undo_entry(of_device.net_cookie, RECORD_SHARE_DEVICES);
    return 0;
}

/* Describes the device for the reader before its first record. (Inline, like all callers of
 * share_take_entry(): the stacks of nested functions add up.) */
static __always_inline void device_describe_once(const struct device_key *key,
                                                 const struct net_device *dev)
{
    const struct device_key device = {.net_cookie = key->net_cookie, .ifindex = key->ifindex};

    if (!bpf_map_lookup_elem(&devices, &device) &&
        share_take_entry(device.net_cookie, (__u64)BPF_CORE_READ(dev, nd_net.net),
                         RECORD_SHARE_DEVICES, RECORD_MAX_DEVICES))
        device_describe(&device, address(dev));
}

#endif
