/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * differential EXPRESSIONS PACKETS PROGRAMS: runs every expression of the file on PACKETS packets,
 * with a link header and without, in this kernel and in libpcap's interpreter, and also PROGRAMS
 * programs of random instructions. Both must agree on all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classic.h"
#include "filter/expression.h"
#include "frames.h"
#include "judge.h"
#include "providers/ebpf/cbpf/translate.h"

#define SEED              20240229
#define MAX_PROGRAM_BYTES 300
#define LONG_LIST         200 /* addresses */

struct totals {
    guint programs, translated, in_user_space, nothing_without_link;
    guint64 comparisons, matches, second_calls, undecided, different;
};

struct form {
    enum filter_form form;
    const char *name;
    GArray *samples;
    struct judge *judge;
};

/* The only expressions that the kernel programs cannot take. */
static bool may_stay_in_user_space(const char *expression)
{
    return strstr(expression, "protochain") != NULL;
}

static void report(const struct form *form, const char *text, const struct sample *sample,
                   bool wanted, const struct judge_verdict *got)
{
    printf("\"%s\" on %s: libpcap %d, kernel %d (first %d), present %u caplen %u wirelen %u:", text,
           form->name, wanted, got->verdict, got->first, sample->present, sample->caplen,
           sample->wirelen);
    for (guint i = 0; i < MIN(sample->caplen, 128); i++)
        printf(" %02x", sample->data[i]);
    printf("\n");
}

/* A verdict may be undecided only if bytes that were not present decide, and is never wrong. */
static bool agrees(const struct sample *sample, bool wanted, const struct judge_verdict *got)
{
    bool first_open = got->first == CBPF_NEEDS_MORE, open = got->verdict == CBPF_NEEDS_MORE;

    return (!first_open || MIN(sample->present, JUDGE_WINDOW) < sample->caplen) &&
           (open ? sample->caplen > JUDGE_WINDOW : got->verdict == (int)wanted);
}

/* A filter: its text, and the instructions that libpcap runs. */
struct filter {
    const char *text;
    const struct filter_expression *expression; /* NULL: program is used */
    const GArray *program;
};

static bool libpcap_matches(const struct filter *filter, enum filter_form form,
                            const struct sample *sample)
{
    if (filter->expression) {
        return filter_expression_matches(filter->expression, form, sample->data, sample->caplen,
                                         sample->wirelen);
    }
    return classic_matches(filter->program, sample->data, sample->caplen, sample->wirelen);
}

static void compare(const struct form *form, const struct filter *filter, struct totals *totals)
{
    for (guint i = 0; i < form->samples->len; i++) {
        const struct sample *sample = &g_array_index(form->samples, struct sample, i);
        struct judge_verdict got = judge_verdict(form->judge, i);
        bool wanted = libpcap_matches(filter, form->form, sample);

        totals->comparisons++;
        totals->matches += wanted;
        totals->second_calls += got.first == CBPF_NEEDS_MORE;
        totals->undecided += got.verdict == CBPF_NEEDS_MORE;
        if (!agrees(sample, wanted, &got) && totals->different++ < 10)
            report(form, filter->text, sample, wanted, &got);
    }
}

static void run_in_kernel(const struct form *form, const struct filter *filter, const GArray *body,
                          struct totals *totals)
{
    totals->translated++;
    if (!judge_run(form->judge, body))
        g_error("the kernel refuses \"%s\" on %s", filter->text, form->name);
    compare(form, filter, totals);
}

static void test_form(const struct form *form, const struct filter *filter, struct totals *totals)
{
    g_autoptr(GArray) body = NULL;
    size_t count;
    const struct sock_filter *code = filter_expression_code(filter->expression, form->form, &count);
    enum cbpf_translation translation = cbpf_translate(code, count, JUDGE_WINDOW, &body);

    totals->programs++;
    if (translation == CBPF_TRANSLATED) {
        totals->nothing_without_link += form->form == FILTER_FORM_IP && count == 1;
        run_in_kernel(form, filter, body, totals);
    } else if (translation == CBPF_BACKWARD_JUMP && may_stay_in_user_space(filter->text)) {
        totals->in_user_space++;
    } else {
        g_error("\"%s\" %s", filter->text, cbpf_translation_text(translation));
    }
}

