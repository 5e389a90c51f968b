/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was left out because it carries the capture's own output. */
#ifndef PKTMON_EBPF_READER_OWN_TRAFFIC_H
#define PKTMON_EBPF_READER_OWN_TRAFFIC_H

#include <stdbool.h>

struct ebpf_provider;

/* Reports it, if it is time. last: the capture ends. */
void ebpf_report_own(struct ebpf_provider *provider, bool last);

#endif
