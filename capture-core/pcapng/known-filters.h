/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters as they were described last, by their ids. */
#ifndef PKTMON_PCAPNG_KNOWN_FILTERS_H
#define PKTMON_PCAPNG_KNOWN_FILTERS_H

#include <glib.h>
#include <stdbool.h>

#include "pktmon/event.h"

/* Free it with g_ptr_array_unref(). */
GPtrArray *known_filters_new(void);
/* Whether it is another one than before. Beyond so many filters it is not kept. */
bool known_filters_put(GPtrArray *known, const struct pktmon_filter_description *filter,
                       guint most);
/* Its texts are borrowed. */
struct pktmon_filter_description known_filters_get(const GPtrArray *known, guint index);

#endif
