/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the sockets that carry the capture's output. The agent repeats a walk over the open files
 * of all processes. The walk begins at the descriptors that the capture writes to. A process that
 * reads the pipe, or has the other end of the socket pair or terminal, is a process of the output,
 * and its network sockets carry the output. If it has none, it passes the output on, and the walk
 * continues with the files that it writes to. Passes are repeated until one finds nothing new.
 *
 * Files are identified by their kernel addresses, which never leave the kernel and cannot be
 * forged.
 */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_OWN_OUTPUT_WALK_H
#define PKTMON_EBPF_BPF_PROGRAMS_OWN_OUTPUT_WALK_H

#include "../track/own-flows.h"
#include "owners.h"

#define FMODE_READ  1 /* include/linux/fs.h */
#define FMODE_WRITE 2
#define S_IFMT      0170000
#define S_IFSOCK    0140000
#define S_IFCHR     0020000
#define S_IFIFO     0010000

/* Device numbers of terminals (Documentation/admin-guide/devices.txt). */
#define MAJOR(device)   ((device) >> 20)
#define MINOR(device)   ((device)&0xFFFFF)
#define TTY_MAJOR       5
#define TTY_OWN_MINOR   0 /* /dev/tty */
#define PTY_FIRST_MAJOR 136
#define PTY_LAST_MAJOR  143

#define SOCK_STREAM 1
#define SOCK_DGRAM  2

/* Descriptors that do not pass on what a process has read. */
#define STANDARD_INPUT 0
#define STANDARD_ERROR 2

/* Descriptors that are inspected per process of the output, at most. */
#define MAX_DESCRIPTORS 1024

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
    unsigned short i_mode;
    unsigned int i_rdev;
};

struct file___open {
    unsigned int f_mode;
    struct inode *f_inode;
    void *private_data;
};

struct tty_struct {
    struct tty_struct *link; /* of a pseudo-terminal: its other end */
};

struct tty_file_private {
    struct tty_struct *tty;
};

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};

struct files_struct___table {
    struct fdtable *fdt;
};

struct upid {
    int nr;
};

struct pid {
    unsigned int level;
    struct upid numbers[1]; /* one per pid namespace */
};

struct task_struct___walk {
    struct pid *thread_pid;
};

struct sock_common___walk {
    unsigned short skc_family;
    volatile unsigned char skc_state;
    __u16 skc_dport;
};

struct sock___walk {
    struct sock_common___walk __sk_common;
};

struct unix_sock {
    void *addr; /* socket name; NULL: unnamed */
    struct sock *peer;
};

#pragma clang attribute pop

/* Where the output goes: the address of a pipe, of the other end of a socket pair, or of the master
 * of a terminal -> the last walk that found it. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u64);
    __type(value, __u32);
} own_files SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct own_found);
} own_found SEC(".maps");

/* An open file of a process. */
struct open_file {
    const struct task_struct *task;
    struct file *file;
    struct own_found *found;
    __u32 tgid;
    __u32 walk;
    __u32 reader; /* see struct own_control */
    __u32 mode;   /* f_mode */
    bool output;  /* the capture writes to it */
    bool written; /* the output is written to it, if the kind of file can pass it on */
};

static __always_inline bool is_inet(__u16 family)
{
    return family == AF_INET || family == AF_INET6;
}

/* --- the process that writes the output --- */

/* The tgid in the pid namespace of the process that runs the walk. */
static __always_inline __u32 tgid_in_agent_namespace(const struct task_struct *task)
{
    const struct task_struct___walk *self = (const void *)bpf_get_current_task();
    const struct task_struct *leader = BPF_CORE_READ(task, group_leader);
    const struct pid *pid = BPF_CORE_READ((const struct task_struct___walk *)leader, thread_pid);
    __u32 level = BPF_CORE_READ(self, thread_pid, level), number = 0;

    bpf_probe_read_kernel(&number, sizeof(number),
                          (const void *)pid + bpf_core_field_offset(struct pid, numbers) +
                              (level & 0x3F) * bpf_core_type_size(struct upid));
    return number;
}

static __always_inline bool is_output(const struct own_control *control, __u32 descriptor)
{
    for (__u32 i = 0; i < RECORD_OUTPUTS; i++) {
        if (i < control->outputs && control->output[i] == (__s32)descriptor)
            return true;
    }
    return false;
}

