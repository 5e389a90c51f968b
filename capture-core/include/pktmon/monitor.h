/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet Monitor's object model: a monitor lists data sources and has sessions (session.h). A
 * session captures at its data sources the packets that match its filters, and delivers events to
 * its streams (stream.h) or writes them to a descriptor. docs/library.md explains the library, and
 * docs/example.c is a complete program.
 *
 * Any number of sessions can be active at once, in one process and in several. Those of one process
 * share one set of programs in the kernel, and each has its own filters, data sources, sizes and
 * buffers. The programs are removed when the last session becomes inactive, or when its process
 * ends in any way.
 *
 * Threads: the functions may be called from any thread. Functions of one session wait for each
 * other; all but the getters may take as long as the kernel needs for its programs, some seconds.
 * From a stream's callbacks, only pktmon_stream_missed() and pktmon_stream_component() may be
 * called; functions of sessions are refused there. After a fork, the child has no active session.
 *
 * Errors: the message of every GError is one sentence that says what to do. The domain is
 * PKTMON_ERROR (errors.h).
 */
#ifndef PKTMON_MONITOR_H
#define PKTMON_MONITOR_H

#include <glib.h>

#include "component.h"
#include "public.h"

struct pktmon_monitor;

/* provider: "ebpf", "pcap", or "auto" (also NULL): eBPF, or libpcap if this system cannot use eBPF.
 * Starts nothing. NULL: error. */
PKTMON_PUBLIC struct pktmon_monitor *pktmon_monitor_new(const char *provider, GError **error);
/* Free its sessions first. */
PKTMON_PUBLIC void pktmon_monitor_free(struct pktmon_monitor *monitor);

/* The components that can be captured now, with all that is known about them;
 * pktmon_registry_list() gives them in the order of their ids. Hidden ones only name places that
 * packets pass. The caller frees the registry, which does not change any more. NULL: error. */
PKTMON_PUBLIC struct pktmon_registry *pktmon_monitor_data_sources(struct pktmon_monitor *monitor,
                                                                  GError **error);

/* Whether the kernel drops packets for a reason of this name, in any case. False: error, with the
 * name that may have been meant. */
PKTMON_PUBLIC bool pktmon_drop_reason_check(const char *name, GError **error);

#endif
