/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dispatch.h"

#include <linux/bpf.h>
#include <stddef.h>

#include "verdict.h"

#define ARGUMENTS 4
#define RESULT    (-8) /* offset in the stack frame */

/* The arguments are saved in registers that calls preserve. */
enum { FIRST_ARGUMENT = BPF_REG_1, FIRST_SAVED = BPF_REG_6, FRAME = BPF_REG_10 };

static void put(GArray *body, uint8_t code, uint8_t to, uint8_t from, int16_t offset,
                int32_t immediate)
{
    const struct bpf_insn insn = {
        .code = code, .dst_reg = to, .src_reg = from, .off = offset, .imm = immediate};

    g_array_append_val(body, insn);
}

/* Two instructions. */
static void put_constant(GArray *body, uint8_t to, uint64_t value)
{
    put(body, BPF_LD | BPF_DW | BPF_IMM, to, 0, 0, (int32_t)value);
    put(body, 0, 0, 0, 0, (int32_t)(value >> 32));
}

static void put_move(GArray *body, uint8_t to, uint8_t from)
{
    put(body, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

static void save_arguments(GArray *body)
{
    for (int i = 0; i < ARGUMENTS; i++)
        put_move(body, FIRST_SAVED + i, FIRST_ARGUMENT + i);
}

static void call(GArray *body, unsigned callee)
{
    for (int i = 0; i < ARGUMENTS; i++)
        put_move(body, FIRST_ARGUMENT + i, FIRST_SAVED + i);
    put(body, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, callee);
}

/* Adds the meaning of the verdict to the result. */
static void add_verdict(GArray *body, uint64_t bit, uint64_t needs_more)
{
    put(body, BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_0, 0, 8, CBPF_NO_MATCH);
    put_constant(body, BPF_REG_1, bit);
    put(body, BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, CBPF_MATCH);
    put_constant(body, BPF_REG_1, needs_more);
    put(body, BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_2, FRAME, RESULT, 0);
    put(body, BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
    put(body, BPF_STX | BPF_DW | BPF_MEM, FRAME, BPF_REG_2, RESULT, 0);
}

GArray *cbpf_dispatch(unsigned filters, uint64_t needs_more, uint64_t always)
{
    GArray *body = g_array_new(FALSE, FALSE, sizeof(struct bpf_insn));

    save_arguments(body);
    put_constant(body, BPF_REG_1, always);
    put(body, BPF_STX | BPF_DW | BPF_MEM, FRAME, BPF_REG_1, RESULT, 0);
    for (unsigned i = 0; i < filters; i++) {
        if (always >> i & 1)
            continue;
        call(body, i);
        add_verdict(body, 1ULL << i, needs_more);
    }
    put(body, BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_0, FRAME, RESULT, 0);
    put(body, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    return body;
}