static void test_random_programs(const struct form *form, guint count, struct totals *totals)
{
    GRand *rand = g_rand_new_with_seed(SEED);

    for (guint i = 0; i < count; i++) {
        g_autofree char *text = g_strdup_printf("random program %u", i);
        uint8_t bytes[MAX_PROGRAM_BYTES];
        g_autoptr(GArray) body = NULL;

        for (gsize at = 0; at < sizeof(bytes); at++)
            bytes[at] = (uint8_t)g_rand_int_range(rand, 0, 256);
        g_autoptr(GArray) program =
            classic_from_bytes(bytes, g_rand_int_range(rand, 0, MAX_PROGRAM_BYTES + 1));
        const struct filter filter = {.text = text, .program = program};
        enum cbpf_translation translation = cbpf_translate(
            (const struct sock_filter *)program->data, program->len, JUDGE_WINDOW, &body);
        if (translation != CBPF_TRANSLATED)
            g_error("%s %s", text, cbpf_translation_text(translation));
        totals->programs++;
        run_in_kernel(form, &filter, body, totals);
    }
    g_rand_free(rand);
}

static void test_expression(const struct form *forms, const char *text, struct totals *totals)
{
    g_autofree char *words = NULL;
    struct filter_expression *expression = filter_expression_new(text, &words);

    if (!expression)
        g_error("libpcap refuses \"%s\": %s", text, words);
    const struct filter filter = {.text = text, .expression = expression};
    for (int form = 0; form < FILTER_FORMS; form++)
        test_form(&forms[form], &filter, totals);
    filter_expression_free(expression);
}

/* A list of addresses as long as users have; the last address is in the frames. */
static void test_long_list(const struct form *forms, struct totals *totals)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < LONG_LIST; i++)
        g_string_append_printf(text, "host 10.%u.%u.1 or ", i / 200, i % 200);
    g_string_append(text, "host 10.1.2.3");
    test_expression(forms, text->str, totals);
}

static guint test_file(const struct form *forms, const char *path, struct totals *totals)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    guint expressions = 0;

    if (!g_file_get_contents(path, &content, NULL, &error))
        g_error("%s", error->message);
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line != '\0' && **line != '#') {
            test_expression(forms, *line, totals);
            expressions++;
        }
    }
    return expressions;
}

static void print_totals(const char *what, const struct totals *totals)
{
    printf("%s: %u programs, %u run in the kernel (%u of them match nothing without link header), "
           "%u left to user space\n",
           what, totals->programs, totals->translated, totals->nothing_without_link,
           totals->in_user_space);
    printf("%s: %" G_GUINT64_FORMAT " comparisons, %" G_GUINT64_FORMAT
           " matches, %" G_GUINT64_FORMAT " needed a second call, %" G_GUINT64_FORMAT
           " left undecided, %" G_GUINT64_FORMAT " different\n",
           what, totals->comparisons, totals->matches, totals->second_calls, totals->undecided,
           totals->different);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "Usage: differential EXPRESSIONS PACKETS PROGRAMS\n");
        return EXIT_FAILURE;
    }
    GArray *frames = frames_make();
    struct form forms[FILTER_FORMS] = {
        [FILTER_FORM_ETHERNET] = {FILTER_FORM_ETHERNET, "Ethernet"},
        [FILTER_FORM_IP] = {FILTER_FORM_IP, "IP"},
    };
    struct totals expressions = {0}, programs = {0};

    for (int i = 0; i < FILTER_FORMS; i++) {
        forms[i].samples = samples_make(frames, i == FILTER_FORM_IP, atoi(argv[2]), SEED + i);
        forms[i].judge = judge_new(forms[i].samples);
    }
    printf("%u kinds of frames, %u packets of each form\n", frames->len, forms[0].samples->len);
    test_long_list(forms, &expressions);
    printf("%u expressions and a long one\n", test_file(forms, argv[1], &expressions));
    print_totals("expressions", &expressions);
    test_random_programs(&forms[FILTER_FORM_ETHERNET], atoi(argv[3]), &programs);
    print_totals("random programs", &programs);
    for (int i = 0; i < FILTER_FORMS; i++) {
        judge_free(forms[i].judge);
        samples_free(forms[i].samples);
    }
    frames_free(frames);
    return expressions.different + programs.different == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
