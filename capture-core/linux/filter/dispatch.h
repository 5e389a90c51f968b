/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several translated filters as one function, which says of a packet which of them match. */
#ifndef PKTMON_FILTER_DISPATCH_H
#define PKTMON_FILTER_DISPATCH_H

#include <glib.h>
#include <stdint.h>

/*
 * The body of a function with the arguments of translate.h and a result of 64 bits: bit i where
 * filter i matches, and needs_more as well where one needs more; always is added to any result.
 * Calls filter i as callee i of filter_splice_function(). Takes 16 bytes of stack. The caller
 * unrefs the array of struct bpf_insn.
 */
GArray *filter_dispatch(unsigned filters, uint64_t needs_more, uint64_t always);

#endif
