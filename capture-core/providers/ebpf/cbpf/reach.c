/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reach.h"

#include <glib.h>

#include "check.h"

static void reach(uint32_t *present, size_t target, uint32_t bytes)
{
    present[target] = MIN(present[target], bytes);
}

static void reach_jump(uint32_t *present, const struct sock_filter *insn, size_t next,
                       uint32_t bytes)
{
    if (BPF_OP(insn->code) == BPF_JA) {
        reach(present, next + insn->k, bytes);
    } else {
        reach(present, next + insn->jt, bytes);
        reach(present, next + insn->jf, bytes);
    }
}

/* A load that ends behind the window never continues: its verdict is "no match" or "needs more". */
static void reach_next(uint32_t *present, const struct sock_filter *insn, size_t next,
                       uint32_t bytes, uint32_t window)
{
    uint64_t end = cbpf_load_size(insn) > 0 ? cbpf_load_end(insn) : 0;

    if (end <= window)
        reach(present, next, MAX(bytes, (uint32_t)end));
}

/* All jumps go forward, so one pass is enough. */
uint32_t *cbpf_reach(const struct sock_filter *classic, size_t count, uint32_t window)
{
    uint32_t *present = g_new(uint32_t, count);

    for (size_t i = 0; i < count; i++)
        present[i] = CBPF_UNREACHED;
    present[0] = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sock_filter *insn = &classic[i];

        if (present[i] == CBPF_UNREACHED || BPF_CLASS(insn->code) == BPF_RET)
            continue;
        if (BPF_CLASS(insn->code) == BPF_JMP)
            reach_jump(present, insn, i + 1, present[i]);
        else
            reach_next(present, insn, i + 1, present[i], window);
    }
    return present;
}
