/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Validation of classic BPF from untrusted sources, and properties of its instructions. */
#ifndef PKTMON_EBPF_CBPF_CHECK_H
#define PKTMON_EBPF_CBPF_CHECK_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "translation.h"

/* Checks that libpcap's interpreter knows every instruction and accepts its operands, that every
 * jump goes forward and stays inside, and that the last instruction returns. */
enum cbpf_translation cbpf_check(const struct sock_filter *classic, size_t count);

/* The number of bytes that a load reads from the packet; 0: it is no such load. */
unsigned cbpf_load_size(const struct sock_filter *insn);
/* The offset of the first byte behind them, for an X of 0 where X is added. 64 bits, as it may
 * exceed 32 bits. */
uint64_t cbpf_load_end(const struct sock_filter *insn);

#endif
