/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters of a capture: received from the reader in classic BPF, translated for the programs.
 */
#include "filter-bodies.h"

#include <errno.h>
#include <glib.h>

#include "providers/ebpf/agent-protocol.h"
#include "providers/ebpf/cbpf/dispatch.h"
#include "providers/ebpf/cbpf/splice.h"
#include "providers/ebpf/cbpf/translate.h"
#include "reply.h"

/* Size of struct filter_window in bpf/track/match.h. */
#define WINDOW 1536

/* Names of the stand-in functions in the programs (bpf/track/match.h). */
static const char *const stand_ins[AGENT_FILTER_FORMS] = {
    [AGENT_FILTER_FRAME] = "filter_frame",
    [AGENT_FILTER_PACKET] = "filter_packet",
};

/* As received: arrays of struct sock_filter; NULL = nothing yet. */
static GArray *classic[RECORD_MAX_FILTERS][AGENT_FILTER_FORMS];

/* Translated for the programs. */
static struct {
    GArray *function;  /* of struct bpf_insn: a dispatcher, or the only filter; NULL = no filters */
    GPtrArray *bodies; /* of GArray, which the dispatcher calls; NULL = none */
} translated[AGENT_FILTER_FORMS];

static uint32_t instructions; /* of classic BPF, translated for one form */

/* struct cbpf_splice; libbpf borrows them until the programs are loaded. */
static GPtrArray *splices;

void agent_add_filter(const struct agent_filter_part *part)
{
    GArray **code;

    if (part->filter >= RECORD_MAX_FILTERS || part->form >= AGENT_FILTER_FORMS ||
        part->count > AGENT_FILTER_PART)
        agent_fail("The filter is malformed.");
    code = &classic[part->filter][part->form];
    if (!*code)
        *code = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
    if ((*code)->len + part->count > CBPF_MAX_CLASSIC)
        agent_fail("The filter is too long for the kernel.");
    g_array_append_vals(*code, part->code, part->count);
}

static GArray *translate(const GArray *code, uint64_t needs_more)
{
    GArray *body = NULL;
    enum cbpf_translation result = cbpf_translate_alone((const struct sock_filter *)code->data,
                                                        code->len, WINDOW, needs_more, &body);

    if (result != CBPF_TRANSLATED)
        agent_fail("The kernel cannot apply the filter, because it %s.",
                   cbpf_translation_text(result));
    return body;
}

static GArray *match_nothing(void)
{
    static const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    GArray *body = NULL;

    cbpf_translate(nothing, G_N_ELEMENTS(nothing), WINDOW, &body);
    return body;
}

/* NULL: the dispatcher does not call it. */
static void unref_body(void *body)
{
    if (body)
        g_array_unref(body);
}

static GArray *translate_one(const struct agent_start *wanted, uint32_t filter, size_t form)
{
    if (wanted->always_filters >> filter & 1)
        return NULL;
    if (!classic[filter][form]) /* the bit is unused */
        return match_nothing();
    return translate(classic[filter][form], CBPF_NEEDS_MORE);
}

static void translate_several(const struct agent_start *wanted, size_t form)
{
    /* Kept at once: a refusal ends the agent here, and in the fuzzer the next start frees it. */
    GPtrArray *bodies = translated[form].bodies = g_ptr_array_new_with_free_func(unref_body);

    for (uint32_t i = 0; i < wanted->filters; i++)
        g_ptr_array_add(bodies, translate_one(wanted, i, form));
    translated[form].function =
        cbpf_dispatch(wanted->filters, RECORD_NEEDS_MORE, wanted->always_filters);
}

/* The result of the only filter is CBPF_MATCH, which is its bit 0. */
static void translate_form(const struct agent_start *wanted, size_t form)
{
    if (wanted->filters == 1 && !wanted->always_filters && classic[0][form])
        translated[form].function = translate(classic[0][form], RECORD_NEEDS_MORE);
    else
        translate_several(wanted, form);
}

static void forget_translated(size_t form)
{
    g_clear_pointer(&translated[form].function, g_array_unref);
    g_clear_pointer(&translated[form].bodies, g_ptr_array_unref);
}

static uint32_t count_classic(size_t form)
{
    uint32_t count = 0;

    for (size_t i = 0; i < RECORD_MAX_FILTERS; i++)
        count += classic[i][form] ? classic[i][form]->len : 0;
    return count;
}

uint32_t agent_count_instructions(void)
{
    return instructions;
}

void agent_translate_filters(const struct agent_start *wanted)
{
    instructions = 0;
    if (wanted->filters > RECORD_MAX_FILTERS)
        agent_fail("A capture can have at most %d filters.", RECORD_MAX_FILTERS);
    for (size_t form = 0; form < AGENT_FILTER_FORMS; form++) {
        forget_translated(form);
        instructions = MAX(instructions, count_classic(form));
        if (wanted->filters > 0)
            translate_form(wanted, form);
        for (size_t i = 0; i < RECORD_MAX_FILTERS; i++)
            g_clear_pointer(&classic[i][form], g_array_unref);
    }
}

static void free_splice(void *splice)
{
    cbpf_splice_free(splice);
    g_free(splice);
}

int agent_splice_filters(struct bpf_program *program, struct bpf_prog_load_opts *options,
                         const struct btf *btf)
{
    struct cbpf_splice *splice = g_new0(struct cbpf_splice, 1);
    bool any = false;

    if (!splices)
        splices = g_ptr_array_new_with_free_func(free_splice);
    g_ptr_array_add(splices, splice);
    cbpf_splice_begin(splice, program, options);
    for (size_t form = 0; form < AGENT_FILTER_FORMS; form++)
        any |= cbpf_splice_function(splice, btf, stand_ins[form], translated[form].function,
                                    translated[form].bodies);
    return any ? cbpf_splice_end(splice, program, options) : 0;
}

void agent_free_splices(void)
{
    g_clear_pointer(&splices, g_ptr_array_unref);
}
