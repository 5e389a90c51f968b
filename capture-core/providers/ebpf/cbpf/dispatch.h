/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several translated filters as one function, which returns which of them match a packet. */
#ifndef PKTMON_EBPF_CBPF_DISPATCH_H
#define PKTMON_EBPF_CBPF_DISPATCH_H

#include <glib.h>
#include <stdint.h>

/* Returns the body of a function with the arguments of translate.h and a 64-bit result: bit i is
 * set where filter i matches, and needs_more is added where one needs more data; always is added to
 * every result. Filter i is called as callee i of cbpf_splice_function(). The body uses 16 bytes of
 * stack. The caller unrefs the array of struct bpf_insn. */
GArray *cbpf_dispatch(unsigned filters, uint64_t needs_more, uint64_t always);

#endif
