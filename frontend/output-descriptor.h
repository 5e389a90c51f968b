/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program writes its output to. */
#ifndef PKTMON_FRONTEND_OUTPUT_DESCRIPTOR_H
#define PKTMON_FRONTEND_OUTPUT_DESCRIPTOR_H

#include <stdbool.h>

#include "pktmon/metadata.h"

/* The other end of a pipe was closed, or a terminal is gone. A program ends with its reader, even
 * while it has nothing to write. */
bool frontend_has_reader_gone(int fd);

bool frontend_is_regular_file(int fd);

/* Descriptions are blocks in a file, and frames in a pipe, whose reader may not know the blocks. */
enum pktmon_carrier frontend_choose_carrier(int fd);

#endif
