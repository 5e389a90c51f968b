/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run_body.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>

#define STACK     64 /* bytes */
#define REGISTERS 11

struct machine {
    uint64_t registers[REGISTERS];
    const uint8_t *window;
    size_t size;
    uint8_t stack[STACK];
};

/* --- checks that the verifier makes --- */

static bool is_jump(const struct bpf_insn *insn)
{
    unsigned kind = BPF_CLASS(insn->code), operation = BPF_OP(insn->code);

    return (kind == BPF_JMP || kind == BPF_JMP32) && operation != BPF_EXIT;
}

/* A constant of 64 bits, half of which is in the next instruction. */
static bool is_wide(const struct bpf_insn *insn)
{
    return insn->code == (BPF_LD | BPF_DW | BPF_IMM) && insn->src_reg == 0 && insn->off == 0;
}

static bool goes_on(const struct bpf_insn *insn)
{
    return insn->code != (BPF_JMP | BPF_EXIT) && insn->code != (BPF_JMP | BPF_JA);
}

void body_check(const GArray *body)
{
    g_autofree bool *reached = g_new0(bool, body->len + 1);

    reached[0] = true;
    for (guint i = 0; i < body->len; i++) {
        const struct bpf_insn *insn = &g_array_index(body, struct bpf_insn, i);

        g_assert_true(reached[i]);
        g_assert_cmpuint(insn->dst_reg, <, REGISTERS);
        g_assert_cmpuint(insn->src_reg, <, REGISTERS);
        if (is_jump(insn)) {
            g_assert_cmpint(insn->off, >=, 0);
            g_assert_cmpuint(i + 1 + (guint)insn->off, <, body->len);
            reached[i + 1 + (guint)insn->off] = true;
        }
        if (is_wide(insn)) {
            g_assert_cmpuint(i + 1, <, body->len);
            g_assert_cmpuint(insn[1].code, ==, 0);
            g_assert_false(reached[i + 1]);
            i++;
            reached[i] = true;
        }
        reached[i + 1] |= goes_on(insn);
    }
    g_assert_false(reached[body->len]);
}

/* --- running --- */

static uint32_t operate(unsigned operation, uint32_t left, uint32_t right)
{
    switch (operation) {
    case BPF_ADD:
        return left + right;
    case BPF_SUB:
        return left - right;
    case BPF_MUL:
        return left * right;
    case BPF_DIV:
        return right ? left / right : 0;
    case BPF_MOD:
        return right ? left % right : left;
    case BPF_AND:
        return left & right;
    case BPF_OR:
        return left | right;
    case BPF_XOR:
        return left ^ right;
    case BPF_LSH:
        return left << (right & 31);
    case BPF_RSH:
        return left >> (right & 31);
    case BPF_NEG:
        return -left;
    case BPF_MOV:
        return right;
    }
    g_error("operation 0x%x", operation);
}

static uint64_t operate_wide(unsigned operation, uint64_t left, uint64_t right)
{
    switch (operation) {
    case BPF_MOV:
        return right;
    case BPF_ADD:
        return left + right;
    case BPF_SUB:
        return left - right;
    case BPF_AND:
        return left & right;
    case BPF_ARSH:
        return (uint64_t)((int64_t)left >> right);
    }
    g_error("operation 0x%x of 64 bits", operation);
}

static bool compare(unsigned operation, uint64_t left, uint64_t right)
{
    switch (operation) {
    case BPF_JA:
        return true;
    case BPF_JEQ:
        return left == right;
    case BPF_JNE:
        return left != right;
    case BPF_JGT:
        return left > right;
    case BPF_JGE:
        return left >= right;
    case BPF_JLT:
        return left < right;
    case BPF_JLE:
        return left <= right;
    case BPF_JSET:
        return (left & right) != 0;
    }
    g_error("comparison 0x%x", operation);
}

static uint64_t second_operand(const struct machine *machine, const struct bpf_insn *insn)
{
    return BPF_SRC(insn->code) == BPF_X ? machine->registers[insn->src_reg]
                                        : (uint64_t)(int64_t)insn->imm;
}

static unsigned width(const struct bpf_insn *insn)
{
    return BPF_SIZE(insn->code) == BPF_W ? 4 : BPF_SIZE(insn->code) == BPF_H ? 2 : 1;
}

