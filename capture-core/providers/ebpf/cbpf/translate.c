/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "translate.h"

#include <stdbool.h>

#include "check.h"
#include "reach.h"

/* The use of each register, throughout the body. 32-bit values are always zero-extended. */
enum {
    A = BPF_REG_0, /* classic BPF's two registers */
    X = BPF_REG_5,
    WINDOW = BPF_REG_1, /* the arguments */
    PRESENT = BPF_REG_2,
    CAPLEN = BPF_REG_3,
    WIRELEN = BPF_REG_4,
    END = BPF_REG_6, /* end of an indexed load, and then its begin, 64 bits */
    ADDRESS = BPF_REG_7,
    FRAME = BPF_REG_10,
};

/* Labels at the end of the body. They follow the labels of the classic instructions (their
 * indexes). */
enum {
    LABEL_NO_MATCH,
    LABEL_NEEDS_MORE,
    LABEL_SHORT_INDEXED, /* an indexed load beyond the bytes that are present */
    LABEL_SHORT,         /* the first of several: one for each end of a load with a fixed offset */
};

struct jump {
    uint32_t at;    /* in the body */
    uint32_t label; /* target */
};

struct translation {
    const struct sock_filter *classic;
    uint32_t count;
    uint32_t window;         /* bytes */
    uint64_t needs_more_is;  /* result of the body for CBPF_NEEDS_MORE */
    const uint32_t *present; /* result of cbpf_reach() */
    GArray *body;            /* struct bpf_insn */
    GArray *jumps;           /* struct jump, whose offsets are filled in at the end */
    GArray *labels;          /* uint32_t: their position in the body */
    GArray *shorts;          /* uint32_t: ends of loads, by label from LABEL_SHORT on */
    uint32_t at;             /* index of the current classic instruction */
    bool needs_more;         /* LABEL_NEEDS_MORE is used */
    bool has_indexed;        /* LABEL_SHORT_INDEXED is used */
};

/* --- emitting instructions --- */

static void put(struct translation *translation, uint8_t code, uint8_t to, uint8_t from,
                int16_t offset, int32_t immediate)
{
    const struct bpf_insn insn = {
        .code = code, .dst_reg = to, .src_reg = from, .off = offset, .imm = immediate};

    g_array_append_val(translation->body, insn);
}

/* Emits a 32-bit operation on two registers, or on one and a constant. */
static void put_operation(struct translation *translation, uint8_t operation, uint8_t to,
                          uint8_t from)
{
    put(translation, BPF_ALU | operation | BPF_X, to, from, 0, 0);
}

static void put_constant(struct translation *translation, uint8_t operation, uint8_t to,
                         uint32_t constant)
{
    put(translation, BPF_ALU | operation | BPF_K, to, 0, 0, (int32_t)constant);
}

static void put_jump(struct translation *translation, uint8_t code, uint8_t left, uint8_t right,
                     uint32_t constant, uint32_t label)
{
    const struct jump jump = {translation->body->len, label};

    g_array_append_val(translation->jumps, jump);
    put(translation, code, left, right, 0, (int32_t)constant);
}

static void put_goto(struct translation *translation, uint32_t label)
{
    put_jump(translation, BPF_JMP | BPF_JA, 0, 0, 0, label);
}

