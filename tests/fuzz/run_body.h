/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the eBPF code that filters are translated into, as the kernel would. */
#ifndef FUZZ_RUN_BODY_H
#define FUZZ_RUN_BODY_H

#include <glib.h>
#include <stdint.h>

/*
 * Ends the program unless the verifier would accept the body (struct bpf_insn): known instructions,
 * forward jumps within the body, no unreachable instruction.
 */
void body_check(const GArray *body);

/* The verdict on size bytes of window. Reads nothing else; AddressSanitizer checks that. */
uint64_t body_run(const GArray *body, const uint8_t *window, size_t size, uint32_t present,
                  uint32_t caplen, uint32_t wirelen);

#endif
