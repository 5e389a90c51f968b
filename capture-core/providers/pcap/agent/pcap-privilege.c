/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap-privilege.h"

#include <errno.h>
#include <glib.h>
#include <seccomp.h>
#include <sys/capability.h>

#include "pcap-reply.h"
#include "privilege/confine.h"

/* Replaces all sets of capabilities. */
static void set_capabilities(const cap_value_t *values, int count)
{
    cap_t keep = cap_init();

    if (!keep ||
        (count > 0 && (cap_set_flag(keep, CAP_PERMITTED, count, values, CAP_SET) ||
                       cap_set_flag(keep, CAP_EFFECTIVE, count, values, CAP_SET))) ||
        cap_set_proc(keep))
        pcap_agent_fail("pktmon-pcap-agent could not drop its privileges: %s.", g_strerror(errno));
    cap_free(keep);
}

void pcap_agent_keep_least_privilege(void)
{
    static const cap_value_t needed[] = {CAP_NET_RAW};
    cap_flag_value_t permitted = CAP_CLEAR;
    cap_t have = cap_get_proc();

    cap_get_flag(have, CAP_NET_RAW, CAP_PERMITTED, &permitted);
    cap_free(have);
    if (permitted != CAP_SET)
        pcap_agent_fail(
            "pktmon-pcap-agent lacks the capability cap_net_raw: have an administrator run "
            "`setcap cap_net_raw=ep` on it.");
    set_capabilities(needed, G_N_ELEMENTS(needed));
}

#define CALL(name)                                                                                 \
    {                                                                                              \
        .call = SCMP_SYS(name)                                                                     \
    }

/* Reading rings and statistics, stopping to receive, and sending; memory, time and exit. ioctl:
 * libpcap checks whether a device is still up. */
static const struct confine_call allowed_calls[] = {
    CALL(poll),         CALL(ppoll),        CALL(getsockopt),   CALL(setsockopt),
    CALL(ioctl),        CALL(sendto),       CALL(recvfrom),     CALL(recvmsg),
    CALL(read),         CALL(brk),          CALL(mmap),         CALL(mremap),
    CALL(munmap),       CALL(madvise),      CALL(futex),        CALL(clock_gettime),
    CALL(gettimeofday), CALL(rt_sigreturn), CALL(rt_sigaction), CALL(restart_syscall),
    CALL(exit),         CALL(exit_group),
};

void pcap_agent_drop_privilege(void)
{
    static const struct confine_place no_files[] = {{}};
    int error = confine_bounding_set();

    set_capabilities(NULL, 0);
    if (!error)
        error = confine_files(no_files);
    if (!error)
        error = confine_calls(allowed_calls, G_N_ELEMENTS(allowed_calls));
    if (error)
        pcap_agent_fail("pktmon-pcap-agent could not restrict its system calls: %s.",
                        g_strerror(-error));
}
