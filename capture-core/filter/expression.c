/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expression.h"

#include <glib.h>
#include <pcap/pcap.h>

/* Only for the return value of a compiled filter, where nothing matters but whether it is zero. */
#define SNAPLEN 262144

/* libpcap's optimiser takes a second for about 300 addresses, and its time grows with the square of
 * their number. A program with more instructions than this is used unoptimised. */
#define MAX_OPTIMISED 9000

struct filter_expression {
    gatomicrefcount owners;
    GArray *programs[FILTER_FORMS]; /* of struct bpf_insn */
};

G_STATIC_ASSERT(sizeof(struct bpf_insn) == sizeof(struct sock_filter));
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct bpf_insn, jf) == G_STRUCT_OFFSET(struct sock_filter, jf));
G_STATIC_ASSERT(G_STRUCT_OFFSET(struct bpf_insn, k) == G_STRUCT_OFFSET(struct sock_filter, k));

/* Compiles without the optimiser first: that is fast, and shows how long the optimiser would take.
 */
static bool compile(pcap_t *pcap, const char *text, struct bpf_program *program)
{
    if (pcap_compile(pcap, program, text, 0, PCAP_NETMASK_UNKNOWN) != 0)
        return false;
    if (program->bf_len > MAX_OPTIMISED)
        return true;
    pcap_freecode(program);
    return pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
}

/* False: *words is libpcap's message, unless words is NULL. */
static bool compile_form(const char *text, int link_type, struct bpf_program *program, char **words)
{
    pcap_t *pcap = pcap_open_dead(link_type, SNAPLEN);
    bool ok = pcap && compile(pcap, text, program);

    if (!ok && words)
        *words = g_strdup(pcap ? pcap_geterr(pcap) : "libpcap could not be started");
    g_clear_pointer(&pcap, pcap_close);
    return ok;
}

/* A packet that the first does not match goes on to the second: "return 0" in the first becomes a
 * jump to its end. */
static void append_alternative(GArray *program, const struct bpf_program *alternative)
{
    for (guint i = 0; i < program->len; i++) {
        struct bpf_insn *instruction = &g_array_index(program, struct bpf_insn, i);

        if (instruction->code == (BPF_RET | BPF_K) && instruction->k == 0)
            *instruction = (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, program->len - i - 1);
    }
    g_array_append_vals(program, alternative->bf_insns, alternative->bf_len);
}

/* NULL: libpcap refuses one of the texts. For packets without a link header, a refused text is
 * skipped instead. */
static GArray *compile_any(const struct filter_expression_texts *texts, size_t count,
                           enum filter_form form, char **words)
{
    static const int link_types[FILTER_FORMS] = {DLT_EN10MB, DLT_RAW};
    static const struct bpf_insn match_nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    g_autoptr(GArray) program = g_array_new(FALSE, FALSE, sizeof(struct bpf_insn));

    for (size_t i = 0; i < count; i++) {
        const char *text = texts[i].of[form];
        struct bpf_program alternative;

        if (text && compile_form(text, link_types[form], &alternative, words)) {
            append_alternative(program, &alternative);
            pcap_freecode(&alternative);
        } else if (text && form == FILTER_FORM_ETHERNET) {
            return NULL;
        }
    }
    if (program->len == 0)
        g_array_append_val(program, match_nothing);
    return g_steal_pointer(&program);
}

struct filter_expression *filter_expression_new_any(const struct filter_expression_texts *texts,
                                                    size_t count, char **words)
{
    struct filter_expression *expression = g_new0(struct filter_expression, 1);
    GArray **programs = expression->programs;

    g_atomic_ref_count_init(&expression->owners);
    programs[FILTER_FORM_ETHERNET] = compile_any(texts, count, FILTER_FORM_ETHERNET, words);
    if (!programs[FILTER_FORM_ETHERNET]) {
        g_free(expression);
        return NULL;
    }
    programs[FILTER_FORM_IP] = compile_any(texts, count, FILTER_FORM_IP, NULL);
    return expression;
}

struct filter_expression *filter_expression_new(const char *text, char **words)
{
    const struct filter_expression_texts texts = {{text, text}};

    return filter_expression_new_any(&texts, 1, words);
}

struct filter_expression *filter_expression_ref(const struct filter_expression *expression)
{
    struct filter_expression *owned = (struct filter_expression *)expression;

    g_atomic_ref_count_inc(&owned->owners);
    return owned;
}

void filter_expression_free(struct filter_expression *expression)
{
    if (!expression || !g_atomic_ref_count_dec(&expression->owners))
        return;
    for (int form = 0; form < FILTER_FORMS; form++)
        g_array_unref(expression->programs[form]);
    g_free(expression);
}

const struct sock_filter *filter_expression_code(const struct filter_expression *expression,
                                                 enum filter_form form, size_t *count)
{
    *count = expression->programs[form]->len;
    return (const struct sock_filter *)expression->programs[form]->data;
}

bool filter_expression_matches(const struct filter_expression *expression, enum filter_form form,
                               const uint8_t *data, uint32_t caplen, uint32_t wirelen)
{
    GArray *instructions = expression->programs[form];
    const struct bpf_program program = {.bf_len = instructions->len,
                                        .bf_insns = (struct bpf_insn *)instructions->data};
    const struct pcap_pkthdr header = {.caplen = caplen, .len = wirelen};

    return pcap_offline_filter(&program, &header, data) != 0;
}
