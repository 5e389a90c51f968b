/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Information about pktmondump: for Wireshark in the sentences of the extcap protocol, and for
 * users. All of it is printed to standard output; nothing is started or opened.
 */
#ifndef PKTMON_EXTCAP_DISCOVERY_H
#define PKTMON_EXTCAP_DISCOVERY_H

#include "extcap-arguments.h"

void extcap_print_interfaces(const struct extcap_arguments *arguments);
void extcap_print_dlts(const struct extcap_arguments *arguments);
void extcap_print_config(const struct extcap_arguments *arguments);
void extcap_print_help(const struct extcap_arguments *arguments);
void extcap_print_version(const struct extcap_arguments *arguments);

#endif
