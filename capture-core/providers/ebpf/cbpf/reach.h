/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions of a classic program are reachable, and which packet bytes are present there.
 */
#ifndef PKTMON_EBPF_CBPF_REACH_H
#define PKTMON_EBPF_CBPF_REACH_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define CBPF_UNREACHED UINT32_MAX

/* Returns, for each instruction of a checked program, how many of the packet's first bytes are
 * certainly present, because loads on every path to it needed them: later loads need not check
 * these again. CBPF_UNREACHED: no path leads to it. The caller frees the array. */
uint32_t *cbpf_reach(const struct sock_filter *classic, size_t count, uint32_t window);

#endif
