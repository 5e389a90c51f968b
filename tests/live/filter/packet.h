/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel program of this test and its user-space side share. */
#ifndef FILTER_TEST_PACKET_H
#define FILTER_TEST_PACKET_H

#include <linux/types.h>

#include "verdict.h"

#define WINDOW 2048 /* bytes; some packets of the test are larger */

struct filter_window {
    __u8 bytes[WINDOW];
};

struct packet {
    __u32 present; /* bytes at hand for the first call */
    __u32 caplen;
    __u32 wirelen;
    __u32 first_verdict;
    __u32 verdict;
    __u32 inner;                /* of judge_inside(): as inner_find() says */
    struct filter_window first; /* behind the bytes that are present: others */
    struct filter_window whole; /* and the memory that inner packets reach into */
};

#endif
