/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translates classic BPF, as libpcap compiles it from a capture filter, into the body of an eBPF
 * function. It decides exactly like libpcap's own interpreter (pcap_offline_filter()).
 *
 * The body is that of a global function of a kernel program:
 *
 *     struct filter_window { __u8 bytes[WINDOW]; };
 *     __weak __noinline int filter(struct filter_window *window, __u32 present, __u32 caplen,
 *     __u32 wirelen);
 *
 * - window: the packet's first bytes, in memory of the program; NULL matches nothing
 * - present: the number of these bytes, at most WINDOW and at most caplen
 * - caplen: bytes of the packet that can be read at all, fragments included. A load beyond them
 *   matches nothing
 * - wirelen: the packet's length, "len" in an expression; the same as caplen, except where a
 *   kernel cannot read fragments
 *
 * The result is an enum cbpf_verdict. CBPF_NEEDS_MORE is returned only where a load lies
 * between present and caplen. The caller copies the first 64 to 256 bytes and calls the function;
 * if that needs more, it copies as many bytes as the window holds and calls it once more; the
 * function keeps no state. If that still needs more (a load behind WINDOW bytes), user space has
 * to decide, where the whole packet is: the caller lets it pass, marked as undecided.
 *
 * A filter compiled for Ethernet sees frames as they are on the wire: a VLAN tag that the kernel
 * holds outside the frame has to be inserted behind the two addresses, in the window and in the
 * lengths (4 bytes more). One compiled for DLT_RAW sees the data from the network header on.
 *
 * The function calls nothing, needs no map, at most 64 bytes of stack, and JMP32 (Linux 5.1).
 */
#ifndef PKTMON_EBPF_CBPF_TRANSLATE_H
#define PKTMON_EBPF_CBPF_TRANSLATE_H

#include <glib.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdint.h>

#include "translation.h"
#include "verdict.h"

/* Translates count instructions for a window of this many bytes (1 to CBPF_MAX_WINDOW). The
 * instructions are untrusted: each field is checked. Sets *body, an array of struct bpf_insn that
 * the caller unrefs, only if it returns CBPF_TRANSLATED. Linear in count, except for the number of
 * different offsets of loads, of which libpcap's programs have few. */
enum cbpf_translation cbpf_translate(const struct sock_filter *classic, size_t count,
                                     uint32_t window, GArray **body);

/* The same with needs_more in place of CBPF_NEEDS_MORE: equivalent to cbpf_dispatch() of one
 * filter, without the call. */
enum cbpf_translation cbpf_translate_alone(const struct sock_filter *classic, size_t count,
                                           uint32_t window, uint64_t needs_more, GArray **body);

/* Why a filter was not translated, as the end of a sentence that begins "... because it ". */
const char *cbpf_translation_text(enum cbpf_translation translation);

#endif
