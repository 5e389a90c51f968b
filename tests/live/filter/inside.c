/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside PACKETS: applies filters to the inner packet of PACKETS packets, in this kernel, and in
 * libpcap's interpreter at the place that user space finds. Both must agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/expression.h"
#include "frames.h"
#include "filter/inner.h"
#include "judge.h"
#include "providers/ebpf/cbpf/translate.h"

#define SEED 7348

static const char *const expressions[] = {
    "icmp", "icmp6", "udp port 9000", "tcp port 80",         "ip6",
    "arp",  "vlan",  "host 10.1.2.3", "ether[12:2] = 0x800", "ip[ip[2:2] - 1] = 0x39",
};

struct totals {
    guint64 packets, inside, matches, different;
};

static __u32 find(const struct sample *sample, bool without_link)
{
    __u8 bytes[INNER_REACH] = {0};

    memcpy(bytes, sample->data, MIN(sample->whole, INNER_REACH));
    return inner_find(bytes, sample->present, without_link, INNER_VXLAN_PORT);
}

/* Whether the verdict is right: undecided only if bytes that were not present decide. */
static bool is_right(const struct filter_expression *expression, enum filter_form form,
                     const struct sample *sample, const struct judge_verdict *got,
                     struct totals *totals)
{
    guint offset = INNER_OFFSET(got->inner);
    bool wanted = filter_expression_matches(expression, form, sample->data + offset,
                                            sample->caplen - offset, sample->wirelen - offset);

    totals->inside++;
    totals->matches += wanted;
    return got->verdict == CBPF_NEEDS_MORE ? sample->present < sample->caplen
                                           : got->verdict == (int)wanted;
}

static void compare(struct judge *judge, const GArray *samples, bool without_link,
                    const struct filter_expression *expression, enum filter_form form,
                    struct totals *totals)
{
    for (guint i = 0; i < samples->len; i++) {
        const struct sample *sample = &g_array_index(samples, struct sample, i);
        struct judge_verdict got = judge_verdict(judge, i);
        bool ip = (got.inner & INNER_WITHOUT_LINK) != 0;

        totals->packets++;
        if (got.inner != find(sample, without_link))
            totals->different++;
        else if (got.inner != INNER_NONE && ip == (form == FILTER_FORM_IP))
            totals->different += !is_right(expression, form, sample, &got, totals);
    }
}

static void test_expression(struct judge *judge, const GArray *samples, bool without_link,
                            const char *text, struct totals *totals)
{
    struct filter_expression *expression = filter_expression_new(text, NULL);

    for (int form = 0; expression && form < FILTER_FORMS; form++) {
        g_autoptr(GArray) body = NULL;
        size_t count;
        const struct sock_filter *code = filter_expression_code(expression, form, &count);

        if (cbpf_translate(code, count, JUDGE_WINDOW, &body) != CBPF_TRANSLATED ||
            !judge_run_inside(judge, body, without_link)) {
            g_error("\"%s\" does not run in the kernel", text);
        }
        compare(judge, samples, without_link, expression, form, totals);
    }
    filter_expression_free(expression);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "Usage: inside PACKETS\n");
        return EXIT_FAILURE;
    }
    GArray *frames = frames_make();
    struct totals totals = {0};

    for (int without_link = 0; without_link <= 1; without_link++) {
        GArray *samples = samples_make(frames, without_link, atoi(argv[1]), SEED);
        struct judge *judge = judge_new(samples);

        for (gsize i = 0; i < G_N_ELEMENTS(expressions); i++)
            test_expression(judge, samples, without_link, expressions[i], &totals);
        judge_free(judge);
        samples_free(samples);
    }
    frames_free(frames);
    printf("%" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT
           " with a packet inside of the filter's form, %" G_GUINT64_FORMAT
           " matches, %" G_GUINT64_FORMAT " different\n",
           totals.packets, totals.inside, totals.matches, totals.different);
    return totals.different == 0 && totals.matches > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
