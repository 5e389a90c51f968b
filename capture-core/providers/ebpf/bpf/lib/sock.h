/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sock_*: what a socket says of itself. */
#ifndef PKTMON_EBPF_BPF_LIB_SOCK_H
#define PKTMON_EBPF_BPF_LIB_SOCK_H

#include "maps.h"

#define TCP_ESTABLISHED  1 /* include/net/tcp_states.h */
#define TCP_SYN_RECV     3
#define TCP_TIME_WAIT    6
#define TCP_CLOSE        7
#define TCP_LISTEN       10
#define TCP_NEW_SYN_RECV 12

#define PF_KTHREAD 0x00200000 /* bit of task_struct.flags */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common___owner {
    unsigned short skc_family;
    volatile unsigned char skc_state;
    struct {
        __s64 counter;
    } skc_cookie;
    struct sock___owner *skc_listener; /* of a connection request */
};

struct sock___owner {
    struct sock_common___owner __sk_common;
    __u8 sk_kern_sock : 1;
    struct socket *sk_socket;
};

struct socket {
    struct file *file;
    struct sock *sk;
};

struct file {
    struct {
        __s64 counter;
    } f_count;
};

struct file___references { /* since 6.13; counts from 0 */
    struct {
        struct {
            __s64 counter;
        } refcnt;
    } f_ref;
};

struct kernfs_node {
    __u64 id;
};

struct cgroup {
    struct kernfs_node *kn;
};

struct css_set {
    struct cgroup *dfl_cgrp; /* of cgroup v2 */
};

struct files_struct {
    atomic_t count; /* tasks that share this table of descriptors */
};

struct signal_struct {
    int nr_threads;
};

struct task_struct {
    unsigned int flags;
    int pid;
    int tgid;
    char comm[RECORD_COMM_SIZE];
    struct task_struct *group_leader;
    struct files_struct *files;
    struct signal_struct *signal;
    struct css_set *cgroups;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta __attribute__((aligned(8)));
    struct task_struct *task __attribute__((aligned(8)));
    __u32 fd;
    struct file *file __attribute__((aligned(8)));
};

#pragma clang attribute pop

static __always_inline __u64 sock_cookie(const struct sock *sk)
{
    return ((const struct sock___owner *)sk)->__sk_common.skc_cookie.counter;
}

/*
 * The cookie of the socket that sends or receives a packet; 0: none. It is only read, not generated
 * (only some program types may): a socket without a cookie has no known owner either. A connection
 * request is answered by its listener. A time-wait socket has no owner.
 */
static __always_inline __u64 sock_packet_cookie(const struct sock *sk)
{
    const struct sock___owner *socket = (const void *)sk;
    __u8 state;

    if (!sk)
        return 0;
    state = socket->__sk_common.skc_state;
    if (state == TCP_TIME_WAIT)
        return 0;
    if (state == TCP_NEW_SYN_RECV)
        return BPF_CORE_READ(socket, __sk_common.skc_listener, __sk_common.skc_cookie.counter);
    return sock_cookie(sk);
}

static __always_inline bool sock_is_network(const struct sock *sk)
{
    __u16 family = sk->__sk_common.skc_family;

    return family == AF_INET || family == AF_INET6 || family == AF_PACKET;
}

static __always_inline bool sock_is_kernel(const struct sock *sk)
{
    const struct sock___owner *socket = (const void *)sk;

    return BPF_CORE_READ_BITFIELD_PROBED(socket, sk_kern_sock);
}

/* Sockets of these families carry no network packets. */
static __always_inline bool sock_is_local(const struct sock *sk)
{
    __u16 family = sk ? sk->__sk_common.skc_family : 0;

    return family == AF_UNIX || family == AF_NETLINK || family == AF_VSOCK;
}

/* A packet socket receives copies, beside the path of the packet. Packets queued in it have no
 * device. Packets that it has sent refer to it for a while, too. */
static __always_inline bool sock_is_packet(const struct sock *sk)
{
    return sk && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_PACKET;
}

#endif
