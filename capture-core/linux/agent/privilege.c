/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <unistd.h>

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
    {CAP_NET_BROADCAST, "cap_net_broadcast", AGENT_SCANNER, false}, /* hearing of links elsewhere */
    {CAP_SYS_ADMIN, "cap_sys_admin", AGENT_HOLDER | AGENT_SCANNER, false}, /* entering namespaces */
    {CAP_DAC_READ_SEARCH, "cap_dac_read_search", AGENT_HOLDER, false},     /* counts of NFQUEUEs */
    {CAP_SYS_PTRACE, "cap_sys_ptrace", AGENT_SCANNER, false}, /* finding those of containers */
};

static bool is_permitted(cap_t have, cap_value_t value)
{
    cap_flag_value_t permitted = CAP_CLEAR;

    cap_get_flag(have, value, CAP_PERMITTED, &permitted);
    return permitted == CAP_SET;
}

void privilege_check(void)
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

void privilege_keep(enum agent_role role)
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
        agent_fail("pktmon-agent could not give up its privilege: %s.", g_strerror(errno));
    cap_free(keep);
    cap_free(have);
}

void privilege_drop(void)
{
    cap_t none = cap_init();

    if (cap_set_proc(none))
        _exit(EXIT_FAILURE);
    cap_free(none);
}
