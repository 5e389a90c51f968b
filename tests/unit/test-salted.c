/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys chosen to collide under plain hashes do not collide under ours. */
#include <glib.h>
#include <string.h>

#include "model/salted-hash.h"

#define KEYS 4096

/* The number of different hashes. */
static guint different(const guint hashes[KEYS])
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (int i = 0; i < KEYS; i++)
        g_hash_table_add(seen, GUINT_TO_POINTER(hashes[i]));
    return g_hash_table_size(seen);
}

/* Among 4096 hashes of 32 bits, two are equal in one case of 500. */
#define ENOUGH (KEYS - 8)

static void test_bytes(void)
{
    guint hashes[KEYS];
    for (guint32 i = 0; i < KEYS; i++) {
        const guint32 guid[4] = {i, i, i, i}; /* their XOR is 0 */
        hashes[i] = salted_bytes(guid, sizeof(guid));
    }
    g_assert_cmpuint(different(hashes), >=, ENOUGH);
}

static void test_numbers(void)
{
    guint hashes[KEYS];
    for (guint i = 0; i < KEYS;
         i++) /* multiples of the prime that GLib takes for a table of this size */
        hashes[i] = salted_number(GUINT_TO_POINTER(i * 8191u)) % 8191u;
    g_assert_cmpuint(different(hashes), >, KEYS / 2);
    for (guint64 i = 0; i < KEYS; i++) {
        const guint64 number = i << 32 | i; /* g_int64_hash() of newer GLib gives 0 for these */
        hashes[i] = salted_int64(&number);
    }
    g_assert_cmpuint(different(hashes), >=, ENOUGH);
}

/* All lengths; equal bytes give equal hashes. */
static void test_lengths(void)
{
    guint hashes[KEYS];
    static const char zeros[KEYS];
    for (guint i = 0; i < KEYS; i++)
        hashes[i] = salted_bytes(zeros, i);
    g_assert_cmpuint(different(hashes), >=, ENOUGH);
    g_assert_cmpuint(salted_string("abc"), ==, salted_bytes("abcd", 3));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/salted/bytes", test_bytes);
    g_test_add_func("/salted/numbers", test_numbers);
    g_test_add_func("/salted/lengths", test_lengths);
    return g_test_run();
}
