/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody who mistyped a word may have meant. */
#ifndef PKTMON_NEAREST_H
#define PKTMON_NEAREST_H

#include <glib.h>

/* Of the names (char *) the one that takes the fewest changes of letters, in any case, or that goes
 * on as the word begins; NULL: the word is like none of them. Borrowed from the names. */
const char *pktmon_nearest(const char *word, const GPtrArray *names);

#endif
