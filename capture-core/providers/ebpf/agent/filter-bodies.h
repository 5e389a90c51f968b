/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters of a capture, as functions of the kernel programs. */
#ifndef PKTMON_EBPF_AGENT_FILTER_BODIES_H
#define PKTMON_EBPF_AGENT_FILTER_BODIES_H

#include <bpf/libbpf.h>

#include "providers/ebpf/agent-protocol.h"

/* Adds a part of a filter from the reader, which is untrusted input. */
void agent_add_filter(const struct agent_filter_part *part);
/* Translates the filters that were added since the last call; fails with agent_fail(). */
void agent_translate_filters(const struct agent_start *wanted);
/* Instructions of classic BPF that were translated, for the kind of packet data that has more. */
uint32_t agent_count_instructions(void);
/* Inserts them into a program that libbpf is about to load; does nothing where the program calls no
 * filter. */
int agent_splice_filters(struct bpf_program *program, struct bpf_prog_load_opts *options,
                         const struct btf *btf);
/* To be called once the programs are loaded, or were refused. */
void agent_free_splices(void);

#endif
