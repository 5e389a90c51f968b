/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes for GHashTable whose keys others choose: the author of a file, the user of a namespace.
 * Each process has its own salt, so that nobody can choose keys that collide.
 */
#ifndef PKTMON_MODEL_SALTED_HASH_H
#define PKTMON_MODEL_SALTED_HASH_H

#include <glib.h>
#include <stddef.h>

/* The key is the number itself: GUINT_TO_POINTER(). */
guint salted_number(gconstpointer key);
/* The key points to a uint64_t; for g_int64_equal(). */
guint salted_int64(gconstpointer key);
/* For g_str_equal(). */
guint salted_string(gconstpointer key);
guint salted_bytes(const void *data, size_t size);

#endif