/* The address in this machine's memory, if size bytes there belong to the window or the stack. */
static uint8_t *memory(struct machine *machine, uint64_t base, int16_t offset, unsigned size)
{
    uint64_t address = base + (uint64_t)(int64_t)offset;
    uint64_t in_window = address - (uintptr_t)machine->window;
    uint64_t in_stack = address - (uintptr_t)machine->stack;

    g_assert_true(in_window + size <= machine->size || in_stack + size <= STACK);
    return (uint8_t *)(uintptr_t)address;
}

static uint64_t load(const uint8_t *from, unsigned size)
{
    uint8_t byte;
    uint16_t half;
    uint32_t word;

    switch (size) {
    case 1:
        memcpy(&byte, from, size);
        return byte;
    case 2:
        memcpy(&half, from, size);
        return half;
    }
    memcpy(&word, from, size);
    return word;
}

static void run_memory(struct machine *machine, const struct bpf_insn *insn)
{
    unsigned size = width(insn), kind = BPF_CLASS(insn->code);
    uint32_t value = kind == BPF_ST ? (uint32_t)insn->imm : machine->registers[insn->src_reg];

    g_assert_cmpuint(BPF_MODE(insn->code), ==, BPF_MEM);
    if (kind == BPF_LDX) {
        machine->registers[insn->dst_reg] =
            load(memory(machine, machine->registers[insn->src_reg], insn->off, size), size);
    } else {
        g_assert_cmpuint(size, ==, sizeof(value));
        memcpy(memory(machine, machine->registers[insn->dst_reg], insn->off, size), &value,
               sizeof(value));
    }
}

static void run_operation(struct machine *machine, const struct bpf_insn *insn)
{
    uint64_t *to = &machine->registers[insn->dst_reg], right = second_operand(machine, insn);

    if (BPF_CLASS(insn->code) == BPF_ALU && BPF_OP(insn->code) == BPF_END)
        *to = insn->imm == 16 ? GUINT16_TO_BE((uint16_t)*to) : GUINT32_TO_BE((uint32_t)*to);
    else if (BPF_CLASS(insn->code) == BPF_ALU)
        *to = operate(BPF_OP(insn->code), (uint32_t)*to, (uint32_t)right);
    else
        *to = operate_wide(BPF_OP(insn->code), *to, right);
}

/* Returns the number of instructions to skip. */
static guint run_jump(const struct machine *machine, const struct bpf_insn *insn)
{
    uint64_t left = machine->registers[insn->dst_reg], right = second_operand(machine, insn);

    if (BPF_CLASS(insn->code) == BPF_JMP32) {
        left = (uint32_t)left;
        right = (uint32_t)right;
    }
    return compare(BPF_OP(insn->code), left, right) ? (guint)insn->off : 0;
}

static guint run_wide(struct machine *machine, const struct bpf_insn *insn)
{
    g_assert_true(is_wide(insn));
    machine->registers[insn->dst_reg] = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm
                                                                    << 32;
    return 1;
}

/* Returns the number of instructions to skip. */
static guint step(struct machine *machine, const struct bpf_insn *insn)
{
    switch (BPF_CLASS(insn->code)) {
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
        run_memory(machine, insn);
        return 0;
    case BPF_ALU:
    case BPF_ALU64:
        run_operation(machine, insn);
        return 0;
    case BPF_JMP:
    case BPF_JMP32:
        return run_jump(machine, insn);
    case BPF_LD:
        return run_wide(machine, insn);
    }
    g_error("instruction 0x%x", insn->code);
}

uint64_t body_run(const GArray *body, const uint8_t *window, size_t size, uint32_t present,
                  uint32_t caplen, uint32_t wirelen)
{
    const uint64_t garbage = 0xa5a5a5a500000000;
    struct machine machine = {.window = window, .size = size};

    memset(machine.stack, 0xa5, sizeof(machine.stack));
    machine.registers[BPF_REG_1] = (uintptr_t)window;
    machine.registers[BPF_REG_2] = garbage | present;
    machine.registers[BPF_REG_3] = garbage | caplen;
    machine.registers[BPF_REG_4] = garbage | wirelen;
    machine.registers[BPF_REG_10] = (uintptr_t)machine.stack + STACK;
    for (guint at = 0;; at++) {
        const struct bpf_insn *insn = &g_array_index(body, struct bpf_insn, at);

        if (insn->code == (BPF_JMP | BPF_EXIT))
            return machine.registers[BPF_REG_0];
        at += step(&machine, insn);
    }
}
