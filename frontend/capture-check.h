/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What options of a capture must not be given together. */
#ifndef PKTMON_FRONTEND_CAPTURE_CHECK_H
#define PKTMON_FRONTEND_CAPTURE_CHECK_H

#include "capture-options.h"

/* The error names the options. */
bool frontend_check_capture_settings(const struct pktmon_session_options *settings, GError **error);

#endif
