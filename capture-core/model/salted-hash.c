/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "salted-hash.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

/* Multiplying by a secret and folding the product is a universal hash: without the secret, no two
 * keys are more likely to collide than any others. */
static uint64_t salt[2];

static void make_salt(void)
{
    static gsize made;

    if (!g_once_init_enter(&made))
        return;
    if (getrandom(salt, sizeof(salt), GRND_NONBLOCK) != sizeof(salt)) {
        /* Only before the system has any randomness. */
        salt[0] = (uint64_t)g_get_real_time() ^ (uint64_t)(uintptr_t)&made;
        salt[1] = (uint64_t)g_get_monotonic_time() * UINT64_C(0x9E3779B97F4A7C15);
    }
    salt[1] |= 1;
    g_once_init_leave(&made, 1);
}

static inline uint64_t fold(uint64_t value)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)(value ^ salt[0]) * salt[1];

    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else /* 32-bit machines: the high half is the good one, and is folded into the low half */
    value = (value ^ salt[0]) * salt[1];
    value = (value ^ value >> 32) * (salt[0] | 1);
    return value ^ value >> 32;
#endif
}

static inline guint shorten(uint64_t hash)
{
    return (guint)(hash ^ hash >> 32);
}

guint salted_number(gconstpointer key)
{
    make_salt();
    return shorten(fold((uintptr_t)key));
}

guint salted_int64(gconstpointer key)
{
    uint64_t number;

    make_salt();
    memcpy(&number, key, sizeof(number));
    return shorten(fold(number));
}

guint salted_bytes(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t hash = size, block;

    make_salt();
    for (; size > sizeof(block); size -= sizeof(block), bytes += sizeof(block)) {
        memcpy(&block, bytes, sizeof(block));
        hash = fold(hash ^ block) + salt[1];
    }
    block = 0;
    memcpy(&block, bytes, size);
    return shorten(fold(hash ^ block));
}

guint salted_string(gconstpointer key)
{
    return salted_bytes(key, strlen(key));
}
