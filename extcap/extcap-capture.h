/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_EXTCAP_EXTCAP_CAPTURE_H
#define PKTMON_EXTCAP_EXTCAP_CAPTURE_H

#include "extcap-arguments.h"

/* Captures until SIGTERM, SIGINT, SIGHUP or the end of the reader, none of which is an error. */
bool extcap_run_capture(const struct extcap_arguments *arguments, GError **error);

/* Opens and closes the pipe of a capture that is refused: dumpcap waits for the pipe, and would
 * report a missing device. */
void extcap_decline_capture(const struct extcap_arguments *arguments);

#endif
