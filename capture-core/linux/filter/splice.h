/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts function bodies into kernel programs that libbpf is about to load, in place of functions
 * that were compiled as stand-ins.
 */
#ifndef PKTMON_FILTER_SPLICE_H
#define PKTMON_FILTER_SPLICE_H

#include <bpf/libbpf.h>
#include <glib.h>
#include <linux/bpf.h>
#include <stdbool.h>

/* A program with what the kernel is told about its functions. Whoever made it must keep it until
 * the program is loaded, and frees it with filter_splice_free(). */
struct filter_splice {
    GArray *insns;     /* struct bpf_insn */
    GArray *functions; /* struct bpf_func_info */
    GArray *lines;     /* struct bpf_line_info */
};

/* Of a program as it is when libbpf calls a handler's prog_prepare_load_fn with these options: its
 * final code, with all the functions that it calls. */
void filter_splice_begin(struct filter_splice *splice, const struct bpf_program *program,
                         const struct bpf_prog_load_opts *options);

/*
 * The stand-in, a `__weak __noinline` function of that name (so that it is verified on its own, and
 * no caller knows its result), becomes a call of body, a complete function with the same
 * arguments, which is appended: so no other offset changes. btf is that of the object. callees:
 * more bodies of functions with the same arguments, which a call of body names by their place in
 * the array; NULL = none. False: the program has no such function, and is as it was.
 */
bool filter_splice_function(struct filter_splice *splice, const struct btf *btf, const char *name,
                            const GArray *body, const GPtrArray *callees);

/* Hands the result to libbpf. 0 or a negative errno. */
int filter_splice_end(const struct filter_splice *splice, struct bpf_program *program,
                      struct bpf_prog_load_opts *options);

void filter_splice_free(struct filter_splice *splice);

#endif
