/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expression.h"

#include <glib.h>
#include <pcap/pcap.h>

/* Only for the return value of a compiled filter, of which zero or not is all that counts. */
#define SNAPLEN 262144

/* libpcap's optimiser takes a second for some 300 addresses, and longer with the square of their
 * number; what is longer than this many instructions before it stays as it is. */
#define MAX_OPTIMISED 9000

struct pktmon_expression {
    struct bpf_program programs[PKTMON_FORMS];
    struct bpf_insn match_nothing;
};

G_STATIC_ASSERT(sizeof(struct bpf_insn) == sizeof(struct sock_filter));
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct bpf_insn, jf) == G_STRUCT_OFFSET(struct sock_filter, jf));
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct bpf_insn, k) == G_STRUCT_OFFSET(struct sock_filter, k));

/* Without the optimiser first, which is fast, and shows how long the optimiser would take. */
static bool compile(pcap_t *pcap, const char *text, struct bpf_program *program)
{
    if (pcap_compile(pcap, program, text, 0, PCAP_NETMASK_UNKNOWN) != 0) {
        return false;
    }
    if (program->bf_len > MAX_OPTIMISED) {
        return true;
    }
    pcap_freecode(program);
    return pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
}

/* False: *words has libpcap's own, if anyone wants them. */
static bool compile_form(const char *text, int link_type, struct bpf_program *program, char **words)
{
    pcap_t *pcap = pcap_open_dead(link_type, SNAPLEN);
    bool good = pcap && compile(pcap, text, program);

    if (!good && words) {
        *words = g_strdup(pcap ? pcap_geterr(pcap) : "libpcap could not be started");
    }
    g_clear_pointer(&pcap, pcap_close);
    return good;
}

struct pktmon_expression *pktmon_expression_new(const char *text, char **words)
{
    struct pktmon_expression *expression = g_new0(struct pktmon_expression, 1);
    struct bpf_program *programs = expression->programs;

    if (!compile_form(text, DLT_EN10MB, &programs[PKTMON_FORM_ETHERNET], words)) {
        g_free(expression);
        return NULL;
    }
    expression->match_nothing = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
    if (!compile_form(text, DLT_RAW, &programs[PKTMON_FORM_IP], NULL)) {
        programs[PKTMON_FORM_IP] =
            (struct bpf_program){.bf_len = 1, .bf_insns = &expression->match_nothing};
    }
    return expression;
}

void pktmon_expression_free(struct pktmon_expression *expression)
{
    if (!expression) {
        return;
    }
    for (int form = 0; form < PKTMON_FORMS; form++) {
        if (expression->programs[form].bf_insns != &expression->match_nothing) {
            pcap_freecode(&expression->programs[form]);
        }
    }
    g_free(expression);
}

const struct sock_filter *pktmon_expression_code(const struct pktmon_expression *expression,
                                                 enum pktmon_form form, size_t *count)
{
    *count = expression->programs[form].bf_len;
    return (const struct sock_filter *)expression->programs[form].bf_insns;
}

bool pktmon_expression_matches(const struct pktmon_expression *expression, enum pktmon_form form,
                               const uint8_t *data, uint32_t caplen, uint32_t wirelen)
{
    const struct pcap_pkthdr header = {.caplen = caplen, .len = wirelen};

    return pcap_offline_filter(&expression->programs[form], &header, data) != 0;
}