/* --- findings --- */

/* The output goes into this file; another process has the other end. */
static __always_inline void walk_add_file(const struct open_file *open, __u64 key)
{
    __u32 *known = bpf_map_lookup_elem(&own_files, &key), walk = open->walk;

    if (!key || (known && *known == walk))
        return;
    bpf_map_update_elem(&own_files, &key, &walk, BPF_ANY);
    open->found->has_changed = 1;
    open->found->outputs++;
}

static __always_inline bool walk_has_found_file(const struct open_file *open, __u64 key)
{
    const __u32 *known = bpf_map_lookup_elem(&own_files, &key);

    return known && *known == open->walk;
}

/* --- the descriptors of one process --- */

/* What walk_inspect_descriptor() looks for. */
struct descriptors {
    struct file **table;
    __u64 pipe;    /* inode of the pipe; 0: none */
    __u32 sockets; /* network connections */
    bool network;  /* has network connections, or a socket that listens for them */
    bool reads;    /* has a read end of the pipe */
};

static __always_inline void walk_inspect_socket(struct descriptors *all,
                                                const struct file___open *file)
{
    const struct socket *socket = BPF_CORE_READ(file, private_data);
    const struct sock *sk = BPF_CORE_READ(socket, sk);
    const struct sock___walk *walked = (const void *)sk;
    __u8 state;

    if (!is_inet(BPF_CORE_READ(walked, __sk_common.skc_family)) ||
        BPF_CORE_READ(walked, __sk_common.skc_dport) == bpf_htons(DNS_PORT))
        return;
    state = BPF_CORE_READ(walked, __sk_common.skc_state);
    all->network = true;
    if (state != TCP_LISTEN && (BPF_CORE_READ(sk, sk_type) != SOCK_STREAM || state != TCP_CLOSE))
        all->sockets++;
}

/* A callback of bpf_loop(). */
static long walk_inspect_descriptor(__u32 index, void *context)
{
    struct descriptors *all = context;
    const struct file___open *file = NULL;
    const struct inode *inode;

    bpf_probe_read_kernel(&file, sizeof(file), all->table + index);
    if (!file)
        return 0;
    inode = BPF_CORE_READ(file, f_inode);
    if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFSOCK)
        walk_inspect_socket(all, file);
    else if (all->pipe == (__u64)inode && BPF_CORE_READ(file, f_mode) & FMODE_READ)
        all->reads = true;
    return 0;
}

static __always_inline void walk_inspect_descriptors(const struct task_struct *task,
                                                     struct descriptors *all)
{
    const struct files_struct___table *files = (const void *)BPF_CORE_READ(task, files);
    __u32 count = BPF_CORE_READ(files, fdt, max_fds);

    all->table = BPF_CORE_READ(files, fdt, fd);
    bpf_loop(count < MAX_DESCRIPTORS ? count : MAX_DESCRIPTORS, walk_inspect_descriptor, all, 0);
}

/* The process reads the output. */
static __always_inline void walk_add_process(const struct open_file *open)
{
    struct descriptors all = {};
    const struct task_struct *task = open->task;
    struct own_process added = {.start = own_read_start(open->task), .walk = open->walk};
    __u32 tgid = open->tgid;

    if (own_find_process(open->task, tgid, open->walk) ||
        tgid_in_agent_namespace(task) == open->reader)
        return;
    walk_inspect_descriptors(task, &all);
    added.sockets = all.sockets;
    added.is_end = all.network;
    bpf_map_update_elem(&own_processes, &tgid, &added, BPF_ANY);
    open->found->has_changed = 1;
    open->found->processes++;
    if (all.sockets > OWN_MAX_SOCKETS) {
        open->found->excess = all.sockets;
        bpf_probe_read_kernel_str(open->found->comm, sizeof(open->found->comm),
                                  BPF_CORE_READ(task, group_leader, comm));
    }
}

/* --- kinds of files --- */

/* A process that has both ends of a pipe, as make does for its job server, passes no output on by
 * it. */
