/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the kernel program of this test and its user-space side. */
#ifndef FILTER_TEST_PACKET_H
#define FILTER_TEST_PACKET_H

#include <linux/types.h>

#include "providers/ebpf/cbpf/verdict.h"

#define WINDOW 2048 /* bytes; some packets of the test are larger */

struct filter_window {
    __u8 bytes[WINDOW];
};

struct packet {
    __u32 present; /* bytes present at the first call */
    __u32 caplen;
    __u32 wirelen;
    __u32 first_verdict;
    __u32 verdict;
    __u32 inner;                /* of judge_inside(), as of inner_find() */
    struct filter_window first; /* other bytes after those that are present */
    struct filter_window whole; /* followed by the memory that inner packets reach into */
};

#endif
