/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent-privilege.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib.h>
#include <linux/bpf.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include "privilege/confine.h"
#include "reply.h"

static const struct {
    cap_value_t value;
    const char *name;
    int roles;
    bool needed;
} capabilities[] = {
    {CAP_BPF, "cap_bpf", AGENT_HOLDER, true},
    {CAP_PERFMON, "cap_perfmon", AGENT_HOLDER, true},
    /* tc ingress, netfilter, sockets; lists and ids of namespaces */
    {CAP_NET_ADMIN, "cap_net_admin", AGENT_HOLDER | AGENT_SCANNER, false},
    {CAP_NET_BROADCAST, "cap_net_broadcast", AGENT_SCANNER,
     false}, /* notifications of links elsewhere */
    {CAP_SYS_ADMIN, "cap_sys_admin", AGENT_HOLDER | AGENT_SCANNER, false}, /* entering namespaces */
    {CAP_DAC_READ_SEARCH, "cap_dac_read_search", AGENT_HOLDER, false},     /* counts of NFQUEUEs */
    {CAP_SYS_PTRACE, "cap_sys_ptrace", AGENT_SCANNER, false}, /* finding namespaces of containers */
};

static bool is_permitted(cap_t have, cap_value_t value)
{
    cap_flag_value_t permitted = CAP_CLEAR;

    cap_get_flag(have, value, CAP_PERMITTED, &permitted);
    return permitted == CAP_SET;
}

void agent_check_privilege(void)
{
    cap_t have = cap_get_proc();

    for (size_t i = 0; i < G_N_ELEMENTS(capabilities); i++) {
        if (capabilities[i].needed && !is_permitted(have, capabilities[i].value))
            agent_fail_impossible(
                "pktmon-agent lacks the capability %s: have an administrator run `setcap "
                "cap_bpf,cap_perfmon,cap_net_admin,cap_net_broadcast,cap_sys_admin,cap_sys_"
                "ptrace,cap_dac_read_search=ep` "
                "on it.",
                capabilities[i].name);
    }
    cap_free(have);
}

bool agent_has_net_admin(void)
{
    cap_t have = cap_get_proc();
    bool has = is_permitted(have, CAP_NET_ADMIN);

    cap_free(have);
    return has;
}

static void keep_capabilities(enum agent_role role)
{
    cap_t have = cap_get_proc(), keep = cap_init();

    for (size_t i = 0; i < G_N_ELEMENTS(capabilities); i++) {
        const cap_value_t *value = &capabilities[i].value;

        if (!(capabilities[i].roles & role) || !is_permitted(have, *value))
            continue;
        cap_set_flag(keep, CAP_PERMITTED, 1, value, CAP_SET);
        cap_set_flag(keep, CAP_EFFECTIVE, 1, value, CAP_SET);
    }
    if (cap_set_proc(keep))
        agent_fail("pktmon-agent could not drop its capabilities: %s.", g_strerror(errno));
    cap_free(keep);
    cap_free(have);
}

/* --- system calls --- */

#define CALL(name)                                                                                 \
    {                                                                                              \
        .call = SCMP_SYS(name)                                                                     \
    }
#define CALL_WITH(name, at, list)                                                                  \
    {                                                                                              \
        .call = SCMP_SYS(name), .argument = (at), .count = G_N_ELEMENTS(list), .values = (list)    \
    }

static const uint64_t network_namespaces[] = {CLONE_NEWNET};
static const uint64_t socket_families[] = {AF_NETLINK, AF_INET};
/* No commands whose effect outlives the process (pins). Maps are opened by id only to count the
 * user's own, and to get descriptors that cannot be written. */
static const uint64_t bpf_commands[] = {
    BPF_MAP_CREATE,
    BPF_MAP_LOOKUP_ELEM,
    BPF_MAP_UPDATE_ELEM,
    BPF_MAP_DELETE_ELEM,
    BPF_MAP_LOOKUP_AND_DELETE_ELEM,
    BPF_MAP_LOOKUP_BATCH,
    BPF_MAP_FREEZE,
    BPF_MAP_GET_NEXT_KEY,
    BPF_PROG_LOAD,
    BPF_PROG_QUERY, /* ids of attached programs, but no access by id */
    BPF_BTF_LOAD,
    BPF_LINK_CREATE,
    BPF_LINK_UPDATE,
    BPF_RAW_TRACEPOINT_OPEN,
    BPF_ITER_CREATE,
    BPF_PROG_BIND_MAP,
    BPF_OBJ_GET_INFO_BY_FD,
    BPF_MAP_GET_NEXT_ID, /* the user's maps (allowance.c) */
    BPF_MAP_GET_FD_BY_ID,
    BPF_BTF_GET_NEXT_ID,
    BPF_BTF_GET_FD_BY_ID,
};

