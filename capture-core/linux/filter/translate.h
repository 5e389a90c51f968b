/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classic BPF, as libpcap compiles it from a capture filter, into the body of an eBPF function.
 * It decides exactly as libpcap's own interpreter does (pcap_offline_filter()).
 *
 * The body is that of a global function of a kernel program:
 *
 *     struct filter_window { __u8 bytes[WINDOW]; };
 *     __weak __noinline int filter(struct filter_window *window, __u32 present, __u32 caplen,
 *                                  __u32 wirelen);
 *
 *   window    the packet's first bytes, in memory that the program owns; NULL matches nothing
 *   present   how many of them are there: at most WINDOW and at most caplen
 *   caplen    bytes of the packet that can be had at all, fragments included. A load beyond them
 *             matches nothing
 *   wirelen   the packet's length, "len" in an expression; the same as caplen, except where a
 *             kernel cannot read fragments
 *
 * and its result is an enum filter_verdict. FILTER_NEEDS_MORE comes only where a load lies between
 * present and caplen. A caller copies the first 64 to 256 bytes, calls, and where it is told so
 * copies as much as the window holds and calls once more; the function keeps no state. What still
 * needs more then (a load behind WINDOW bytes) has to be decided in user space, where the whole
 * packet is: the caller lets it pass, marked as undecided.
 *
 * A filter compiled for Ethernet sees frames as they are on the wire: a VLAN tag that the kernel
 * holds outside the frame has to be put back behind the two addresses, in the window and in the
 * lengths (4 bytes more). One compiled for DLT_RAW sees what begins at the network header.
 *
 * The function calls nothing, needs no map, at most 64 bytes of stack, and JMP32 (Linux 5.1).
 */
#ifndef PKTMON_FILTER_TRANSLATE_H
#define PKTMON_FILTER_TRANSLATE_H

#include <glib.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdint.h>

#include "verdict.h"

#define FILTER_MAX_CLASSIC 4096  /* instructions of a filter, as in the kernel's own interpreter */
#define FILTER_MAX_WINDOW  32764 /* bytes; loads have a signed 16-bit offset */

enum filter_translation {
    FILTER_TRANSLATED,
    FILTER_INVALID,       /* no program that libpcap makes, or could run */
    FILTER_BACKWARD_JUMP, /* a loop, which only "protochain" has: not for the kernel */
    FILTER_TOO_LONG,      /* more than FILTER_MAX_CLASSIC, or further to jump than eBPF can */
};

/*
 * Translates count instructions for a window of so many bytes (1 to FILTER_MAX_WINDOW). The
 * instructions may come from anyone: each field is checked before it is believed. Sets *body, an
 * array of struct bpf_insn that the caller unrefs, on FILTER_TRANSLATED only. Linear in count, but
 * for different places that are read from, of which libpcap's programs have few.
 */
enum filter_translation filter_translate(const struct sock_filter *classic, size_t count,
                                         uint32_t window, GArray **body);

/* The same with needs_more in place of FILTER_NEEDS_MORE: what filter_dispatch() makes of one
 * filter, without a call of it. */
enum filter_translation filter_translate_alone(const struct sock_filter *classic, size_t count,
                                               uint32_t window, uint64_t needs_more, GArray **body);

/* Why a filter was not translated, as the end of a sentence ("... because it " and this). */
const char *filter_translation_text(enum filter_translation translation);

#endif
