/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMONDUMP_CAPTURE_H
#define PKTMONDUMP_CAPTURE_H

#include "options.h"

/* Captures until SIGTERM, SIGINT, SIGHUP or the end of the reader, none of which is an error. */
bool capture_run(const struct arguments *arguments, GError **error);

#endif
