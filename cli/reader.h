/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who reads what a command writes. */
#ifndef PKTMON_CLI_READER_H
#define PKTMON_CLI_READER_H

#include <stdbool.h>

/* Whether nobody reads from this descriptor any more: the other end of a pipe was closed, a
 * terminal is gone. A command ends with its reader, also while it has nothing to write. */
bool reader_has_gone(int fd);

#endif
