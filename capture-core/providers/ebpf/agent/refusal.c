/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses programs, and the remedy. */
#include "refusal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "allowance.h"
#include "verifier-log.h"

#define LOCKDOWN_FILE "/sys/kernel/security/lockdown"
#define UID_MAP_FILE  "/proc/self/uid_map"

#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1

/* Whether the kernel loads this program. */
static bool loads(const struct bpf_insn *insns, size_t count)
{
    int program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, "GPL", insns, count, NULL);

    if (program >= 0)
        close(program);
    return program >= 0;
}

/* Whether it loads only programs that do not read kernel memory. */
static bool keeps_memory_secret(void)
{
    static const struct bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };

    return loads(program + 5, 2) && !loads(program, G_N_ELEMENTS(program));
}

/* Reads "none integrity [confidentiality]", with the current mode in brackets. The file may be
 * missing (securityfs is not mounted). */
static bool is_locked_down(void)
{
    g_autofree char *modes = NULL;

    if (g_file_get_contents(LOCKDOWN_FILE, &modes, NULL, NULL))
        return strstr(modes, "[confidentiality]") != NULL;
    return keeps_memory_secret();
}

static bool is_too_old(void)
{
    struct utsname kernel;
    unsigned int major, minor;

    return uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
           (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR));
}

/* The initial user namespace maps all users to themselves. */
static bool is_in_user_namespace(void)
{
    g_autofree char *map = NULL;
    unsigned int inside, outside, count;

    if (!g_file_get_contents(UID_MAP_FILE, &map, NULL, NULL) ||
        sscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
        return false;
    return inside != 0 || outside != 0 || count != UINT32_MAX;
}

/* error: 0 = any. */
static const struct {
    int error;
    bool (*is_cause)(void);
    const char *sentence;
} causes[] = {
    {0, is_locked_down,
     "The kernel is locked down (mode confidentiality), which forbids the capture's programs to "
     "read its memory: boot with lockdown=integrity, or capture with the provider pcap."},
    {0, is_in_user_namespace,
     "The kernel refuses the capture's programs in a user namespace (as in a rootless container): "
     "capture on the host itself, or with the provider pcap."},
    {0, is_too_old,
     "This kernel is older than Linux 6.1, the oldest that takes the capture's programs: update "
     "it, or capture with the provider pcap."},
    {EPERM, NULL,
     "The kernel refused the capture's programs: pktmon-agent needs the capabilities cap_bpf, "
     "cap_perfmon and cap_net_admin, and BPF must not be forbidden on this host; or capture with "
     "the provider pcap."},
    {ENOMEM, NULL,
     "The kernel has no memory for the capture's programs and their tables: free some, or capture "
     "with the provider pcap."},
};

/* --- the verifier's log --- */

static char *last_log;

/* libbpf's other messages are of no use to users. */
static int keep_log(enum libbpf_print_level level, const char *format, va_list arguments)
{
    if (level == LIBBPF_WARN && strstr(format, "BEGIN PROG LOAD LOG")) {
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        g_free(last_log);
        last_log = agent_last_finding(text);
    }
    return 0;
}

void agent_keep_verifier_log(void)
{
    libbpf_set_print(keep_log);
}

char *agent_refusal_text(int error)
{
    if (error == EDQUOT)
        return g_strdup_printf(
            "filters of a user may have %u instructions in all on this host; an "
            "administrator can raise filter-instructions in " AGENT_CONFIGURATION,
            agent_filter_limit());

    g_autofree char *finding = g_steal_pointer(&last_log); /* of this refusal only */

    return g_strconcat(g_strerror(error), finding ? "; " : NULL, finding, NULL);
}

/* --- the explanation --- */

char *agent_explain_refusal(int error)
{
    g_autofree char *text = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        if ((!causes[i].error || causes[i].error == error) &&
            (!causes[i].is_cause || causes[i].is_cause()))
            return g_strdup(causes[i].sentence);
    }
    text = agent_refusal_text(error);
    return g_strdup_printf("The kernel refused the capture's programs (%s): capture with "
                           "the provider pcap, and report this, with the output of \"uname -a\".",
                           text);
}
