/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict of a translated filter on a packet. Shared by the kernel programs and the agent. */
#ifndef PKTMON_EBPF_CBPF_VERDICT_H
#define PKTMON_EBPF_CBPF_VERDICT_H

enum cbpf_verdict {
    CBPF_NO_MATCH = 0,
    CBPF_MATCH = 1,
    CBPF_NEEDS_MORE = 2, /* the verdict depends on bytes that are not in the window */
};

#endif
