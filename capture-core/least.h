/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_LEAST_H
#define PKTMON_LEAST_H

#include <stdbool.h>

/* For a program that reads packets or logs: it keeps the right to write where root may, and gives
 * up all other capabilities that whoever started it has. What it starts gets its own, and ambient
 * ones, which are kept for that. False: errno. */
bool pktmon_keep_least(void);

#endif
