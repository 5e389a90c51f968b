/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for network namespaces. */
#ifndef PKTMON_EBPF_SCANNER_SCAN_H
#define PKTMON_EBPF_SCANNER_SCAN_H

#include <stdbool.h>

/* Finds namespaces that are new since the last call, and forgets those that nobody has. */
void scanner_scan_all(void);
/* The same without a search of all processes, so that it forgets none. */
void scanner_scan_mounts(void);
/* Whether a namespace that the holder may keep alive is no longer where it was found. */
bool scanner_has_lost_netns(void);
/* A descriptor that becomes readable when the named namespaces change, or -1. */
int scanner_watch_names(void);
void scanner_clear_names_watch(void);

#endif
