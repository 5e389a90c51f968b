/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a log in memory through the whole provider, and touches every byte that it delivers. */
#ifndef FUZZ_DRAIN_H
#define FUZZ_DRAIN_H

#include <stddef.h>
#include <stdint.h>

void drain_log(const uint8_t *data, size_t size);

#endif
