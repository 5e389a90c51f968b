/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sockets the capture's output goes through. A walk over the open files of all processes,
 * which the agent has done again and again, begins at the descriptors that the capture writes to:
 * who reads a pipe, or has the other end of a pair of sockets or of a terminal, is a process of the
 * output, and its sockets of the network carry it. One that has none hands it on: what that writes
 * to is walked on. Pass by pass, until nothing new is found.
 *
 * Files are known by their addresses, which nobody outside the kernel sees, and nobody can forge.
 */
#ifndef PKTMON_OWN_CHAIN_H
#define PKTMON_OWN_CHAIN_H

#include "own.h"
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

/* Nobody hands on by these what it has read. */
#define STANDARD_INPUT 0
#define STANDARD_ERROR 2

/* Of a process of the output, so many descriptors are looked at together. */
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
    struct upid numbers[1]; /* one for each namespace of processes */
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
    void *addr; /* its name; NULL: it has none */
    struct sock *peer;
};

#pragma clang attribute pop

/* What the output goes into: the address of a pipe, of the other end of a pair of sockets, or of
 * the master of a terminal -> the last walk that came to it. */
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

/* An open file of a process, as the walk sees it. */
struct open_file {
    const struct task_struct *task;
    struct file *file;
    struct own_found *found;
    __u32 tgid;
    __u32 walk;
    __u32 reader; /* as in own_control */
    __u32 mode;   /* of the file */
    bool output;  /* the capture writes to it */
    bool written; /* the output goes into it, if it can be handed on by it */
};

static __always_inline bool is_inet(__u16 family)
{
    return family == AF_INET || family == AF_INET6;
}

/* --- the process that writes the output --- */

/* The process's id in the namespace of the one that has the walk done. */
static __always_inline __u32 id_here(const struct task_struct *task)
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

/* --- what is found --- */

/* The output goes into it: another process has its other end. */
static __always_inline void own_add_file(const struct open_file *open, __u64 key)
{
    __u32 *known = bpf_map_lookup_elem(&own_files, &key), walk = open->walk;

    if (!key || (known && *known == walk))
        return;
    bpf_map_update_elem(&own_files, &key, &walk, BPF_ANY);
    open->found->news = 1;
    open->found->outputs++;
}

static __always_inline bool is_own_file(const struct open_file *open, __u64 key)
{
    const __u32 *known = bpf_map_lookup_elem(&own_files, &key);

    return known && *known == open->walk;
}

/* --- all descriptors of one process --- */

/* What they are looked at for. */
struct descriptors {
    struct file **table;
    __u64 pipe;    /* its inode; 0: none */
    __u32 sockets; /* of the network: connections */
    bool network;  /* there are such, or one that waits for some */
    bool reads;    /* the pipe */
};

static __always_inline void look_at_socket(struct descriptors *all, const struct file___open *file)
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
static long look_at_descriptor(__u32 index, void *context)
{
    struct descriptors *all = context;
    const struct file___open *file = NULL;
    const struct inode *inode;

    bpf_probe_read_kernel(&file, sizeof(file), all->table + index);
    if (!file)
        return 0;
    inode = BPF_CORE_READ(file, f_inode);
    if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFSOCK)
        look_at_socket(all, file);
    else if (all->pipe == (__u64)inode && BPF_CORE_READ(file, f_mode) & FMODE_READ)
        all->reads = true;
    return 0;
}

static __always_inline void look_at_all(const struct task_struct *task, struct descriptors *all)
{
    const struct files_struct___table *files = (const void *)BPF_CORE_READ(task, files);
    __u32 count = BPF_CORE_READ(files, fdt, max_fds);

    all->table = BPF_CORE_READ(files, fdt, fd);
    bpf_loop(count < MAX_DESCRIPTORS ? count : MAX_DESCRIPTORS, look_at_descriptor, all, 0);
}

/* The process reads the output. */
static __always_inline void own_add_process(const struct open_file *open)
{
    struct descriptors all = {};
    const struct task_struct *task = open->task;
    struct own_process added = {.start = start_of(open->task), .walk = open->walk};
    __u32 tgid = open->tgid;

    if (own_process_of(open->task, tgid, open->walk) || id_here(task) == open->reader)
        return;
    look_at_all(task, &all);
    added.sockets = all.sockets;
    added.is_end = all.network;
    bpf_map_update_elem(&own_processes, &tgid, &added, BPF_ANY);
    open->found->news = 1;
    open->found->processes++;
    if (all.sockets > OWN_MAX_SOCKETS) {
        open->found->crowd = all.sockets;
        bpf_probe_read_kernel_str(open->found->comm, sizeof(open->found->comm),
                                  BPF_CORE_READ(task, group_leader, comm));
    }
}

/* --- kinds of files --- */

/* A pipe of which a process has both ends, as make's for its jobs, is no output. */
static __always_inline void walk_pipe(const struct open_file *open, __u64 inode)
{
    struct descriptors all = {.pipe = inode};

    if (open->written && open->mode & FMODE_WRITE) {
        look_at_all(open->task, &all);
        if (!all.reads || open->output)
            own_add_file(open, inode);
    } else if (open->mode & FMODE_READ && is_own_file(open, inode)) {
        own_add_process(open);
    }
}

/* Only pairs: what speaks with a named socket, as that of a desktop or a system service, hands no
 * output on. */
static __always_inline void walk_local_socket(const struct open_file *open, const struct sock *sk)
{
    const struct unix_sock *end = (const void *)sk, *peer;

    if (is_own_file(open, address(sk)))
        own_add_process(open);
    if (!bpf_core_type_exists(struct unix_sock) || !open->written || BPF_CORE_READ(end, addr))
        return;
    peer = (const void *)BPF_CORE_READ(end, peer);
    if (peer && !BPF_CORE_READ(peer, addr))
        own_add_file(open, address(peer));
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
        if (is_own_file(open, address(tty)))
            own_add_process(open);
        return;
    }
    if (open->written && open->mode & FMODE_WRITE)
        own_add_file(open, address(BPF_CORE_READ(tty, link)));
}

/* Run by the agent: each open file of each process. */
SEC("iter/task_file")
int follow_output(struct bpf_iter__task_file *ctx)
{
    struct task_struct *task = ctx->task;
    struct file *file = ctx->file;
    const struct file___open *opened = (const void *)file;
    const struct own_control *control = own_control_of();
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
    open.output = is_output(control, ctx->fd) && id_here(task) == control->reader;
    process = own_process_of(task, open.tgid, open.walk);
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
