/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the observations of a copy decide its fate, and what fates are called. No dependency but
 * libc: the dissector uses it too.
 */
#ifndef PKTMON_MODEL_FATES_H
#define PKTMON_MODEL_FATES_H

#include <stdbool.h>
#include <stdint.h>

#include "pktmon/journey.h"

/* "unknown", if it is none that this version knows. */
const char *fate_name(enum pktmon_fate fate);

/* The fate of a copy after its next observation, a drop or one with this end (enum pktmon_end). */
enum pktmon_fate fate_after(enum pktmon_fate before, bool dropped, uint8_t end);

#endif
