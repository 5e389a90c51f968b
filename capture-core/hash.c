/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hash.h"

#include <string.h>

/* Multiplication by a random odd number, of which the upper bits are taken: whatever two keys are
 * chosen, few of the numbers make them collide (Dietzfelbinger and others, 1997). */
struct salt {
    guint64 multiplier; /* odd */
    guint64 addend;
};

static guint64 random_number(void)
{
    return (guint64)g_random_int() << 32 | g_random_int();
}

static const struct salt *get_salt(void)
{
    static struct salt salt;
    static gsize is_made;

    if (g_once_init_enter(&is_made)) {
        salt.multiplier = random_number() | 1;
        salt.addend = random_number();
        g_once_init_leave(&is_made, 1);
    }
    return &salt;
}

static guint64 mix(const struct salt *salt, guint64 hash, guint64 value)
{
    hash = (hash ^ value) * salt->multiplier + salt->addend;
    return hash ^ hash >> 32;
}

guint pktmon_hash_u64(gconstpointer number)
{
    guint64 value;

    memcpy(&value, number, sizeof(value));
    return (guint)(mix(get_salt(), 0, value) >> 32);
}

guint pktmon_hash_id(gconstpointer id)
{
    return (guint)(mix(get_salt(), 0, GPOINTER_TO_SIZE(id)) >> 32);
}

guint pktmon_hash_bytes(gconstpointer bytes, size_t size)
{
    const struct salt *salt = get_salt();
    guint64 hash = size;

    for (size_t offset = 0; offset < size; offset += sizeof(guint64)) {
        guint64 word = 0;

        memcpy(&word, (const char *)bytes + offset, MIN(size - offset, sizeof(word)));
        hash = mix(salt, hash, word);
    }
    return (guint)(hash >> 32);
}
