/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner: finds network namespaces and the devices in them.
 *
 * It must not keep a namespace alive: neither a descriptor of one nor a socket inside one stays
 * open, and changes of devices elsewhere are received through namespace ids.
 */
#ifndef PKTMON_EBPF_SCANNER_H
#define PKTMON_EBPF_SCANNER_H

#include <glib.h>

/* Serves the holder. The reports must be open. Never returns. */
void scanner_run(int holder) G_GNUC_NORETURN;

#endif
