/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_kinds.h"

#include <glib.h>
#include <string.h>

#include "model/edges.h"

#define NETWORK   14 /* offset of IP, */
#define TRANSPORT 34 /* of UDP, */
#define PAYLOAD   42 /* and of what it carries */

/* In network order. */
static void put_size(uint8_t *bytes, uint16_t size)
{
    bytes[0] = (uint8_t)(size >> 8);
    bytes[1] = (uint8_t)size;
}

static void make_bytes(uint8_t *bytes, uint8_t host, uint16_t size)
{
    static const uint8_t headers[PAYLOAD] = {
        2, 0,  0,  0, 0, 1,  2, 0, 0, 0,  0, 2, 8, 0,    0x45, 0, 4, 4, 0,    1, 0x40,
        0, 64, 17, 0, 0, 10, 7, 0, 1, 10, 7, 0, 2, 0x9c, 0x40, 0, 9, 3, 0xf0, 0, 0};

    memcpy(bytes, headers, sizeof(headers));
    bytes[NETWORK + 15] = host;
    put_size(bytes + NETWORK + 2, size - NETWORK);
    put_size(bytes + TRANSPORT + 4, size - TRANSPORT);
    for (int i = PAYLOAD; i < PACKET_SIZE; i++)
        bytes[i] = (uint8_t)i;
}

static struct pktmon_packet *add_hop(struct packet_kind *kind, uint32_t component, uint16_t edge,
                                     uint16_t direction, int form)
{
    struct pktmon_event *event = &kind->events[kind->hops++];

    *event = (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .component = component,
        .packet = {.copy = 1,
                   .edge = edge,
                   .edge_name = edge_name(edge),
                   .direction = direction,
                   .linked = kind->hops > 1 ? PKTMON_LINKED_BY_BUFFER : 0,
                   .cpu = 1,
                   .queue = -1,
                   .netns = "demo-host",
                   .link_type = 1,
                   .data = kind->bytes[form - 1],
                   .caplen = kind->hops > 1 ? MIN(kind->size, REPEAT_SIZE) : kind->size,
                   .origlen = kind->size},
    };
    return &event->packet;
}

/* a/eth0 → sw/port-a → sw/port-b → b/eth0, and a hook. */
static void make_way(struct packet_kind *kind, int form_from_hop_5)
{
    for (uint32_t device = 1; device <= 4; device++) {
        bool is_sent = device % 2 == 1;
        uint16_t direction = is_sent ? PKTMON_DIRECTION_TX : PKTMON_DIRECTION_RX;
        int form = device > 2 ? form_from_hop_5 : 1;

        add_hop(kind, device, is_sent ? PKTMON_EDGE_UPPER : PKTMON_EDGE_LOWER, direction, form);
        add_hop(kind, device, is_sent ? PKTMON_EDGE_LOWER : PKTMON_EDGE_UPPER, direction, form);
    }
    add_hop(kind, 5, PKTMON_EDGE_INPUT, PKTMON_DIRECTION_IN, form_from_hop_5)->end =
        PKTMON_END_DELIVERED;
}

void make_bridged(struct packet_kind *kind)
{
    make_way(kind, 1);
}

void make_translated(struct packet_kind *kind)
{
    make_way(kind, 2);
}

void make_dropped(struct packet_kind *kind)
{
    struct pktmon_packet *packet;

    add_hop(kind, 1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX, 1);
    packet = add_hop(kind, 5, PKTMON_EDGE_INPUT, PKTMON_DIRECTION_IN, 1);
    packet->dropped = true;
    packet->drop_reason = "NETFILTER_DROP";
}

void make_segmented(struct packet_kind *kind)
{
    add_hop(kind, 1, PKTMON_EDGE_UPPER, PKTMON_DIRECTION_TX, 1);
    for (uint16_t piece = 1; piece <= 45; piece++) {
        for (uint32_t device = 1; device <= 4; device++) {
            struct pktmon_packet *packet =
                add_hop(kind, device, PKTMON_EDGE_LOWER,
                        device % 2 ? PKTMON_DIRECTION_TX : PKTMON_DIRECTION_RX, 1);

            packet->packet_number = piece;
            packet->end = device == 4 ? PKTMON_END_DELIVERED : 0;
        }
    }
}

void make_flooded(struct packet_kind *kind)
{
    add_hop(kind, 1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX, 1);
    for (uint32_t copy = 1; copy <= 100; copy++) {
        struct pktmon_packet *packet =
            add_hop(kind, copy + 1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_TX, 1);

        packet->copy = copy;
        packet->copy_of = copy > 1 ? 1 : 0;
        packet->end = PKTMON_END_CONSUMED;
    }
}

void packet_kind_make(struct packet_kind *kind, uint16_t size)
{
    kind->size = size;
    make_bytes(kind->bytes[0], 1, size);
    make_bytes(kind->bytes[1], 99, size);
    kind->make(kind);
}

const char *packet_kind_component(const void *context, uint32_t component)
{
    static const char *const names[] = {"?",         "a/eth0", "sw/port-a",
                                        "sw/port-b", "b/eth0", "b/netfilter"};

    (void)context;
    return component < G_N_ELEMENTS(names) ? names[component] : "sw/port-n";
}
