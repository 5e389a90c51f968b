/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which process a socket belongs to, learned only where that process itself is at work: when it
 * makes the socket, sends and receives; at the capture's start from all open files. A connection
 * belongs to the process of the listener that it came to, until another one uses it.
 *
 * A process may hand its sockets on, by forking, and change its name or control group. Therefore
 * the reader believes in an owner only if its process has done none of these since (changes), and
 * here an owner is confirmed, or replaced, when the user is the only holder of the socket.
 */
#ifndef PKTMON_OWNERS_H
#define PKTMON_OWNERS_H

#include "own.h"

#define AF_INET  2
#define AF_INET6 10

#define TCP_ESTABLISHED  1 /* include/net/tcp_states.h */
#define TCP_SYN_RECV     3
#define TCP_TIME_WAIT    6
#define TCP_CLOSE        7
#define TCP_LISTEN       10
#define TCP_NEW_SYN_RECV 12

#define PF_KTHREAD   0x00200000 /* of task_struct.flags */
#define SOCKET_ALLOW 1          /* of a program that is asked about a new socket */

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

struct file___references { /* 6.13; counts from 0 */
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
    struct cgroup *dfl_cgrp; /* of the version 2 hierarchy */
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

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 65536);
    __type(key, __u64); /* the socket's cookie */
    __type(value, struct owner_value);
} owners SEC(".maps");

/* When a process last did what its sockets' owners may not outlive, ns. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RECORD_PROCESS_SLOTS);
    __type(key, __u32);
    __type(value, __u64);
} process_changes SEC(".maps");

/* The cookie of a listening socket; the kernel copies it to each connection that comes in. */
struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, __u64);
} listeners SEC(".maps");

static __always_inline __u64 cookie_of(const struct sock *sk)
{
    return ((const struct sock___owner *)sk)->__sk_common.skc_cookie.counter;
}

/*
 * The cookie of the socket that a packet comes from or goes to; 0: none. Read and not made (which
 * only some types of programs may): a socket that has none has no owner either. A connection
 * request is answered by its listener; what is left of a closed connection has no owner.
 */
static __always_inline __u64 socket_of(const struct sock *sk)
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
    return cookie_of(sk);
}

static __always_inline bool carries_network(const struct sock *sk)
{
    __u16 family = sk->__sk_common.skc_family;

    return family == AF_INET || family == AF_INET6 || family == AF_PACKET;
}

static __always_inline bool is_kernel_socket(const struct sock *sk)
{
    const struct sock___owner *socket = (const void *)sk;

    return BPF_CORE_READ_BITFIELD_PROBED(socket, sk_kern_sock);
}

static __always_inline void describe_owner(struct owner_value *owner,
                                           const struct task_struct *task, __u64 since)
{
    const struct task_struct *leader = BPF_CORE_READ(task, group_leader);

    owner->since = since;
    owner->tgid = BPF_CORE_READ(task, tgid);
    owner->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
    bpf_probe_read_kernel_str(owner->comm, sizeof(owner->comm), leader->comm);
}

/* References to an open file: one for each descriptor, and for each call under way in processes of
 * several threads. */
static __always_inline __s64 references(const struct file *file)
{
    const struct file___references *newer = (const void *)file;

    if (bpf_core_field_exists(file->f_count))
        return BPF_CORE_READ(file, f_count.counter);
    return BPF_CORE_READ(newer, f_ref.refcnt.counter) + 1;
}

/* Whether no other process holds the socket that the task is in a call with; false: perhaps. */
static __always_inline bool is_only_holder(const struct task_struct *task, const struct sock *sk)
{
    const struct file *file = BPF_CORE_READ((const struct sock___owner *)sk, sk_socket, file);
    int tasks = BPF_CORE_READ(task, files, count.counter);

    return file && tasks <= BPF_CORE_READ(task, signal, nr_threads) &&
           references(file) <= (tasks > 1 ? 2 : 1);
}

static __always_inline __u64 last_change(__u32 tgid)
{
    __u32 slot = tgid & (RECORD_PROCESS_SLOTS - 1);
    const __u64 *changed = bpf_map_lookup_elem(&process_changes, &slot);

    return changed ? *changed : 0;
}

/* The task uses the socket, and is not known for certain as its owner. */
static __always_inline void learn_user(const struct task_struct *task, const struct sock *sk,
                                       __u64 cookie, struct owner_value *known)
{
    struct owner_value owner = {};
    __u64 now = bpf_ktime_get_ns(); /* before the holders are counted */
    bool kernel = BPF_CORE_READ(task, flags) & PF_KTHREAD, only;

    if (is_kernel_socket(sk))
        return;
    only = !kernel && is_only_holder(task, sk);
    describe_owner(&owner, task, now);
    own_note_socket(cookie, task, owner.tgid);
    if (!known) {
        /* Its maker was not seen. Nobody else used it so far: that would be known. */
        owner.since = last_change(owner.tgid);
        owner.several = !only;
        bpf_map_update_elem(&owners, &cookie, &owner, BPF_NOEXIST);
    } else if (!only) {
        known->several |= kernel || known->tgid != owner.tgid;
    } else if (bpf_map_update_elem(&owners, &cookie, &owner, BPF_EXIST)) {
        known->several = true;
    }
}

