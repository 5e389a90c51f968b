/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CPU that mispredicts the comparisons of an untrusted filter reads nothing outside the window.
 */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "providers/ebpf/cbpf/translate.h"

#define WINDOW_SIZE 1536
#define WINDOW_AT   0x10000000 /* the address in the register */
#define LARGEST     4          /* bytes of a load */

enum { WINDOW = BPF_REG_1, PRESENT, CAPLEN, WIRELEN, REGISTERS = MAX_BPF_REG };

struct machine {
    uint64_t registers[REGISTERS];
    uint8_t window[WINDOW_SIZE];
    size_t loads;
};

static int size_of(const struct bpf_insn *insn)
{
    return BPF_SIZE(insn->code) == BPF_W ? 4 : BPF_SIZE(insn->code) == BPF_H ? 2 : 1;
}

static uint64_t load(struct machine *machine, const struct bpf_insn *insn)
{
    int64_t at = (int64_t)(machine->registers[insn->src_reg] + insn->off) - WINDOW_AT;
    uint32_t value = 0;

    g_assert_cmpint(at, >=, 0);
    g_assert_cmpint(at, <=, WINDOW_SIZE - size_of(insn));
    machine->loads++;
    if (at <= WINDOW_SIZE - LARGEST)
        memcpy(&value, machine->window + at, sizeof(value));
    return value;
}

static uint64_t operate(const struct bpf_insn *insn, uint64_t left, uint64_t right)
{
    switch (BPF_OP(insn->code)) {
    case BPF_MOV:
        return right;
    case BPF_ADD:
        return left + right;
    case BPF_SUB:
        return left - right;
    case BPF_AND:
        return left & right;
    case BPF_LSH:
        return left << right;
    case BPF_ARSH:
        return (uint64_t)((int64_t)left >> right);
    case BPF_END:
        return GUINT32_FROM_BE((uint32_t)left);
    }
    g_assert_not_reached();
}

static void step(struct machine *machine, const struct bpf_insn *insn)
{
    uint64_t *to = &machine->registers[insn->dst_reg];
    bool by_register = BPF_OP(insn->code) != BPF_END && BPF_SRC(insn->code) == BPF_X;
    uint64_t right = by_register ? machine->registers[insn->src_reg] : (uint64_t)(int64_t)insn->imm;

    if (BPF_CLASS(insn->code) == BPF_LDX)
        *to = load(machine, insn);
    else if (BPF_CLASS(insn->code) == BPF_ALU64)
        *to = operate(insn, *to, right);
    else if (BPF_CLASS(insn->code) == BPF_ALU)
        *to = (uint32_t)operate(insn, (uint32_t)*to, (uint32_t)right);
}

/* Takes no conditional jump, whatever is compared. */
static void mispredict(const GArray *body, uint32_t index, struct machine *machine)
{
    *machine = (struct machine){.registers = {[WINDOW] = WINDOW_AT, [PRESENT] = 64, [CAPLEN] = 64}};
    index = GUINT32_TO_BE(index);
    memcpy(machine->window, &index, sizeof(index));
    for (guint i = 0; i < body->len; i++) {
        const struct bpf_insn *insn = &g_array_index(body, struct bpf_insn, i);

        if (insn->code == (BPF_JMP | BPF_EXIT))
            return;
        step(machine, insn);
    }
    g_assert_not_reached();
}

static void test_index(void)
{
    static const uint16_t sizes[] = {BPF_B, BPF_H, BPF_W};
    static const uint32_t offsets[] = {0, 14, 1000, 1530};
    static const uint32_t indexes[] = {0,      1,          14,         1532,       1536,      1537,
                                       0x7000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};

    for (size_t i = 0; i < G_N_ELEMENTS(sizes) * G_N_ELEMENTS(offsets); i++) {
        const struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
            BPF_STMT(BPF_MISC | BPF_TAX, 0),
            BPF_STMT(BPF_LD | sizes[i % G_N_ELEMENTS(sizes)] | BPF_IND,
                     offsets[i / G_N_ELEMENTS(sizes)]),
            BPF_STMT(BPF_RET | BPF_A, 0),
        };
        g_autoptr(GArray) body = NULL;
        struct machine machine;

        g_assert_cmpint(cbpf_translate(filter, G_N_ELEMENTS(filter), WINDOW_SIZE, &body), ==,
                        CBPF_TRANSLATED);
        for (size_t j = 0; j < G_N_ELEMENTS(indexes); j++) {
            mispredict(body, indexes[j], &machine);
            g_assert_cmpint(machine.loads, ==, 2);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/filter/mispredicted-index", test_index);
    return g_test_run();
}
