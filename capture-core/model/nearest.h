/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suggestions for a mistyped word. */
#ifndef PKTMON_MODEL_NEAREST_H
#define PKTMON_MODEL_NEAREST_H

#include <glib.h>

/* The name (char *) that needs the fewest changes of letters, ignoring case, or that begins with
 * the word; NULL: no name is close. Borrowed from the names. */
const char *nearest_word(const char *word, const GPtrArray *names);

#endif
