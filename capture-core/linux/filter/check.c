/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

typedef enum filter_translation checker(const struct sock_filter *insn, size_t at, size_t count);

static enum filter_translation accept(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)insn;
    (void)at;
    (void)count;
    return FILTER_TRANSLATED;
}

static enum filter_translation check_slot(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)at;
    (void)count;
    return insn->k < BPF_MEMWORDS ? FILTER_TRANSLATED : FILTER_INVALID;
}

static enum filter_translation check_divisor(const struct sock_filter *insn, size_t at,
                                             size_t count)
{
    (void)at;
    (void)count;
    return insn->k != 0 ? FILTER_TRANSLATED : FILTER_INVALID;
}

/* libpcap refuses expressions that shift by more; its interpreter would do anything. */
static enum filter_translation check_shift(const struct sock_filter *insn, size_t at, size_t count)
{
    (void)at;
    (void)count;
    return insn->k < 32 ? FILTER_TRANSLATED : FILTER_INVALID;
}

static enum filter_translation check_branch(const struct sock_filter *insn, size_t at, size_t count)
{
    size_t room = count - 1 - at;

    return insn->jt < room && insn->jf < room ? FILTER_TRANSLATED : FILTER_INVALID;
}

static enum filter_translation check_jump(const struct sock_filter *insn, size_t at, size_t count)
{
    int64_t target = (int64_t)at + 1 + (int32_t)insn->k;

    if (target < 0 || target >= (int64_t)count) {
        return FILTER_INVALID;
    }
    return target > (int64_t)at ? FILTER_TRANSLATED : FILTER_BACKWARD_JUMP;
}

#define BY_K_AND_X(code, check_k, check_x) [(code) | BPF_K] = check_k, [(code) | BPF_X] = check_x

/* By the instruction's code; those without a checker do not exist. */
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

enum filter_translation filter_check(const struct sock_filter *classic, size_t count)
{
    if (count > FILTER_MAX_CLASSIC) {
        return FILTER_TOO_LONG;
    }
    if (count == 0 || BPF_CLASS(classic[count - 1].code) != BPF_RET) {
        return FILTER_INVALID;
    }
    for (size_t at = 0; at < count; at++) {
        uint16_t code = classic[at].code;
        checker *check = code < G_N_ELEMENTS(checkers) ? checkers[code] : NULL;
        enum filter_translation verdict = check ? check(&classic[at], at, count) : FILTER_INVALID;

        if (verdict != FILTER_TRANSLATED) {
            return verdict;
        }
    }
    return FILTER_TRANSLATED;
}

unsigned filter_load_size(const struct sock_filter *insn)
{
    static const unsigned sizes[] = {[BPF_W] = 4, [BPF_H] = 2, [BPF_B] = 1};
    unsigned kind = BPF_CLASS(insn->code), mode = BPF_MODE(insn->code);

    if ((kind == BPF_LD && (mode == BPF_ABS || mode == BPF_IND)) ||
        (kind == BPF_LDX && mode == BPF_MSH)) {
        return sizes[BPF_SIZE(insn->code)];
    }
    return 0;
}

uint64_t filter_load_end(const struct sock_filter *insn)
{
    return (uint64_t)insn->k + filter_load_size(insn);
}
