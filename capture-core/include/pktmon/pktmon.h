/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpktmon: captures the network stack and writes it as pcapng. This header brings in the whole
 * public interface. What captures (pktmon_monitor_*, pktmon_session_*, pktmon_stream_*,
 * pktmon_constraint_*) exists where the library was built with it.
 */
#ifndef PKTMON_PKTMON_H
#define PKTMON_PKTMON_H

#include "capture-info.h"
#include "component.h"
#include "constraint.h"
#include "errors.h"
#include "event.h"
#include "journey.h"
#include "metadata.h"
#include "monitor.h"
#include "session.h"
#include "stream.h"

#endif
