/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hierarchy of control groups, version 2. */
#ifndef PKTMON_EBPF_SCANNER_CGROUPS_H
#define PKTMON_EBPF_SCANNER_CGROUPS_H

/* Opens its root, where it is mounted or not. Returns the descriptor, or -errno. */
int scanner_open_root_cgroup(void);

#endif
