/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that no expression would make, and what libpcap's interpreter says of them. */
#ifndef FILTER_TEST_CLASSIC_H
#define FILTER_TEST_CLASSIC_H

#include <glib.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* A valid program of instructions that the bytes choose: an array of struct sock_filter. */
GArray *classic_from_bytes(const uint8_t *bytes, size_t size);

/* As pktmon_expression_matches(), for any valid program, whose memory is zero at first. */
bool classic_matches(const GArray *program, const uint8_t *data, uint32_t caplen, uint32_t wirelen);

#endif
