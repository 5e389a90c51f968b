/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that no expression produces, and the verdict of libpcap's interpreter on them. */
#ifndef FILTER_TEST_CLASSIC_H
#define FILTER_TEST_CLASSIC_H

#include <glib.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* A valid program of instructions chosen by the bytes: an array of struct sock_filter. */
GArray *classic_from_bytes(const uint8_t *bytes, size_t size);

/* Like filter_expression_matches(), for any valid program; its memory is zero at first. */
bool classic_matches(const GArray *program, const uint8_t *data, uint32_t caplen, uint32_t wirelen);

#endif
