/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a translated filter says of a packet. Shared by the kernel programs and the agent. */
#ifndef PKTMON_FILTER_VERDICT_H
#define PKTMON_FILTER_VERDICT_H

enum filter_verdict {
    FILTER_NO_MATCH = 0,
    FILTER_MATCH = 1,
    FILTER_NEEDS_MORE = 2, /* bytes of the packet decide that are not in the window */
};

#endif
