/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that owns each socket. This is learned only while the process itself is in a call:
 * when it creates the socket, sends or receives; at the start of the capture also from all open
 * files. A connection belongs to the process of its listener until another process uses it.
 *
 * A process may pass its sockets on by forking, and may change its name or cgroup. Therefore the
 * reader trusts an owner only if the process has done neither since (process_changes). Here an
 * owner is confirmed or replaced when the caller is the only holder of the socket.
 */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_OWNERS_H
#define PKTMON_EBPF_BPF_PROGRAMS_OWNERS_H

#include "../lib/sock.h"
#include "../track/own-flows.h"

#define SOCKET_ALLOW 1 /* return value of a sock_create program */

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 65536);
    __type(key, __u64); /* cookie of the socket */
    __type(value, struct owner_value);
} owners SEC(".maps");

/* Time of the last fork, rename or cgroup change of a process, ns. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RECORD_PROCESS_SLOTS);
    __type(key, __u32);
    __type(value, __u64);
} process_changes SEC(".maps");

/* The cookie of a listening socket; the kernel copies it to each accepted connection. */
struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, __u64);
} listeners SEC(".maps");

static __always_inline void describe_owner(struct owner_value *owner,
                                           const struct task_struct *task, __u64 since)
{
    const struct task_struct *leader = BPF_CORE_READ(task, group_leader);

    owner->since = since;
    owner->tgid = BPF_CORE_READ(task, tgid);
    owner->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
    bpf_probe_read_kernel_str(owner->comm, sizeof(owner->comm), leader->comm);
}

/* References to an open file: one for each descriptor and, in processes of several threads, one for
 * each call in progress. */
static __always_inline __s64 file_references(const struct file *file)
{
    const struct file___references *newer = (const void *)file;

    if (bpf_core_field_exists(file->f_count))
        return BPF_CORE_READ(file, f_count.counter);
    return BPF_CORE_READ(newer, f_ref.refcnt.counter) + 1;
}

/* Whether no other process holds the socket that the task uses. False: not certain. */
static __always_inline bool is_only_holder(const struct task_struct *task, const struct sock *sk)
{
    const struct file *file = BPF_CORE_READ((const struct sock___owner *)sk, sk_socket, file);
    int tasks = BPF_CORE_READ(task, files, count.counter);

    return file && tasks <= BPF_CORE_READ(task, signal, nr_threads) &&
           file_references(file) <= (tasks > 1 ? 2 : 1);
}

static __always_inline __u64 last_process_change(__u32 tgid)
{
    __u32 slot = tgid & (RECORD_PROCESS_SLOTS - 1);
    const __u64 *changed = bpf_map_lookup_elem(&process_changes, &slot);

    return changed ? *changed : 0;
}

/* The task uses the socket, and is not certain to be its owner. */
static __always_inline void learn_owner(const struct task_struct *task, const struct sock *sk,
                                        __u64 cookie, struct owner_value *known)
{
    struct owner_value owner = {};
    __u64 now = bpf_ktime_get_ns(); /* before the holders are counted */
    bool kernel = BPF_CORE_READ(task, flags) & PF_KTHREAD, only;

    if (sock_is_kernel(sk))
        return;
    only = !kernel && is_only_holder(task, sk);
    describe_owner(&owner, task, now);
    own_note_socket(cookie, task, owner.tgid);
    if (!known) {
        /* Its creation was not observed. No other process has used it so far: there would be an
         * entry. */
        owner.since = last_process_change(owner.tgid);
        owner.shared = !only;
        bpf_map_update_elem(&owners, &cookie, &owner, BPF_NOEXIST);
    } else if (!only) {
        known->shared |= kernel || known->tgid != owner.tgid;
    } else if (bpf_map_update_elem(&owners, &cookie, &owner, BPF_EXIST)) {
        known->shared = true;
    }
}

/* The current process has sent or received with the socket. */
static __always_inline int note_socket_use(struct sock *sk)
{
    struct owner_value *known;
    __u64 cookie;
    __u32 tgid;

    if (!sock_is_network(sk))
        return 0;
    cookie = sock_cookie(sk);
    if (!cookie)
        cookie = bpf_get_socket_cookie(sk);
    tgid = bpf_get_current_pid_tgid() >> 32;
    known = bpf_map_lookup_elem(&owners, &cookie);
    if (!known || known->tgid != tgid || known->shared || last_process_change(tgid) > known->since)
        learn_owner(bpf_get_current_task_btf(), sk, cookie, known);
    return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk)
{
    return note_socket_use(sk);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk)
{
    return note_socket_use(sk);
}

/* inet_create(), called by a process: the socket has not sent anything yet. */
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

/* A new connection: it is not accepted yet, but its first packets may be waiting already. */
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

static __always_inline void note_process_change(__u32 tgid)
{
    __u32 slot = tgid & (RECORD_PROCESS_SLOTS - 1);
    __u64 *changed = bpf_map_lookup_elem(&process_changes, &slot);

    if (changed)
        *changed = bpf_ktime_get_ns();
}

/* The child shares the sockets from now on; a thread is the same process. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
    if (parent->tgid != child->tgid)
        note_process_change(parent->tgid);
    return 0;
}

/* Called for each exec(), too. */
SEC("tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task)
{
    if (task->pid == task->tgid)
        note_process_change(task->tgid);
    return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, const void *cgroup, const char *path, struct task_struct *task)
{
    note_process_change(task->tgid);
    return 0;
}

/* Run by the agent, for each open file of each process. */
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
    if (!sk || !sock_is_network(sk) || sock_is_kernel(sk))
        return 0;
    cookie = bpf_get_socket_cookie(sk);
    if (sk->__sk_common.skc_family != AF_PACKET &&
        ((struct sock___owner *)sk)->__sk_common.skc_state == TCP_LISTEN)
        note_listener(sk);
    known = bpf_map_lookup_elem(&owners, &cookie);
    if (known) {
        known->shared |= known->tgid != (__u32)task->tgid;
        return 0;
    }
    describe_owner(&owner, task, bpf_ktime_get_ns());
    bpf_map_update_elem(&owners, &cookie, &owner, BPF_NOEXIST);
    return 0;
}

#endif
