/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of a translation, and its limits. */
#ifndef PKTMON_EBPF_CBPF_TRANSLATION_H
#define PKTMON_EBPF_CBPF_TRANSLATION_H

#define CBPF_MAX_CLASSIC 4096  /* instructions of a filter, as in the kernel's interpreter */
#define CBPF_MAX_WINDOW  32764 /* bytes; loads have a signed 16-bit offset */

enum cbpf_translation {
    CBPF_TRANSLATED,
    CBPF_INVALID,       /* not a program that libpcap could make or run */
    CBPF_BACKWARD_JUMP, /* a loop, which only "protochain" makes */
    CBPF_TOO_LONG,      /* more than CBPF_MAX_CLASSIC instructions, or a jump too long for eBPF */
};

#endif
