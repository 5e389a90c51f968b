/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the eBPF that filters are translated into, as the kernel would, if it let it. */
#ifndef FUZZ_RUN_BODY_H
#define FUZZ_RUN_BODY_H

#include <glib.h>
#include <stdint.h>

/*
 * Ends the program unless the body (struct bpf_insn) is what the verifier takes: instructions that
 * it knows, jumps forward to places inside, no instruction that nothing leads to.
 */
void body_check(const GArray *body);

/* The verdict on size bytes of window. Reads nothing else, which the address sanitizer sees to. */
uint64_t body_run(const GArray *body, const uint8_t *window, size_t size, uint32_t present,
                  uint32_t caplen, uint32_t wirelen);

#endif
