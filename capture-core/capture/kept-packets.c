/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kept-packets.h"

#include <glib.h>

#include "model/salted-hash.h"

#define SLOTS 65536 /* a power of two; more packets than are under way at a time */

struct slot {
    uint64_t group; /* 0 = free */
    uint16_t number;
};

struct kept_packets {
    struct slot slots[SLOTS];
};

struct kept_packets *kept_packets_new(void)
{
    return g_new0(struct kept_packets, 1);
}

void kept_packets_free(struct kept_packets *kept)
{
    g_free(kept);
}

static size_t slot_of(const struct pktmon_packet *packet)
{
    gint64 key = (gint64)(packet->group ^ (uint64_t)packet->packet_number << 40);

    return salted_int64(&key) & (SLOTS - 1);
}

bool kept_packets_has(const struct kept_packets *kept, const struct pktmon_packet *packet)
{
    const struct slot *slot = &kept->slots[slot_of(packet)];

    return slot->group == packet->group && slot->number == packet->packet_number;
}

void kept_packets_add(struct kept_packets *kept, const struct pktmon_packet *packet)
{
    kept->slots[slot_of(packet)] =
        (struct slot){.group = packet->group, .number = packet->packet_number};
}
