/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpktmon: captures the network stack and writes it as pcapng. This header brings in the whole
 * public interface. What captures (pktmon_monitor_*, pktmon_live_session_*,
 * pktmon_realtime_stream_*, pktmon_session_*, pktmon_constraint_*, pktmon_ebpf_*) exists where the
 * library was built with it.
 */
#ifndef PKTMON_PKTMON_H
#define PKTMON_PKTMON_H

#include "component.h"
#include "constraint.h"
#include "event.h"
#include "metadata.h"
#include "monitor.h"
#include "provider.h"
#include "session.h"
#include "stream.h"

#endif
