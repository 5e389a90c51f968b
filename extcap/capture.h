/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMONDUMP_CAPTURE_H
#define PKTMONDUMP_CAPTURE_H

#include "options.h"
#include "stream.h"

/* Captures until SIGTERM, SIGINT, SIGHUP or the end of the reader, none of which is an error. */
bool capture_run(const struct arguments *arguments, GError **error);

/* For the interfaces' captures. hook is called from a signal handler when the capture shall end,
 * at once if that was before; NULL: no more. */
void capture_set_stop_hook(void (*hook)(void));
/* Opens and closes the pipe of a capture that is refused: dumpcap waits for it, and would complain
 * of a device that does not exist. */
void capture_decline(const struct arguments *arguments);
/* Whether somebody reads what is written to fd. */
bool capture_is_read(int fd);
bool capture_stop_wanted(void);
enum pktmon_carrier capture_carrier(const struct arguments *arguments, int fd);

#endif
