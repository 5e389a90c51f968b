/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether classic BPF from outside may be translated; and what one needs to know of an
 * instruction to do so. */
#ifndef PKTMON_FILTER_CHECK_H
#define PKTMON_FILTER_CHECK_H

#include "translate.h"

/* Every instruction is one that libpcap's interpreter knows, with operands that it accepts; every
 * jump goes forward and stays inside; the last instruction returns. */
enum filter_translation filter_check(const struct sock_filter *classic, size_t count);

/* The bytes that a load of packet data takes; 0: it is none. */
unsigned filter_load_size(const struct sock_filter *insn);
/* The first byte behind them, or where X is added, behind those with an X of 0. 64 bits, as it may
 * be past all that 32 bits can say. */
uint64_t filter_load_end(const struct sock_filter *insn);

#endif
