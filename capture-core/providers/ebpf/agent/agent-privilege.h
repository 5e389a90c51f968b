/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The privilege of each process of the agent. */
#ifndef PKTMON_EBPF_AGENT_AGENT_PRIVILEGE_H
#define PKTMON_EBPF_AGENT_AGENT_PRIVILEGE_H

#include <stdbool.h>

enum agent_role {
    AGENT_HOLDER = 1 << 0,
    AGENT_SCANNER = 1 << 1,
};

/* Fails where the agent lacks a capability that it cannot do without. */
void agent_check_privilege(void);
/* Whether this process may change networks (cap_net_admin). */
bool agent_has_net_admin(void);
/* Drops all capabilities, files and system calls that the role does not need. */
void agent_keep_privilege(enum agent_role role);
/* Drops all capabilities. */
void agent_drop_privilege(void);

#endif
