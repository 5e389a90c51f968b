/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_FRONTEND_LEAST_PRIVILEGE_H
#define PKTMON_FRONTEND_LEAST_PRIVILEGE_H

#include <stdbool.h>

/* For a program that reads packets or logs: gives up all inherited capabilities but
 * CAP_DAC_OVERRIDE, so that root may still write anywhere. Ambient capabilities are kept for the
 * programs that it starts. False: errno. */
bool frontend_keep_least(void);

#endif
