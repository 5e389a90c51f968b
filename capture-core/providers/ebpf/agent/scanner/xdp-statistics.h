/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What XDP programs dropped, as the drivers of their devices count it. */
#ifndef PKTMON_EBPF_SCANNER_XDP_STATISTICS_H
#define PKTMON_EBPF_SCANNER_XDP_STATISTICS_H

/* Reports it for all devices with such a program; the first time, for all whose driver counts. */
void scanner_report_xdp_drops(void);

#endif
