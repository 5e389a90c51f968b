/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pktmon/errors.h"

G_DEFINE_QUARK(pktmon - error - quark, pktmon_error)
