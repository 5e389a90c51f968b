/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the verifier's log, users get the name of the program, the fault, and its place, but no
 * number that may be secret. */
#include <glib.h>
#include <string.h>

#include "providers/ebpf/agent/verifier-log.h"

#define BEGIN "libbpf: prog 'kfree_skb': -- BEGIN PROG LOAD LOG --\n"
#define END                                                                                        \
    "processed 90 insns (limit 1000000) max_states_per_insn 1 total_states 9 peak_states 9 "       \
    "mark_read 3\n-- END PROG LOAD LOG --\n"

static void expect(const char *log, const char *wanted)
{
    g_autofree char *got = agent_last_finding(log);

    g_assert_cmpstr(got, ==, wanted);
}

static void test_finding(void)
{
    expect(BEGIN "; int one = 1; @ drops.h:30\n0: (b7) r1 = 1\n; return sk->family; @ drops.h:34\n"
                 "1: (61) r1 = *(u32 *)(r2 +16)\nR2 invalid mem access 'scalar'\n" END,
           "kfree_skb: R2 invalid mem access 'scalar', at \"return sk->family; @ drops.h:34\"");
    expect(BEGIN "BPF program is too large. Processed 1000001 insn\n" END,
           "kfree_skb: BPF program is too large. Processed 1000001 insn");
}

static void test_secrets(void)
{
    expect(BEGIN "; ffff888012345678\nR2 invalid mem access 'scalar'\n" END,
           "kfree_skb: R2 invalid mem access 'scalar'");
    expect(BEGIN "R1 is 0xffff888012345678\n" END, NULL);
    expect(BEGIN "value 9223372036854775 makes pkt pointer be out of bounds\n" END, NULL);
}

static void test_others(void)
{
    g_autofree char *line = g_strnfill(1000, 'x');
    g_autofree char *many = g_strnfill(100000, '\n');
    g_autofree char *log = g_strconcat(BEGIN, many, line, "\n" END, NULL);
    g_autofree char *got = agent_last_finding(log);

    g_assert_true(g_str_has_prefix(got, "kfree_skb: xxx"));
    g_assert_cmpuint(strlen(got), <, 200);
    expect(BEGIN END, NULL);
    expect("", NULL);
    expect("R2 invalid mem access", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/verifier-log/finding", test_finding);
    g_test_add_func("/verifier-log/secrets", test_secrets);
    g_test_add_func("/verifier-log/others", test_others);
    return g_test_run();
}
