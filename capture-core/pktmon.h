/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpktmon: captures the network stack and writes it as pcapng. This header brings in the whole
 * public interface; pktmon_session_*, pktmon_constraint_* and pktmon_ebpf_* exist where the library
 * was built with the live capture.
 */
#ifndef PKTMON_PKTMON_H
#define PKTMON_PKTMON_H

#include "component.h"
#include "constraint.h"
#include "event.h"
#include "metadata.h"
#include "provider.h"
#include "session.h"
#include "stream.h"

#endif
