/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "classic.h"

#include <pcap/pcap.h>

#define SLOTS           BPF_MEMWORDS
#define BYTES_EACH      5
#define MAX_BYTES_TAKEN (200 * BYTES_EACH)

enum operand {
    OPERAND_ANY,
    OPERAND_PLACE, /* in the packet */
    OPERAND_SLOT,
    OPERAND_DIVISOR,
    OPERAND_SHIFT,
    OPERAND_DISTANCE,
};

static const struct {
    uint16_t code;
    enum operand operand;
} operations[] = {
    {BPF_LD | BPF_W | BPF_ABS, OPERAND_PLACE},
    {BPF_LD | BPF_H | BPF_ABS, OPERAND_PLACE},
    {BPF_LD | BPF_B | BPF_ABS, OPERAND_PLACE},
    {BPF_LD | BPF_W | BPF_IND, OPERAND_PLACE},
    {BPF_LD | BPF_H | BPF_IND, OPERAND_PLACE},
    {BPF_LD | BPF_B | BPF_IND, OPERAND_PLACE},
    {BPF_LDX | BPF_B | BPF_MSH, OPERAND_PLACE},
    {BPF_LD | BPF_W | BPF_LEN, OPERAND_ANY},
    {BPF_LDX | BPF_W | BPF_LEN, OPERAND_ANY},
    {BPF_LD | BPF_IMM, OPERAND_ANY},
    {BPF_LDX | BPF_IMM, OPERAND_ANY},
    {BPF_LD | BPF_MEM, OPERAND_SLOT},
    {BPF_LDX | BPF_MEM, OPERAND_SLOT},
    {BPF_ST, OPERAND_SLOT},
    {BPF_STX, OPERAND_SLOT},
    {BPF_ALU | BPF_ADD | BPF_K, OPERAND_ANY},
    {BPF_ALU | BPF_ADD | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_SUB | BPF_K, OPERAND_ANY},
    {BPF_ALU | BPF_SUB | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_MUL | BPF_K, OPERAND_ANY},
    {BPF_ALU | BPF_MUL | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_DIV | BPF_K, OPERAND_DIVISOR},
    {BPF_ALU | BPF_DIV | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_MOD | BPF_K, OPERAND_DIVISOR},
    {BPF_ALU | BPF_MOD | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_AND | BPF_K, OPERAND_ANY},
    {BPF_ALU | BPF_AND | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_OR | BPF_K, OPERAND_ANY},
    {BPF_ALU | BPF_OR | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_XOR | BPF_K, OPERAND_ANY},
    {BPF_ALU | BPF_XOR | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_LSH | BPF_K, OPERAND_SHIFT},
    {BPF_ALU | BPF_LSH | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_RSH | BPF_K, OPERAND_SHIFT},
    {BPF_ALU | BPF_RSH | BPF_X, OPERAND_ANY},
    {BPF_ALU | BPF_NEG, OPERAND_ANY},
    {BPF_JMP | BPF_JA, OPERAND_DISTANCE},
    {BPF_JMP | BPF_JEQ | BPF_K, OPERAND_ANY},
    {BPF_JMP | BPF_JEQ | BPF_X, OPERAND_ANY},
    {BPF_JMP | BPF_JGT | BPF_K, OPERAND_ANY},
    {BPF_JMP | BPF_JGT | BPF_X, OPERAND_ANY},
    {BPF_JMP | BPF_JGE | BPF_K, OPERAND_ANY},
    {BPF_JMP | BPF_JGE | BPF_X, OPERAND_ANY},
    {BPF_JMP | BPF_JSET | BPF_K, OPERAND_ANY},
    {BPF_JMP | BPF_JSET | BPF_X, OPERAND_ANY},
    {BPF_RET | BPF_K, OPERAND_ANY},
    {BPF_RET | BPF_A, OPERAND_ANY},
    {BPF_MISC | BPF_TAX, OPERAND_ANY},
    {BPF_MISC | BPF_TXA, OPERAND_ANY},
};

/* Numbers at which errors are likely. */
static uint32_t any_number(uint8_t kind, uint8_t byte)
{
    const uint32_t numbers[] = {byte,
                                byte % 40,
                                byte << 8 | kind,
                                0,
                                0x7fffffffu - byte,
                                0x80000000u + byte,
                                0xffffffffu - byte % 8,
                                2040u + byte % 16};

    return numbers[kind % G_N_ELEMENTS(numbers)];
}

/* Mostly within a packet's headers. */
static uint32_t place(uint8_t kind, uint8_t byte)
{
    return kind & 1 ? byte % 64 : any_number(kind >> 1, byte);
}

static uint32_t choose_operand(enum operand operand, uint8_t kind, uint8_t byte, uint32_t room)
{
    switch (operand) {
    case OPERAND_PLACE:
        return place(kind, byte);
    case OPERAND_SLOT:
        return byte % SLOTS;
    case OPERAND_DIVISOR:
        return MAX(any_number(kind, byte), 1u);
    case OPERAND_SHIFT:
        return byte % 32;
    case OPERAND_DISTANCE:
        return byte % MIN(room, 8);
    case OPERAND_ANY:
        break;
    }
    return any_number(kind, byte);
}

/* room: number of instructions that follow, at least one. Jumps are short, so that most
 * instructions run. */
static struct sock_filter choose_instruction(const uint8_t *bytes, uint32_t room)
{
    guint index = bytes[0] % G_N_ELEMENTS(operations);
    struct sock_filter insn = {.code = operations[index].code};

    insn.k = choose_operand(operations[index].operand, bytes[1], bytes[2], room);
    if (BPF_CLASS(insn.code) == BPF_JMP && BPF_OP(insn.code) != BPF_JA) {
        insn.jt = bytes[3] % MIN(room, 8);
        insn.jf = bytes[4] % MIN(room, 8);
    }
    return insn;
}

GArray *classic_from_bytes(const uint8_t *bytes, size_t size)
{
    GArray *program = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
    const struct sock_filter last = {.code = BPF_RET | BPF_A};
    size_t taken = MIN(size, MAX_BYTES_TAKEN);

    for (size_t at = 0; at + BYTES_EACH <= taken; at += BYTES_EACH) {
        struct sock_filter insn =
            choose_instruction(bytes + at, (uint32_t)((taken - at) / BYTES_EACH));

        g_array_append_val(program, insn);
    }
    g_array_append_val(program, last);
    return program;
}

/* Prefixes stores of zero, because the interpreter does not clear its memory. */
static GArray *with_clear_memory(const GArray *program)
{
    GArray *longer = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        const struct sock_filter store = {.code = BPF_ST, .k = slot};

        g_array_append_val(longer, store);
    }
    g_array_append_vals(longer, program->data, program->len);
    return longer;
}

bool classic_matches(const GArray *program, const uint8_t *data, uint32_t caplen, uint32_t wirelen)
{
    g_autoptr(GArray) whole = with_clear_memory(program);
    const struct bpf_program compiled = {whole->len, (struct bpf_insn *)whole->data};
    const struct pcap_pkthdr header = {.caplen = caplen, .len = wirelen};

    if (!bpf_validate(compiled.bf_insns, (int)compiled.bf_len))
        g_error("libpcap refuses a valid program");
    return pcap_offline_filter(&compiled, &header, data) != 0;
}
