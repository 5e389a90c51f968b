/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inserts function bodies into kernel programs that libbpf is about to load, in place of functions
 * that were compiled as stand-ins. */
#ifndef PKTMON_EBPF_CBPF_SPLICE_H
#define PKTMON_EBPF_CBPF_SPLICE_H

#include <bpf/libbpf.h>
#include <glib.h>
#include <linux/bpf.h>
#include <stdbool.h>

/* A program, and the information about its functions for the kernel. It must stay until the program
 * is loaded, and is freed with cbpf_splice_free(). */
struct cbpf_splice {
    GArray *insns;     /* struct bpf_insn */
    GArray *functions; /* struct bpf_func_info */
    GArray *lines;     /* struct bpf_line_info */
};

/* Copies a program as it is when libbpf calls a handler's prog_prepare_load_fn with these options:
 * its final code, with all the functions that it calls. */
void cbpf_splice_begin(struct cbpf_splice *splice, const struct bpf_program *program,
                       const struct bpf_prog_load_opts *options);

/* Replaces a stand-in by a call of body. The stand-in is a `__weak __noinline` function of that
 * name, so that it is verified on its own, and no caller knows its result. body is a complete
 * function with the same arguments; it is appended, so that no other offset changes. btf: that of
 * the object. callees: bodies of more functions with the same arguments (NULL: of none), which body
 * calls by their index; NULL = none. False: the program has no such function, and is unchanged. */
bool cbpf_splice_function(struct cbpf_splice *splice, const struct btf *btf, const char *name,
                          const GArray *body, const GPtrArray *callees);

/* Passes the result to libbpf. Returns 0 or a negative errno. */
int cbpf_splice_end(const struct cbpf_splice *splice, struct bpf_program *program,
                    struct bpf_prog_load_opts *options);

void cbpf_splice_free(struct cbpf_splice *splice);

#endif