static __always_inline void walk_pipe(const struct open_file *open, __u64 inode)
{
    struct descriptors all = {.pipe = inode};

    if (open->written && open->mode & FMODE_WRITE) {
        walk_inspect_descriptors(open->task, &all);
        if (!all.reads || open->output)
            walk_add_file(open, inode);
    } else if (open->mode & FMODE_READ && walk_has_found_file(open, inode)) {
        walk_add_process(open);
    }
}

/* Socket pairs only: peers of named sockets, such as desktop or system services, pass no output
 * on. */
static __always_inline void walk_local_socket(const struct open_file *open, const struct sock *sk)
{
    const struct unix_sock *end = (const void *)sk, *peer;

    if (walk_has_found_file(open, address(sk)))
        walk_add_process(open);
    if (!bpf_core_type_exists(struct unix_sock) || !open->written || BPF_CORE_READ(end, addr))
        return;
    peer = (const void *)BPF_CORE_READ(end, peer);
    if (peer && !BPF_CORE_READ(peer, addr))
        walk_add_file(open, address(peer));
}

static __always_inline void walk_network_socket(const struct open_file *open, struct sock *sk,
                                                bool own)
{
    __u64 cookie = bpf_get_socket_cookie(sk);
    struct own_socket *known;

    if (own) {
        own_add_socket(cookie, open->tgid, open->walk);
        open->found->sockets++;
        return;
    }
    known = bpf_map_lookup_elem(&own_sockets, &cookie);
    if (known)
        known->elsewhere = open->walk;
}

static __always_inline void walk_socket(const struct open_file *open, bool own)
{
    struct socket *socket = bpf_sock_from_file(open->file);
    struct sock *sk;
    __u16 family;

    if (!socket)
        return;
    sk = socket->sk;
    if (!sk)
        return;
    family = sk->__sk_common.skc_family;
    if (family == AF_UNIX)
        walk_local_socket(open, sk);
    else if (is_inet(family))
        walk_network_socket(open, sk, own);
}

static __always_inline void walk_terminal(const struct open_file *open, __u32 device)
{
    const struct file___open *file = (const void *)open->file;
    const struct tty_file_private *private = BPF_CORE_READ(file, private_data);
    const struct tty_struct *tty;
    __u32 major = MAJOR(device);
    bool slave = (major >= PTY_FIRST_MAJOR && major <= PTY_LAST_MAJOR) ||
                 (major == TTY_MAJOR && MINOR(device) == TTY_OWN_MINOR);

    if (!bpf_core_type_exists(struct tty_file_private) || (!slave && major != TTY_MAJOR))
        return;
    tty = BPF_CORE_READ(private, tty);
    if (!slave) {
        if (walk_has_found_file(open, address(tty)))
            walk_add_process(open);
        return;
    }
    if (open->written && open->mode & FMODE_WRITE)
        walk_add_file(open, address(BPF_CORE_READ(tty, link)));
}

/* Run by the agent, for each open file of each process. */
SEC("iter/task_file")
int follow_output(struct bpf_iter__task_file *ctx)
{
    struct task_struct *task = ctx->task;
    struct file *file = ctx->file;
    const struct file___open *opened = (const void *)file;
    const struct own_control *control = own_get_control();
    struct open_file open = {.task = task, .file = file};
    const struct own_process *process;
    struct inode *inode;
    __u32 zero = 0;

    if (!task || !file || !control)
        return 0;
    open.found = bpf_map_lookup_elem(&own_found, &zero);
    if (!open.found)
        return 0;
    open.walk = control->walk;
    open.tgid = task->tgid;
    open.reader = control->reader;
    open.mode = BPF_CORE_READ(opened, f_mode);
    open.output = is_output(control, ctx->fd) && tgid_in_agent_namespace(task) == control->reader;
    process = own_find_process(task, open.tgid, open.walk);
    open.written = open.output || (process && !process->is_end && ctx->fd != STANDARD_INPUT &&
                                   ctx->fd != STANDARD_ERROR);
    inode = BPF_CORE_READ(opened, f_inode);
    switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {
    case S_IFIFO:
        walk_pipe(&open, address(inode));
        break;
    case S_IFSOCK:
        walk_socket(&open, open.output || process);
        break;
    case S_IFCHR:
        walk_terminal(&open, BPF_CORE_READ(inode, i_rdev));
        break;
    }
    return 0;
}

#endif
