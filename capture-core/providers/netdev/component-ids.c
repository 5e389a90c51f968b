/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The id of nearly every component is its own description: the namespace's cookie and the device's
 * index, with the last numbers of each namespace reserved for its layers. No two of them collide.
 *
 * An id has too few bits for a large cookie or index. Such a component gets one with the highest
 * bit set, from a hash that is salted with the kernel's boot id: all processes of this boot
 * compute the same one, and nobody can prepare colliding devices before the boot. Whoever reads
 * the boot id can still find a collision. Then the component that was listed first keeps the id,
 * and the other one gets its next choice, from another hash.
 */
#include "component-ids.h"

#include <fcntl.h>
#include <unistd.h>

#include "model/salted-hash.h"

#define DEVICE_BITS 12
#define MAX_COOKIE  (1U << 19)
#define LAYER_BASE  4064 /* 32 numbers, of which the last is the kernel's */
#define HASHED      0x80000000U

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 36

/* --- keys of tables --- */

guint netdev_component_key_hash(gconstpointer pointer)
{
    const struct netdev_component_key *key = pointer;
    const uint64_t parts[] = {key->cookie, (uint64_t)key->is_layer << 32 | key->number};

    return salted_bytes(parts, sizeof(parts));
}

gboolean netdev_component_key_equal(gconstpointer one, gconstpointer other)
{
    const struct netdev_component_key *a = one, *b = other;

    return a->cookie == b->cookie && a->number == b->number && a->is_layer == b->is_layer;
}

/* --- ids --- */

/* The finisher of SplitMix64 (Steele and others, 2014). */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) + 0x9E3779B97F4A7C15ULL;
    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBULL;
    return hash ^ hash >> 31;
}

/* 0 where the kernel does not publish it. */
static uint64_t read_boot_id(void)
{
    char text[BOOT_ID_SIZE] = "";
    int file = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof(text));
    uint64_t hash = 0;

    for (ssize_t i = 0; i < length; i++)
        hash = mix(hash, (uint8_t)text[i]);
    if (file >= 0)
        close(file);
    return hash;
}

static uint64_t get_boot_id(void)
{
    static uint64_t boot_id;
    static gsize is_read;

    if (g_once_init_enter(&is_read)) {
        boot_id = read_boot_id();
        g_once_init_leave(&is_read, 1);
    }
    return boot_id;
}

static uint32_t hashed_id(const struct netdev_component_key *key, uint32_t choice)
{
    uint64_t hash = mix(mix(get_boot_id(), choice), key->cookie);

    return HASHED | (uint32_t)mix(hash, (uint64_t)key->is_layer << 32 | key->number);
}

/* 0: it does not fit. */
static uint32_t plain_id(const struct netdev_component_key *key)
{
    uint32_t number = key->is_layer ? LAYER_BASE + key->number : key->number;

    if (key->cookie == 0 || key->cookie >= MAX_COOKIE || (!key->is_layer && number >= LAYER_BASE))
        return 0;
    return (uint32_t)key->cookie << DEVICE_BITS | number;
}

uint32_t netdev_component_id(const struct netdev_component_key *key, uint32_t choice)
{
    uint32_t id = choice == 0 ? plain_id(key) : 0;

    return id ? id : hashed_id(key, choice);
}
