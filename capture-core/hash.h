/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes for GHashTable, of keys that outsiders choose: a device's index, the addresses of a
 * packet, a number in a file. They are salted once per process, so that nobody can choose keys that
 * collide and make the tables slow.
 */
#ifndef PKTMON_HASH_H
#define PKTMON_HASH_H

#include <glib.h>

/* Of a number that is stored in the pointer itself (GUINT_TO_POINTER); equal: NULL. */
guint pktmon_hash_id(gconstpointer id);
/* Of the guint64 that the pointer leads to; equal: g_int64_equal. */
guint pktmon_hash_u64(gconstpointer number);
/* Of so many bytes. */
guint pktmon_hash_bytes(gconstpointer bytes, size_t size);

#endif
