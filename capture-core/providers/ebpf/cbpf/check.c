/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <glib.h>

typedef enum cbpf_translation checker(const struct sock_filter *insn, size_t at, size_t count);

static enum cbpf_translation accept(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)insn;
    (void)at;
    (void)count;
    return CBPF_TRANSLATED;
}

static enum cbpf_translation check_slot(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)at;
    (void)count;
    return insn->k < BPF_MEMWORDS ? CBPF_TRANSLATED : CBPF_INVALID;
}

static enum cbpf_translation check_divisor(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)at;
    (void)count;
    return insn->k != 0 ? CBPF_TRANSLATED : CBPF_INVALID;
}

/* libpcap refuses expressions that shift by more; in its interpreter that would be undefined. */
static enum cbpf_translation check_shift(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)at;
    (void)count;
    return insn->k < 32 ? CBPF_TRANSLATED : CBPF_INVALID;
}

static enum cbpf_translation check_branch(const struct sock_filter *insn, size_t at, size_t count)
{
    size_t room = count - 1 - at;

    return insn->jt < room && insn->jf < room ? CBPF_TRANSLATED : CBPF_INVALID;
}

static enum cbpf_translation check_jump(const struct sock_filter *insn, size_t at, size_t count)
{
    int64_t target = (int64_t)at + 1 + (int32_t)insn->k;

    if (target < 0 || target >= (int64_t)count)
        return CBPF_INVALID;
    return target > (int64_t)at ? CBPF_TRANSLATED : CBPF_BACKWARD_JUMP;
}

#define BY_K_AND_X(code, check_k, check_x) [(code) | BPF_K] = check_k, [(code) | BPF_X] = check_x

/* By the instruction's code; codes without a checker are invalid. */
static checker *const checkers[] = {
    [BPF_LD | BPF_W | BPF_ABS] = accept,
    [BPF_LD | BPF_H | BPF_ABS] = accept,
    [BPF_LD | BPF_B | BPF_ABS] = accept,
    [BPF_LD | BPF_W | BPF_IND] = accept,
    [BPF_LD | BPF_H | BPF_IND] = accept,
    [BPF_LD | BPF_B | BPF_IND] = accept,
    [BPF_LDX | BPF_B | BPF_MSH] = accept,
    [BPF_LD | BPF_W | BPF_LEN] = accept,
    [BPF_LDX | BPF_W | BPF_LEN] = accept,
    [BPF_LD | BPF_IMM] = accept,
    [BPF_LDX | BPF_IMM] = accept,
    [BPF_LD | BPF_MEM] = check_slot,
    [BPF_LDX | BPF_MEM] = check_slot,
    [BPF_ST] = check_slot,
    [BPF_STX] = check_slot,
    BY_K_AND_X(BPF_ALU | BPF_ADD, accept, accept),
    BY_K_AND_X(BPF_ALU | BPF_SUB, accept, accept),
    BY_K_AND_X(BPF_ALU | BPF_MUL, accept, accept),
    BY_K_AND_X(BPF_ALU | BPF_DIV, check_divisor, accept),
    BY_K_AND_X(BPF_ALU | BPF_MOD, check_divisor, accept),
    BY_K_AND_X(BPF_ALU | BPF_AND, accept, accept),
    BY_K_AND_X(BPF_ALU | BPF_OR, accept, accept),
    BY_K_AND_X(BPF_ALU | BPF_XOR, accept, accept),
    BY_K_AND_X(BPF_ALU | BPF_LSH, check_shift, accept),
    BY_K_AND_X(BPF_ALU | BPF_RSH, check_shift, accept),
    [BPF_ALU | BPF_NEG] = accept,
    [BPF_JMP | BPF_JA] = check_jump,
    BY_K_AND_X(BPF_JMP | BPF_JEQ, check_branch, check_branch),
    BY_K_AND_X(BPF_JMP | BPF_JGT, check_branch, check_branch),
    BY_K_AND_X(BPF_JMP | BPF_JGE, check_branch, check_branch),
    BY_K_AND_X(BPF_JMP | BPF_JSET, check_branch, check_branch),
    [BPF_RET | BPF_K] = accept,
    [BPF_RET | BPF_A] = accept,
    [BPF_MISC | BPF_TAX] = accept,
    [BPF_MISC | BPF_TXA] = accept,
};

enum cbpf_translation cbpf_check(const struct sock_filter *classic, size_t count)
{
    if (count > CBPF_MAX_CLASSIC)
        return CBPF_TOO_LONG;
    if (count == 0 || BPF_CLASS(classic[count - 1].code) != BPF_RET)
        return CBPF_INVALID;
    for (size_t at = 0; at < count; at++) {
        uint16_t code = classic[at].code;
        checker *check = code < G_N_ELEMENTS(checkers) ? checkers[code] : NULL;
        enum cbpf_translation verdict = check ? check(&classic[at], at, count) : CBPF_INVALID;

        if (verdict != CBPF_TRANSLATED)
            return verdict;
    }
    return CBPF_TRANSLATED;
}

unsigned cbpf_load_size(const struct sock_filter *insn)
{
    static const unsigned sizes[] = {[BPF_W] = 4, [BPF_H] = 2, [BPF_B] = 1};
    unsigned kind = BPF_CLASS(insn->code), mode = BPF_MODE(insn->code);

    if ((kind == BPF_LD && (mode == BPF_ABS || mode == BPF_IND)) ||
        (kind == BPF_LDX && mode == BPF_MSH)) {
        return sizes[BPF_SIZE(insn->code)];
    }
    return 0;
}

uint64_t cbpf_load_end(const struct sock_filter *insn)
{
    return (uint64_t)insn->k + cbpf_load_size(insn);
}
