/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pktmondump says of itself: to Wireshark in the sentences of the extcap protocol, and to
 * people. Everything goes to the standard output; nothing is started, opened or asked.
 */
#ifndef PKTMONDUMP_DISCOVERY_H
#define PKTMONDUMP_DISCOVERY_H

#include "options.h"

void discovery_interfaces(const struct arguments *arguments);
void discovery_dlts(const struct arguments *arguments);
void discovery_config(const struct arguments *arguments);
void discovery_help(const struct arguments *arguments);
void discovery_version(const struct arguments *arguments);

#endif
