/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors: every GError of the library is of the domain PKTMON_ERROR. */
#ifndef PKTMON_ERRORS_H
#define PKTMON_ERRORS_H

#include <glib.h>

#include "public.h"

#define PKTMON_ERROR (pktmon_error_quark())
PKTMON_PUBLIC GQuark pktmon_error_quark(void);

/* The message of every GError is one sentence for the user that says what to do. */
enum pktmon_error {
    PKTMON_ERROR_FAILED,
    PKTMON_ERROR_ARGUMENT, /* the request cannot be met: an unknown component, an invalid filter, a
                              wrong state */
    PKTMON_ERROR_PERMISSION,  /* this user lacks a right */
    PKTMON_ERROR_UNSUPPORTED, /* this system lacks a feature */
    PKTMON_ERROR_INPUT,       /* the file is not valid */
};

#endif
