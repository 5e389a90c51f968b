/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-table.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define FEWEST_SLOTS 1024 /* a power of two */

/* A hash table with open addressing, whose slots have the places of packets, from 1; 0: empty. */
static struct packet_table {
    wmem_array_t *packets; /* of struct known_packet; NULL: there is none */
    uint32_t *slots;
    uint32_t slot_count; /* a power of two; at least twice the number of packets */
    /* What was looked for last: a frame asks for its packet several times. */
    struct capture_map_key asked;
    uint32_t *slot; /* its own, or the empty one where it belongs */
} table;

/* Its memory was freed with the file. */
static void reset(void)
{
    memset(&table, 0, sizeof(table));
}

void packet_table_register(void)
{
    register_init_routine(reset);
}

uint32_t packet_table_count(void)
{
    return table.packets ? wmem_array_get_count(table.packets) : 0;
}

static struct known_packet *packet_at(uint32_t slot)
{
    return wmem_array_index(table.packets, slot - 1);
}

static bool is_asked(const struct capture_map_key *key)
{
    return table.slot && table.asked.id == key->id && table.asked.capture_id == key->capture_id;
}

/* Keys may be chosen by whoever made the file; Wireshark's hash has a secret. */
static uint32_t *find_slot(const struct capture_map_key *key)
{
    uint32_t at = wmem_strong_hash((const guint8 *)key, sizeof(*key));

    for (;; at++) {
        uint32_t *slot = &table.slots[at & (table.slot_count - 1)];

        if (*slot == 0 || memcmp(&packet_at(*slot)->key, key, sizeof(*key)) == 0)
            return slot;
    }
}

static void make_slots(uint32_t count)
{
    wmem_free(wmem_file_scope(), table.slots);
    table.slots = wmem_alloc0_array(wmem_file_scope(), uint32_t, count);
    table.slot_count = count;
    table.slot = NULL;
    for (uint32_t i = 1; i <= packet_table_count(); i++)
        *find_slot(&packet_at(i)->key) = i;
}

struct known_packet *packet_table_find(const struct capture_map_key *key)
{
    if (!table.packets)
        return NULL;
    if (!is_asked(key)) {
        table.asked = *key;
        table.slot = find_slot(key);
    }
    return *table.slot != 0 ? packet_at(*table.slot) : NULL;
}

struct known_packet *packet_table_add(const struct capture_map_key *key)
{
    const struct known_packet packet = {.key = *key};

    if (!table.packets) {
        table.packets = wmem_array_new(wmem_file_scope(), sizeof(struct known_packet));
        make_slots(FEWEST_SLOTS);
    }
    if (packet_table_count() >= table.slot_count / 2)
        make_slots(table.slot_count * 2);
    uint32_t *slot = is_asked(key) ? table.slot : find_slot(key);
    wmem_array_append_one(table.packets, packet);
    *slot = packet_table_count();
    return packet_at(*slot);
}
