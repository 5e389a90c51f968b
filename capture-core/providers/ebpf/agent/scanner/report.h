/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of what was found, to the reader and the holder. */
#ifndef PKTMON_EBPF_SCANNER_REPORT_H
#define PKTMON_EBPF_SCANNER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "links.h"
#include "namespaces.h"

/* What namespaces and links report goes through these; pktmon-agent.c connects them. */
extern const struct scanner_netns_observer scanner_netns_reports;
extern const struct scanner_link_observer scanner_link_reports;

/* holder: the socket to the holder. */
void scanner_open_reports(int holder);
/* Hands over everything known and wanted, and from now on what is found. all: everything is
 * wanted; otherwise what was selected. */
void scanner_hand_over(bool all);
/* Whether the namespace is wanted where not all are. */
void scanner_select(uint64_t cookie, bool wanted);
/* Hands over nothing more. */
void scanner_rest(void);
bool scanner_is_handing_over(void);

#endif