static void put_return(struct translation *translation, enum cbpf_verdict verdict)
{
    put_constant(translation, BPF_MOV, A, verdict);
    put(translation, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* A constant of 64 bits takes two instructions. */
static void put_return_needs_more(struct translation *translation)
{
    put(translation, BPF_LD | BPF_DW | BPF_IMM, A, 0, 0, (int32_t)translation->needs_more_is);
    put(translation, 0, 0, 0, 0, (int32_t)(translation->needs_more_is >> 32));
    put(translation, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void put_label(struct translation *translation, uint32_t label)
{
    g_array_index(translation->labels, uint32_t, label) = translation->body->len;
}

static uint32_t end_label(const struct translation *translation, uint32_t label)
{
    return translation->count + label;
}

static void put_no_match(struct translation *translation)
{
    put_goto(translation, end_label(translation, LABEL_NO_MATCH));
}

/* --- loads --- */

/* The label for a load that ends at end, beyond the bytes that are present. */
static uint32_t short_label(struct translation *translation, uint32_t end)
{
    uint32_t known = 0;

    while (known < translation->shorts->len &&
           g_array_index(translation->shorts, uint32_t, known) != end) {
        known++;
    }
    if (known == translation->shorts->len)
        g_array_append_val(translation->shorts, end);
    return end_label(translation, LABEL_SHORT + known);
}

/* Emits the verdict for a load with a fixed offset that ends behind the window, or beyond the bytes
 * that are present. */
static void put_short(struct translation *translation, uint32_t end)
{
    put_jump(translation, BPF_JMP32 | BPF_JLT | BPF_K, CAPLEN, 0, end,
             end_label(translation, LABEL_NO_MATCH));
    put_goto(translation, end_label(translation, LABEL_NEEDS_MORE));
    translation->needs_more = true;
}

/* Emits a load from memory into a register, with conversion from network order. */
static void put_read(struct translation *translation, unsigned size, uint8_t to, uint8_t base,
                     int16_t offset)
{
    static const uint8_t widths[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W};

    put(translation, BPF_LDX | BPF_MEM | widths[size], to, base, offset, 0);
    if (size > 1)
        put(translation, BPF_ALU | BPF_END | BPF_TO_BE, to, 0, 0, (int32_t)size * 8);
}

/* False: the load is always out of range, and its verdict is emitted. */
static bool put_fixed_load(struct translation *translation, const struct sock_filter *insn,
                           uint8_t to)
{
    uint64_t end = cbpf_load_end(insn);

    if (end > INT32_MAX) {
        put_no_match(translation);
        return false;
    }
    if (end > translation->window) {
        put_short(translation, end);
        return false;
    }
    if (end > translation->present[translation->at]) {
        put_jump(translation, BPF_JMP32 | BPF_JLT | BPF_K, PRESENT, 0, end,
                 short_label(translation, end));
    }
    put_read(translation, cbpf_load_size(insn), to, WINDOW, (int16_t)insn->k);
    return true;
}

/* Sets END to the begin of the load. A CPU may speculate past the comparisons, and the filter is
 * untrusted: an offset outside of the window becomes 0, without a jump. */
static void put_masked_begin(struct translation *translation, unsigned size)
{
    int32_t behind_last = (int32_t)(translation->window - size + 1);

    put(translation, BPF_ALU64 | BPF_SUB | BPF_K, END, 0, 0, (int32_t)size);
    put(translation, BPF_ALU64 | BPF_MOV | BPF_X, ADDRESS, END, 0, 0);
    put(translation, BPF_ALU64 | BPF_SUB | BPF_K, ADDRESS, 0, 0, behind_last);
    put(translation, BPF_ALU64 | BPF_ARSH | BPF_K, ADDRESS, 0, 0, 63);
    put(translation, BPF_ALU64 | BPF_AND | BPF_X, END, ADDRESS, 0, 0);
}

/* The index is added in 64 bits, so that it does not wrap. The second comparison is the one that
 * the verifier tracks. */
static void put_indexed_load(struct translation *translation, const struct sock_filter *insn)
{
    uint32_t too_short = end_label(translation, LABEL_SHORT_INDEXED);
    uint64_t end = cbpf_load_end(insn);
    unsigned size = cbpf_load_size(insn);

    if (end > INT32_MAX) {
        put_no_match(translation);
        return;
    }
    translation->has_indexed = translation->needs_more = true;
    put(translation, BPF_ALU64 | BPF_MOV | BPF_X, END, X, 0, 0);
    put(translation, BPF_ALU64 | BPF_ADD | BPF_K, END, 0, 0, (int32_t)end);
    if (end > translation->window) {
        put_goto(translation, too_short);
        return;
    }
    put_jump(translation, BPF_JMP | BPF_JGT | BPF_X, END, PRESENT, 0, too_short);
    put_jump(translation, BPF_JMP | BPF_JGT | BPF_K, END, 0, translation->window, too_short);
    put_masked_begin(translation, size);
    put(translation, BPF_ALU64 | BPF_MOV | BPF_X, ADDRESS, WINDOW, 0, 0);
    put(translation, BPF_ALU64 | BPF_ADD | BPF_X, ADDRESS, END, 0, 0);
    put_read(translation, size, A, ADDRESS, 0);
}

/* Emits four times the low half of a byte: the length of an IP header. */
static void put_header_length(struct translation *translation, const struct sock_filter *insn)
{
    if (put_fixed_load(translation, insn, X)) {
        put_constant(translation, BPF_AND, X, 0xf);
        put_constant(translation, BPF_LSH, X, 2);
    }
}

static int16_t slot_offset(uint32_t slot)
{
    return (int16_t)(((int)slot - BPF_MEMWORDS) * (int)sizeof(uint32_t));
}

static void translate_load(struct translation *translation, const struct sock_filter *insn)
{
    uint8_t to = BPF_CLASS(insn->code) == BPF_LD ? A : X;

    switch (BPF_MODE(insn->code)) {
    case BPF_IMM:
        put_constant(translation, BPF_MOV, to, insn->k);
        break;
    case BPF_MEM:
        put(translation, BPF_LDX | BPF_MEM | BPF_W, to, FRAME, slot_offset(insn->k), 0);
        break;
    case BPF_LEN:
        put_operation(translation, BPF_MOV, to, WIRELEN);
        break;
    case BPF_ABS:
        put_fixed_load(translation, insn, to);
        break;
    case BPF_IND:
        put_indexed_load(translation, insn);
        break;
    case BPF_MSH:
        put_header_length(translation, insn);
        break;
    }
}

static void translate_store(struct translation *translation, const struct sock_filter *insn)
{
    uint8_t from = BPF_CLASS(insn->code) == BPF_ST ? A : X;

    put(translation, BPF_STX | BPF_MEM | BPF_W, FRAME, from, slot_offset(insn->k), 0);
}

/* --- all other instructions --- */

/* A shift by 32 or more gives 0; eBPF would shift by the remainder. */
static void put_shift_by_x(struct translation *translation, uint8_t operation)
{
    put(translation, BPF_JMP32 | BPF_JGT | BPF_K, X, 0, 2, 31);
    put_operation(translation, operation, A, X);
    put(translation, BPF_JMP | BPF_JA, 0, 0, 1, 0);
    put_constant(translation, BPF_MOV, A, 0);
}

static void put_operation_with_x(struct translation *translation, uint8_t operation)
{
    if (operation == BPF_LSH || operation == BPF_RSH) {
        put_shift_by_x(translation, operation);
        return;
    }
    if (operation == BPF_DIV || operation == BPF_MOD) {
        put_jump(translation, BPF_JMP32 | BPF_JEQ | BPF_K, X, 0, 0,
                 end_label(translation, LABEL_NO_MATCH));
    }
    put_operation(translation, operation, A, X);
}

static void translate_operation(struct translation *translation, const struct sock_filter *insn)
{
    uint8_t operation = BPF_OP(insn->code);

    if (operation == BPF_NEG)
        put_constant(translation, BPF_NEG, A, 0);
    else if (BPF_SRC(insn->code) == BPF_X)
        put_operation_with_x(translation, operation);
    else
        put_constant(translation, operation, A, insn->k);
}

static void put_condition(struct translation *translation, const struct sock_filter *insn,
                          uint8_t operation, uint32_t label)
{
    bool by_x = BPF_SRC(insn->code) == BPF_X;

    put_jump(translation, BPF_JMP32 | operation | BPF_SRC(insn->code), A, by_x ? X : 0,
             by_x ? 0 : insn->k, label);
}

/* If one of the targets is the next instruction, one jump is enough. JSET has no opposite. */
static void put_branch(struct translation *translation, const struct sock_filter *insn)
{
    static const uint8_t opposites[] = {
        [BPF_JEQ] = BPF_JNE, [BPF_JGT] = BPF_JLE, [BPF_JGE] = BPF_JLT};
    uint8_t operation = BPF_OP(insn->code);
    uint32_t next = translation->at + 1;

    if (insn->jt == 0 && operation != BPF_JSET) {
        put_condition(translation, insn, opposites[operation], next + insn->jf);
        return;
    }
    put_condition(translation, insn, operation, next + insn->jt);
    if (insn->jf > 0)
        put_goto(translation, next + insn->jf);
}

static void translate_jump(struct translation *translation, const struct sock_filter *insn)
{
    bool always = BPF_OP(insn->code) == BPF_JA;
    uint32_t distance = always ? insn->k : insn->jt;

    if (!always && insn->jt != insn->jf)
        put_branch(translation, insn);
    else if (distance > 0)
        put_goto(translation, translation->at + 1 + distance);
}

static void translate_return(struct translation *translation, const struct sock_filter *insn)
{
    if (BPF_RVAL(insn->code) == BPF_A) {
        put_jump(translation, BPF_JMP32 | BPF_JEQ | BPF_K, A, 0, 0,
                 end_label(translation, LABEL_NO_MATCH));
    } else if (insn->k == 0) {
        put_no_match(translation);
        return;
    }
    put_return(translation, CBPF_MATCH);
}

static void translate_copy(struct translation *translation, const struct sock_filter *insn)
{
    bool to_x = BPF_MISCOP(insn->code) == BPF_TAX;

    put_operation(translation, BPF_MOV, to_x ? X : A, to_x ? A : X);
}

typedef void translator(struct translation *, const struct sock_filter *);

static translator *const translators[] = {
    [BPF_LD] = translate_load,    [BPF_LDX] = translate_load,      [BPF_ST] = translate_store,
    [BPF_STX] = translate_store,  [BPF_ALU] = translate_operation, [BPF_JMP] = translate_jump,
    [BPF_RET] = translate_return, [BPF_MISC] = translate_copy,
};

/* --- the body as a whole --- */

/* Programs of libpcap store before they load; others must not read old stack contents. */
static void clear_slots(struct translation *translation)
{
    uint32_t cleared = 0;

    for (uint32_t i = 0; i < translation->count; i++) {
        const struct sock_filter *insn = &translation->classic[i];
        bool loads = BPF_CLASS(insn->code) == BPF_LD || BPF_CLASS(insn->code) == BPF_LDX;

        if (loads && BPF_MODE(insn->code) == BPF_MEM && !(cleared & 1u << insn->k)) {
            put(translation, BPF_ST | BPF_MEM | BPF_W, FRAME, 0, slot_offset(insn->k), 0);
            cleared |= 1u << insn->k;
        }
    }
}

/* The upper halves of 32-bit arguments are undefined. */
static void put_begin(struct translation *translation)
{
    put_jump(translation, BPF_JMP | BPF_JEQ | BPF_K, WINDOW, 0, 0,
             end_label(translation, LABEL_NO_MATCH));
    put_operation(translation, BPF_MOV, PRESENT, PRESENT);
    put_operation(translation, BPF_MOV, CAPLEN, CAPLEN);
    put_constant(translation, BPF_MOV, A, 0);
    put_constant(translation, BPF_MOV, X, 0);
    clear_slots(translation);
}

static void put_middle(struct translation *translation)
{
    for (uint32_t i = 0; i < translation->count; i++) {
        const struct sock_filter *insn = &translation->classic[i];

        if (translation->present[i] != CBPF_UNREACHED) {
            translation->at = i;
            put_label(translation, i);
            translators[BPF_CLASS(insn->code)](translation, insn);
        }
    }
}

/* The verifier refuses unreachable code, so each part is emitted only if it is used. */
static void put_end(struct translation *translation)
{
    g_array_set_size(translation->labels,
                     end_label(translation, LABEL_SHORT + translation->shorts->len));
    for (uint32_t i = 0; i < translation->shorts->len; i++) {
        put_label(translation, end_label(translation, LABEL_SHORT + i));
        put_short(translation, g_array_index(translation->shorts, uint32_t, i));
    }
    if (translation->has_indexed) {
        put_label(translation, end_label(translation, LABEL_SHORT_INDEXED));
        put_jump(translation, BPF_JMP | BPF_JGT | BPF_X, END, CAPLEN, 0,
                 end_label(translation, LABEL_NO_MATCH));
    }
    if (translation->needs_more) {
        put_label(translation, end_label(translation, LABEL_NEEDS_MORE));
        put_return_needs_more(translation);
    }
    put_label(translation, end_label(translation, LABEL_NO_MATCH));
    put_return(translation, CBPF_NO_MATCH);
}

static void connect_jumps(struct translation *translation)
{
    for (uint32_t i = 0; i < translation->jumps->len; i++) {
        const struct jump *jump = &g_array_index(translation->jumps, struct jump, i);
        uint32_t target = g_array_index(translation->labels, uint32_t, jump->label);

        g_array_index(translation->body, struct bpf_insn, jump->at).off =
            (int16_t)(target - jump->at - 1);
    }
}

/* False: a jump may be too long. */
static bool translate_all(struct translation *translation)
{
    put_begin(translation);
    put_middle(translation);
    put_end(translation);
    if (translation->body->len > INT16_MAX)
        return false;
    connect_jumps(translation);
    return true;
}

enum cbpf_translation cbpf_translate(const struct sock_filter *classic, size_t count,
                                     uint32_t window, GArray **body)
{
    return cbpf_translate_alone(classic, count, window, CBPF_NEEDS_MORE, body);
}

enum cbpf_translation cbpf_translate_alone(const struct sock_filter *classic, size_t count,
                                           uint32_t window, uint64_t needs_more, GArray **body)
{
    enum cbpf_translation verdict = cbpf_check(classic, count);
    if (verdict != CBPF_TRANSLATED)
        return verdict;
    g_return_val_if_fail(window > 0 && window <= CBPF_MAX_WINDOW, CBPF_INVALID);

    g_autofree uint32_t *present = cbpf_reach(classic, count, window);
    g_autoptr(GArray) result = g_array_new(FALSE, FALSE, sizeof(struct bpf_insn));
    g_autoptr(GArray) jumps = g_array_new(FALSE, FALSE, sizeof(struct jump));
    g_autoptr(GArray) labels = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    g_autoptr(GArray) shorts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    struct translation translation = {.classic = classic,
                                      .count = (uint32_t)count,
                                      .window = window,
                                      .needs_more_is = needs_more,
                                      .present = present,
                                      .body = result,
                                      .jumps = jumps,
                                      .labels = labels,
                                      .shorts = shorts};
    g_array_set_size(labels, end_label(&translation, LABEL_SHORT));
    if (!translate_all(&translation))
        return CBPF_TOO_LONG;
    *body = g_steal_pointer(&result);
    return CBPF_TRANSLATED;
}

const char *cbpf_translation_text(enum cbpf_translation translation)
{
    static const char *const texts[] = {
        [CBPF_TRANSLATED] = "can be translated",
        [CBPF_INVALID] = "is not a valid BPF program",
        [CBPF_BACKWARD_JUMP] = "has a loop, as \"protochain\" does",
        [CBPF_TOO_LONG] = "is too long for the kernel",
    };

    return texts[translation];
}
