/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a translated filter on many packets in the kernel. Needs CAP_BPF and CAP_PERFMON. */
#ifndef FILTER_TEST_JUDGE_H
#define FILTER_TEST_JUDGE_H

#include <glib.h>
#include <stdbool.h>

#include "packet.h"

#define JUDGE_WINDOW WINDOW

struct judge;

/* Copies the packets (struct sample) into kernel memory. Ends the test if it cannot. */
struct judge *judge_new(const GArray *samples);
void judge_free(struct judge *judge);

/* Loads the filter (of cbpf_translate()), and runs it on all packets; false: the kernel does not
 * load it. */
bool judge_run(struct judge *judge, const GArray *body);

/* The same for the packets inside the packets, with the bytes that were present. without_link: the
 * packets begin with their IP headers. */
bool judge_run_inside(struct judge *judge, const GArray *body, bool without_link);

struct judge_verdict {
    int first;     /* enum cbpf_verdict, with the bytes that were present */
    int verdict;   /* with all bytes, or as many as the window holds; or of the inner packet */
    guint32 inner; /* place of the inner packet, as of inner_find() */
};

/* Of the last run. */
struct judge_verdict judge_verdict(const struct judge *judge, guint index);

#endif