/* Messages, memory, files, time and exit. */
#define COMMON_CALLS                                                                               \
    CALL(poll), CALL(ppoll), CALL(recvmsg), CALL(recvfrom), CALL(sendmsg), CALL(sendto),           \
        CALL(read), CALL(pread64), CALL(write), CALL(lseek), CALL(openat), CALL(open),             \
        CALL(close), CALL(fstat), CALL(newfstatat), CALL(statx), CALL(stat), CALL(lstat),          \
        CALL(readlink), CALL(readlinkat), CALL(access), CALL(faccessat), CALL(faccessat2),         \
        CALL(getdents64), CALL(fcntl), CALL(brk), CALL(mmap), CALL(mremap), CALL(munmap),          \
        CALL(madvise), CALL(mprotect), CALL(futex), CALL(getrandom), CALL(clock_gettime),          \
        CALL(clock_nanosleep), CALL(gettimeofday), CALL(getpid), CALL(gettid), CALL(uname),        \
        CALL(sched_getaffinity), CALL(sched_yield), CALL(rt_sigreturn), CALL(rt_sigaction),        \
        CALL(rt_sigprocmask), CALL(restart_syscall), CALL(exit), CALL(exit_group),                 \
        CALL_WITH(setns, 1, network_namespaces)

static const struct confine_call holder_calls[] = {
    COMMON_CALLS,
    CALL_WITH(bpf, 0, bpf_commands),
    CALL(dup),
    CALL(dup3),
    CALL(prlimit64),
    CALL(memfd_create),
    CALL(getsockopt), /* the credentials of the reader */
    CALL(kill),       /* the scanner */
    CALL(wait4),
    CALL(waitid),
    CALL(clone), /* for the unprivileged process that keeps links (netfilter.c) */
    CALL(set_robust_list),
    CALL(prctl),
    CALL(setsid),
    CALL(close_range),
    CALL(capget),
    CALL(capset),
};

static const struct confine_call scanner_calls[] = {
    COMMON_CALLS,        CALL_WITH(socket, 0, socket_families),
    CALL(bind),          CALL(getsockname),
    CALL(getsockopt),    CALL(setsockopt),
    CALL(ioctl), /* drivers, and kinds of namespaces */
    CALL(inotify_init1), CALL(inotify_add_watch),
    CALL(fsopen),        CALL(fsconfig),
    CALL(fsmount), /* the root of the control groups */
};

static const struct {
    const struct confine_call *calls;
    size_t count;
} allowed[] = {
    [AGENT_HOLDER] = {holder_calls, G_N_ELEMENTS(holder_calls)},
    [AGENT_SCANNER] = {scanner_calls, G_N_ELEMENTS(scanner_calls)},
};

/* The kernel's types, the number of possible CPUs, the lockdown mode, and the queues of a
 * namespace. */
static const struct confine_place holder_files[] = {
    {.path = "/sys/kernel/btf"},
    {.path = "/sys/devices/system/cpu"},
    {.path = "/sys/kernel/security"},
    {.path = "/proc"},
    {.path = "/", .only_names = true}, /* libbpf 1.1 opens it to get a descriptor */
    {},
};

void agent_keep_privilege(enum agent_role role)
{
    int error = confine_bounding_set();

    keep_capabilities(role);
    /* Landlock would hide the namespaces of other processes from the scanner. */
    if (!error && role == AGENT_HOLDER)
        error = confine_files(holder_files);
    if (!error)
        error = confine_calls(allowed[role].calls, allowed[role].count);
    if (error)
        agent_fail("pktmon-agent could not drop its privileges: %s.", g_strerror(-error));
}

void agent_drop_privilege(void)
{
    cap_t none = cap_init();

    if (cap_set_proc(none))
        _exit(EXIT_FAILURE);
    cap_free(none);
}
