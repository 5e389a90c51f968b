/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are wanted: filters as the reader sends them, in classic BPF, for the programs. */
#include "holder.h"

#include <errno.h>

#include "../filter/dispatch.h"
#include "../filter/splice.h"
#include "../filter/translate.h"

/* As struct filter_window of bpf/match.h. */
#define WINDOW 1536

/* The programs' stand-ins (bpf/match.h). */
static const char *const stand_ins[AGENT_FILTER_FORMS] = {
    [AGENT_FILTER_FRAME] = "filter_frame",
    [AGENT_FILTER_PACKET] = "filter_packet",
};

/* As they were taken: of struct sock_filter; NULL = nothing yet. */
static GArray *classic[RECORD_MAX_FILTERS][AGENT_FILTER_FORMS];

/* As the programs get them. */
static struct {
    GArray *function;  /* of struct bpf_insn: a dispatcher, or the only filter; NULL = no filters */
    GPtrArray *bodies; /* of GArray, which the dispatcher calls; NULL = none */
} translated[AGENT_FILTER_FORMS];

/* What libbpf borrows until the programs are loaded: of struct filter_splice. */
static GPtrArray *splices;

void filters_take(const struct agent_filter_part *part)
{
    GArray **code;

    if (part->filter >= RECORD_MAX_FILTERS || part->form >= AGENT_FILTER_FORMS ||
        part->count > AGENT_FILTER_PART)
        agent_fail("The filter is not one.");
    code = &classic[part->filter][part->form];
    if (!*code)
        *code = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
    if ((*code)->len + part->count > FILTER_MAX_CLASSIC)
        agent_fail("The filter is too long for the kernel.");
    g_array_append_vals(*code, part->code, part->count);
}

static GArray *translate(const GArray *code, uint64_t needs_more)
{
    GArray *body = NULL;
    enum filter_translation result = filter_translate_alone((const struct sock_filter *)code->data,
                                                            code->len, WINDOW, needs_more, &body);

    if (result != FILTER_TRANSLATED)
        agent_fail("The kernel cannot judge by the filter, because it %s.",
                   filter_translation_text(result));
    return body;
}

static GArray *match_nothing(void)
{
    static const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    GArray *body = NULL;

    filter_translate(nothing, G_N_ELEMENTS(nothing), WINDOW, &body);
    return body;
}

static void unref_body(void *body)
{
    g_array_unref(body);
}

static void translate_several(const struct agent_start *wanted, size_t form)
{
    GPtrArray *bodies = g_ptr_array_new_with_free_func(unref_body);

    for (uint32_t i = 0; i < wanted->filters; i++) {
        bool always = wanted->always_filters >> i & 1;
        const GArray *code = classic[i][form]; /* NULL: the bit is kept free */

        g_ptr_array_add(bodies,
                        always || !code ? match_nothing() : translate(code, FILTER_NEEDS_MORE));
    }
    translated[form].bodies = bodies;
    translated[form].function =
        filter_dispatch(wanted->filters, RECORD_NEEDS_MORE, wanted->always_filters);
}

/* Bit 0, the only filter's, is FILTER_MATCH. */
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

void filters_translate(const struct agent_start *wanted)
{
    if (wanted->filters > RECORD_MAX_FILTERS)
        agent_fail("There may be %d filters.", RECORD_MAX_FILTERS);
    for (size_t form = 0; form < AGENT_FILTER_FORMS; form++) {
        forget_translated(form);
        if (wanted->filters > 0)
            translate_form(wanted, form);
        for (size_t i = 0; i < RECORD_MAX_FILTERS; i++)
            g_clear_pointer(&classic[i][form], g_array_unref);
    }
}

static void free_splice(void *splice)
{
    filter_splice_free(splice);
    g_free(splice);
}

int filters_splice(struct bpf_program *program, struct bpf_prog_load_opts *options,
                   const struct btf *btf)
{
    struct filter_splice *splice = g_new0(struct filter_splice, 1);
    bool any = false;

    if (!splices)
        splices = g_ptr_array_new_with_free_func(free_splice);
    g_ptr_array_add(splices, splice);
    filter_splice_begin(splice, program, options);
    for (size_t form = 0; form < AGENT_FILTER_FORMS; form++)
        any |= filter_splice_function(splice, btf, stand_ins[form], translated[form].function,
                                      translated[form].bodies);
    return any ? filter_splice_end(splice, program, options) : 0;
}

void filters_loaded(void)
{
    g_clear_pointer(&splices, g_ptr_array_unref);
}
