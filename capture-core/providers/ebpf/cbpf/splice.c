/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "splice.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>

/* The size of a record is given by the BTF of the object: later versions may append fields to those
 * known here. */
static GArray *copy_records(const void *records, uint32_t count, uint32_t record_size,
                            uint32_t known_size)
{
    GArray *copy = g_array_sized_new(FALSE, TRUE, known_size, count);

    g_array_set_size(copy, count);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(copy->data + (size_t)i * known_size, (const char *)records + (size_t)i * record_size,
               MIN(record_size, known_size));
    }
    return copy;
}

void cbpf_splice_begin(struct cbpf_splice *splice, const struct bpf_program *program,
                       const struct bpf_prog_load_opts *options)
{
    splice->insns = copy_records(bpf_program__insns(program), bpf_program__insn_cnt(program),
                                 sizeof(struct bpf_insn), sizeof(struct bpf_insn));
    splice->functions = copy_records(options->func_info, options->func_info_cnt,
                                     options->func_info_rec_size, sizeof(struct bpf_func_info));
    splice->lines = copy_records(options->line_info, options->line_info_cnt,
                                 options->line_info_rec_size, sizeof(struct bpf_line_info));
}

static const struct bpf_func_info *find_function(const struct cbpf_splice *splice,
                                                 const struct btf *btf, const char *name)
{
    for (guint i = 0; i < splice->functions->len; i++) {
        const struct bpf_func_info *info =
            &g_array_index(splice->functions, struct bpf_func_info, i);
        const struct btf_type *type = btf__type_by_id(btf, info->type_id);

        if (type && g_strcmp0(btf__name_by_offset(btf, type->name_off), name) == 0)
            return info;
    }
    return NULL;
}

/* Returns the index of the first instruction behind the function. */
static uint32_t function_end(const struct cbpf_splice *splice, uint32_t start)
{
    uint32_t end = splice->insns->len;

    for (guint i = 0; i < splice->functions->len; i++) {
        uint32_t other = g_array_index(splice->functions, struct bpf_func_info, i).insn_off;

        if (other > start)
            end = MIN(end, other);
    }
    return end;
}

/* Replaces a stand-in by a call: the arguments are still in the registers of the caller. Where the
 * stand-in is longer than a call and a return, it begins with jumps to the next instruction. */
static void call_instead(struct cbpf_splice *splice, uint32_t start, uint32_t end, uint32_t callee)
{
    struct bpf_insn *insns = (struct bpf_insn *)splice->insns->data;
    uint32_t call = end - 2;

    for (uint32_t i = start; i < call; i++)
        insns[i] = (struct bpf_insn){.code = BPF_JMP | BPF_JA};
    insns[call] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL,
                                    .src_reg = BPF_PSEUDO_CALL,
                                    .imm = (int32_t)(callee - call - 1)};
    insns[end - 1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
}

/* If a program has line records, each function must begin with one. */
static void copy_line(struct cbpf_splice *splice, uint32_t from, uint32_t to)
{
    for (guint i = 0; i < splice->lines->len; i++) {
        struct bpf_line_info line = g_array_index(splice->lines, struct bpf_line_info, i);

        if (line.insn_off == from) {
            line.insn_off = to;
            g_array_append_val(splice->lines, line);
            return;
        }
    }
}

/* Returns the index of its first instruction. body: NULL: nothing is appended, because the kernel
 * refuses a function that is not called. */
static uint32_t append_function(struct cbpf_splice *splice, const struct bpf_func_info *stand_in,
                                const GArray *body)
{
    if (!body)
        return 0;
    struct bpf_func_info added = {.insn_off = splice->insns->len, .type_id = stand_in->type_id};

    copy_line(splice, stand_in->insn_off, added.insn_off);
    g_array_append_val(splice->functions, added);
    g_array_append_vals(splice->insns, body->data, body->len);
    return added.insn_off;
}

/* Resolves the calls in count instructions from start on: each names an index into starts. */
static void resolve_calls(struct cbpf_splice *splice, uint32_t start, uint32_t count,
                          const GArray *starts)
{
    struct bpf_insn *insns = (struct bpf_insn *)splice->insns->data;

    for (uint32_t i = start; i < start + count; i++) {
        if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == BPF_PSEUDO_CALL)
            insns[i].imm = g_array_index(starts, uint32_t, insns[i].imm) - i - 1;
    }
}

bool cbpf_splice_function(struct cbpf_splice *splice, const struct btf *btf, const char *name,
                          const GArray *body, const GPtrArray *callees)
{
    const struct bpf_func_info *found = find_function(splice, btf, name);
    if (!found)
        return false;
    const struct bpf_func_info stand_in = *found; /* a copy, as the array will grow */
    uint32_t end = function_end(splice, stand_in.insn_off);
    if (end - stand_in.insn_off < 2) {
        return false; /* no function that returns a value is shorter */
    }
    call_instead(splice, stand_in.insn_off, end, splice->insns->len);
    uint32_t start = append_function(splice, &stand_in, body);
    g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (guint i = 0; callees && i < callees->len; i++) {
        uint32_t callee = append_function(splice, &stand_in, callees->pdata[i]);
        g_array_append_val(starts, callee);
    }
    resolve_calls(splice, start, body->len, starts);
    return true;
}

int cbpf_splice_end(const struct cbpf_splice *splice, struct bpf_program *program,
                    struct bpf_prog_load_opts *options)
{
    options->func_info = splice->functions->data;
    options->func_info_cnt = splice->functions->len;
    options->func_info_rec_size = sizeof(struct bpf_func_info);
    options->line_info = splice->lines->data;
    options->line_info_cnt = splice->lines->len;
    options->line_info_rec_size = sizeof(struct bpf_line_info);
    return bpf_program__set_insns(program, (struct bpf_insn *)splice->insns->data,
                                  splice->insns->len);
}

void cbpf_splice_free(struct cbpf_splice *splice)
{
    g_clear_pointer(&splice->insns, g_array_unref);
    g_clear_pointer(&splice->functions, g_array_unref);
    g_clear_pointer(&splice->lines, g_array_unref);
}
