/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_agent.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/capability.h>

/* Replaces all capabilities, of whichever kind. */
static void set_capabilities(const cap_value_t *values, int count)
{
    cap_t keep = cap_init();

    if (!keep ||
        (count > 0 && (cap_set_flag(keep, CAP_PERMITTED, count, values, CAP_SET) ||
                       cap_set_flag(keep, CAP_EFFECTIVE, count, values, CAP_SET))) ||
        cap_set_proc(keep))
        agent_fail("pktmon-pcap-agent could not give up its privilege: %s.", g_strerror(errno));
    cap_free(keep);
}

void privilege_keep_least(void)
{
    static const cap_value_t needed[] = {CAP_NET_RAW};
    cap_flag_value_t permitted = CAP_CLEAR;
    cap_t have = cap_get_proc();

    cap_get_flag(have, CAP_NET_RAW, CAP_PERMITTED, &permitted);
    cap_free(have);
    if (permitted != CAP_SET)
        agent_fail("pktmon-pcap-agent lacks the capability cap_net_raw: have an administrator run "
                   "`setcap cap_net_raw=ep` on it.");
    set_capabilities(needed, G_N_ELEMENTS(needed));
}

/* Reading rings, asking what was lost, closing the entrance, and saying it all; memory, time and
 * the end. ioctl: libpcap asks whether a device is still up. */
static const int allowed_calls[] = {
    SCMP_SYS(poll),         SCMP_SYS(ppoll),
    SCMP_SYS(getsockopt),   SCMP_SYS(setsockopt),
    SCMP_SYS(ioctl),        SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),     SCMP_SYS(recvmsg),
    SCMP_SYS(read),         SCMP_SYS(brk),
    SCMP_SYS(mmap),         SCMP_SYS(mremap),
    SCMP_SYS(munmap),       SCMP_SYS(madvise),
    SCMP_SYS(futex),        SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction), SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),
};

static void forbid_other_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < G_N_ELEMENTS(allowed_calls); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    if (!error)
        error = seccomp_load(filter);
    if (error)
        agent_fail("pktmon-pcap-agent could not give up its system calls: %s.", g_strerror(-error));
    seccomp_release(filter);
}

void privilege_give_up(void)
{
    set_capabilities(NULL, 0);
    forbid_other_calls();
}