/* The current process has sent or received with the socket. */
static __always_inline int socket_used(struct sock *sk)
{
    struct owner_value *known;
    __u64 cookie;
    __u32 tgid;

    if (!carries_network(sk))
        return 0;
    cookie = cookie_of(sk);
    if (!cookie)
        cookie = bpf_get_socket_cookie(sk);
    tgid = bpf_get_current_pid_tgid() >> 32;
    known = bpf_map_lookup_elem(&owners, &cookie);
    if (!known || known->tgid != tgid || known->several || last_change(tgid) > known->since)
        learn_user(bpf_get_current_task_btf(), sk, cookie, known);
    return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk)
{
    return socket_used(sk);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk)
{
    return socket_used(sk);
}

/* inet_create(), for a process: before the socket has sent anything. */
SEC("cgroup/sock_create")
int socket_create(struct bpf_sock *ctx)
{
    const struct task_struct *task = (const void *)bpf_get_current_task();
    struct owner_value owner = {};
    __u64 cookie = bpf_get_socket_cookie(ctx);

    if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
        return SOCKET_ALLOW;
    describe_owner(&owner, task, bpf_ktime_get_ns());
    bpf_map_update_elem(&owners, &cookie, &owner, BPF_ANY);
    own_note_socket(cookie, task, owner.tgid);
    return SOCKET_ALLOW;
}

static __always_inline void note_listener(struct sock *sk)
{
    __u64 cookie = bpf_get_socket_cookie(sk);

    bpf_sk_storage_get(&listeners, sk, &cookie, BPF_SK_STORAGE_GET_F_CREATE);
}

/* A connection that came in: not accepted yet, and its first packets may wait already. */
static __always_inline void inherit_owner(struct sock *sk)
{
    __u64 cookie = bpf_get_socket_cookie(sk);
    __u64 *listener = bpf_sk_storage_get(&listeners, sk, NULL, 0);
    const struct owner_value *known;
    struct owner_value owner;

    if (!listener)
        return;
    known = bpf_map_lookup_elem(&owners, listener);
    if (!known)
        return;
    owner = *known;
    bpf_map_update_elem(&owners, &cookie, &owner, BPF_NOEXIST);
    own_note_connection(cookie, *listener);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int before, int after)
{
    if (after == TCP_LISTEN)
        note_listener(sk);
    else if (before == TCP_SYN_RECV && after == TCP_ESTABLISHED)
        inherit_owner(sk);
    return 0;
}

static __always_inline void process_changed(__u32 tgid)
{
    __u32 slot = tgid & (RECORD_PROCESS_SLOTS - 1);
    __u64 *changed = bpf_map_lookup_elem(&process_changes, &slot);

    if (changed)
        *changed = bpf_ktime_get_ns();
}

/* The child has the same sockets from now on; a thread has its process's anyway. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
    if (parent->tgid != child->tgid)
        process_changed(parent->tgid);
    return 0;
}

/* Of each exec() too. */
SEC("tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task)
{
    if (task->pid == task->tgid)
        process_changed(task->tgid);
    return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, const void *cgroup, const char *path, struct task_struct *task)
{
    process_changed(task->tgid);
    return 0;
}

/* Run by the agent: each open file of each process. */
SEC("iter/task_file")
int each_open_file(struct bpf_iter__task_file *ctx)
{
    struct task_struct *task = ctx->task;
    struct file *file = ctx->file;
    struct owner_value owner = {}, *known;
    struct socket *socket;
    struct sock *sk;
    __u64 cookie;

    if (!task || !file)
        return 0;
    socket = bpf_sock_from_file(file);
    if (!socket)
        return 0;
    sk = socket->sk;
    if (!sk || !carries_network(sk) || is_kernel_socket(sk))
        return 0;
    cookie = bpf_get_socket_cookie(sk);
    if (sk->__sk_common.skc_family != AF_PACKET &&
        ((struct sock___owner *)sk)->__sk_common.skc_state == TCP_LISTEN)
        note_listener(sk);
    known = bpf_map_lookup_elem(&owners, &cookie);
    if (known) {
        known->several |= known->tgid != (__u32)task->tgid;
        return 0;
    }
    describe_owner(&owner, task, bpf_ktime_get_ns());
    bpf_map_update_elem(&owners, &cookie, &owner, BPF_NOEXIST);
    return 0;
}

#endif
