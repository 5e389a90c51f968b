/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The holder of the kernel programs: loads and attaches them, and serves the reader. It searches
 * for nothing itself: the scanner hands over what programs are attached to (handover.h).
 */
#ifndef PKTMON_EBPF_AGENT_HOLDER_H
#define PKTMON_EBPF_AGENT_HOLDER_H

#include <glib.h>
#include <sys/types.h>

/* Serves the reader and the scanner. Never returns. */
void agent_run_holder(int scanner, pid_t scanner_process) G_GNUC_NORETURN;

#endif
