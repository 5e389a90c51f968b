/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decoder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege/confine-files.h"

#define NOBODY      65534
#define CPU_SECONDS 60 /* then another process replaces it */
#define MEMORY      (UINT64_C(1) << 30)
#define FILES       64

/* --- user --- */

static bool is_root(void)
{
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) || real == 0 || effective == 0 || saved == 0;
}

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) == 0;
}

static bool become_nobody(void)
{
    if (confine_bounding_set())
        return false;
    if (is_root() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
                      setresuid(NOBODY, NOBODY, NOBODY)))
        return false;
    return drop_capabilities() && !is_root() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* --- limits --- */

static bool set_limits(void)
{
    static const struct {
        int resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CPU, CPU_SECONDS}, {RLIMIT_AS, MEMORY}, {RLIMIT_FSIZE, 0},
        {RLIMIT_CORE, 0},          {RLIMIT_NPROC, 0},   {RLIMIT_NOFILE, FILES},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)limits[i].resource, &limit))
            return false;
        limit.rlim_max = limit.rlim_max < limits[i].most ? limit.rlim_max : limits[i].most;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit))
            return false;
    }
    return true;
}

/* --- system calls --- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define ALLOW(call)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), RETURN(SECCOMP_RET_ALLOW)

#define FORBID(call)                                                                               \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS)

#ifdef ARCHITECTURE
/* All calls that a program needs to read one pipe and write another. Other calls, such as those of
 * a newer C library, fail as on a kernel without them (ENOSYS). */
static struct sock_filter allowed_calls[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#ifdef __x86_64__
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
    RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
    ALLOW(read),
    ALLOW(readv),
    ALLOW(pread64),
    ALLOW(write),
    ALLOW(writev),
    ALLOW(lseek),
    ALLOW(close),
    ALLOW(openat),
    ALLOW(fstat),
    ALLOW(newfstatat),
    ALLOW(statx),
    ALLOW(readlinkat),
    ALLOW(faccessat),
    ALLOW(faccessat2),
    ALLOW(getdents64),
    ALLOW(mmap),
    ALLOW(mprotect),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(madvise),
    ALLOW(brk),
    ALLOW(rt_sigaction),
    ALLOW(rt_sigprocmask),
    ALLOW(rt_sigreturn),
    ALLOW(sigaltstack),
    ALLOW(restart_syscall),
    ALLOW(getrandom),
    ALLOW(clock_gettime),
    ALLOW(gettimeofday),
    ALLOW(futex),
    ALLOW(set_tid_address),
    ALLOW(set_robust_list),
    ALLOW(getpid),
    ALLOW(gettid),
    ALLOW(getppid),
    ALLOW(getuid),
    ALLOW(geteuid),
    ALLOW(getgid),
    ALLOW(getegid),
    ALLOW(setuid),
    ALLOW(setgid),
    ALLOW(uname),
    ALLOW(sysinfo),
    ALLOW(execve),
    ALLOW(exit),
    ALLOW(exit_group),
#ifdef SYS_rseq
    ALLOW(rseq),
#endif
#ifdef __x86_64__
    ALLOW(open),
    ALLOW(stat),
    ALLOW(lstat),
    ALLOW(access),
    ALLOW(readlink),
    ALLOW(arch_prctl),
#endif
    /* A decoder does not need these; if it calls one, a packet may have taken over the program. */
    FORBID(socket),
    FORBID(socketpair),
    FORBID(clone),
    FORBID(clone3),
    FORBID(kill),
    FORBID(ptrace),
#ifdef __x86_64__
    FORBID(fork),
    FORBID(vfork),
#endif
    /* No signals to other processes through a descriptor's owner (F_SETOWN, F_SETSIG). */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 5),
    LOAD(args[1]),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, F_SETFL, 0, 1), /* from F_DUPFD on */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_DUPFD_CLOEXEC, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    /* Only its own limits. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 3),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
};

static bool restrict_calls(void)
{
    const struct sock_fprog program = {.len = sizeof(allowed_calls) / sizeof(allowed_calls[0]),
                                       .filter = allowed_calls};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
/* Without a filter there is no tcpdump. */
static bool restrict_calls(void)
{
    return false;
}
#endif

/* --- the process --- */

int cli_decoder_end(const char *pid)
{
    long number = strtol(pid, NULL, 10);
    return number > 1 && kill((pid_t)number, SIGKILL) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cli_decoder_run(char **arguments)
{
    static char *const environment[] = {"LC_ALL=C", "TZ=UTC", NULL};
    const struct confine_place places[] = {
        {.path = arguments[0], .programs = true},
        {.path = "/usr", .programs = true},
        {.path = "/lib", .programs = true},
        {.path = "/lib32", .programs = true},
        {.path = "/lib64", .programs = true},
        {.path = "/etc/ld.so.cache"},
        {.path = "/etc/ssl"}, /* libcrypto reads its configuration, though nothing is decrypted */
        {0},
    };
    /* It must not outlive its parent. Set after the change of user, which clears it. */
    if (!become_nobody() || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || !set_limits() ||
        !confine_has_files() || confine_files(places) || !restrict_calls())
        return CLI_DECODER_UNCONFINED;
    execve(arguments[0], arguments, environment);
    return CLI_DECODER_NO_PROGRAM;
}
