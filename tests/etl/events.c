/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include <string.h>

static void put_group(GByteArray *to, const struct packet_body *packet)
{
    put_u64(to, packet->group);
    put_u16(to, packet->number);
    put_u16(to, packet->appearance);
}

static void put_place(GByteArray *to, const struct packet_body *packet)
{
    put_u16(to, packet->direction);
    put_u16(to, packet->type);
    put_u16(to, packet->component);
    put_u16(to, packet->edge);
    put_u16(to, packet->filter);
    put_u32(to, packet->reason);
    put_u32(to, packet->location);
}

static void put_data(GByteArray *to, const struct packet_body *packet)
{
    put_u16(to, packet->original ? packet->original : packet->size);
    put_u16(to, packet->size);
    if (packet->size)
        put_bytes(to, packet->data, packet->size);
}

struct packet_body packet_body_of(uint64_t group, const GByteArray *frame)
{
    return (struct packet_body){.group = group,
                                .number = 1,
                                .appearance = 1,
                                .direction = 3,
                                .type = 1,
                                .component = 7,
                                .edge = 1,
                                .data = frame ? frame->data : NULL,
                                .size = frame ? (uint16_t)frame->len : 0};
}

GByteArray *body_packet(const struct packet_body *packet)
{
    GByteArray *to = g_byte_array_new();
    put_group(to, packet);
    put_place(to, packet);
    put_data(to, packet);
    return to;
}

/* To 10.0.0.2 or 2001:db8::2, port 53; from .1, port 4242; UDP. */
static void put_addresses(GByteArray *to, bool v6)
{
    static const uint8_t v6_prefix[15] = {0x20, 0x01, 0x0d, 0xb8};
    static const uint8_t v4_prefix[3] = {10, 0, 0};
    for (unsigned host = 2; host > 0; host--) {
        put_bytes(to, v6 ? v6_prefix : v4_prefix, v6 ? sizeof(v6_prefix) : sizeof(v4_prefix));
        put_u8(to, host);
    }
    put_u8(to, 17);
    put_u16(to, 53);
    put_u16(to, 4242);
}

GByteArray *body_payload(const struct packet_body *packet, bool v6)
{
    GByteArray *to = g_byte_array_new();
    put_place(to, packet);
    put_addresses(to, v6);
    put_data(to, packet);
    return to;
}

GByteArray *body_parsed(const struct packet_body *packet, bool v6, uint16_t vlan)
{
    GByteArray *to = g_byte_array_new();
    put_bytes(to, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    put_u16(to, v6 ? 0x86DD : 0x0800);
    put_u16(to, vlan);
    put_addresses(to, v6);
    put_u8(to, 0);
    put_group(to, packet);
    put_place(to, packet);
    return to;
}

GByteArray *body_nbl(const struct packet_body *packet, const uint64_t info[12], bool is_32bit)
{
    GByteArray *to = g_byte_array_new();
    put_group(to, packet);
    put_place(to, packet);
    for (int i = 0; i < 12; i++) {
        if (is_32bit && i < 9)
            put_u32(to, (uint32_t)info[i]);
        else
            put_u64(to, info[i]);
    }
    return to;
}

GByteArray *body_context(const struct packet_body *packet, uint16_t type, uint64_t context)
{
    GByteArray *to = g_byte_array_new();
    put_group(to, packet);
    put_place(to, packet);
    put_u16(to, type);
    put_u64(to, context);
    return to;
}

GByteArray *body_component(uint16_t id, uint16_t type, const char *name, const char *description)
{
    GByteArray *to = g_byte_array_new();
    put_u16(to, id);
    put_u16(to, type);
    put_wide(to, name);
    put_wide(to, description);
    return to;
}

GByteArray *body_property(uint16_t component, uint16_t type, uint32_t value, unsigned size)
{
    GByteArray *to = g_byte_array_new();
    put_u16(to, component);
    put_u16(to, type);
    if (size == 2)
        put_u16(to, value);
    else
        put_u32(to, value);
    return to;
}

static void put_counts(GByteArray *to, uint64_t base)
{
    put_u16(to, 3);
    put_u64(to, base);
    put_u64(to, base * 100);
    put_u16(to, 4);
    put_u64(to, base + 1);
    put_u64(to, (base + 1) * 100);
}

GByteArray *body_flow(uint16_t component, const char *edge, uint16_t edge_id, uint64_t base)
{
    GByteArray *to = g_byte_array_new();
    put_u16(to, component);
    put_wide(to, edge);
    put_u16(to, edge_id);
    put_counts(to, base);
    return to;
}

GByteArray *body_drops(uint16_t component, uint64_t base)
{
    GByteArray *to = g_byte_array_new();
    put_u16(to, component);
    put_counts(to, base);
    return to;
}

void add_pktmon(struct writer *writer, unsigned cpu, int64_t ticks, uint16_t id, GByteArray *body)
{
    const struct writer_event event = {.guid = writer_pktmon_guid, .id = id, .level = 4};
    writer_add(writer, cpu, ticks, &event, body);
    g_byte_array_free(body, TRUE);
}

static void put_be16(GByteArray *to, unsigned value)
{
    put_u8(to, value >> 8);
    put_u8(to, value & 0xFF);
}

static void put_udp(GByteArray *to, uint16_t identification, const char *payload)
{
    unsigned size = (unsigned)strlen(payload);
    put_be16(to, 0x4500);
    put_be16(to, 28 + size);
    put_be16(to, identification);
    put_be16(to, 0);
    put_be16(to, 64 << 8 | 17);
    put_be16(to, 0);
    put_bytes(to, "\x0a\0\0\x01\x0a\0\0\x02", 8);
    put_be16(to, 4242);
    put_be16(to, 4243);
    put_be16(to, 8 + size);
    put_be16(to, 0);
    put_bytes(to, payload, size);
}

GByteArray *udp_frame(uint16_t identification, const char *payload)
{
    GByteArray *to = g_byte_array_new();
    put_bytes(to, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    put_be16(to, 0x0800);
    put_udp(to, identification, payload);
    return to;
}

GByteArray *wifi_frame(uint16_t identification, const char *payload, bool protected_bit)
{
    GByteArray *to = g_byte_array_new();
    put_u8(to, 0x88); /* QoS data */
    put_u8(to, protected_bit ? 0x41 : 0x01);
    put_bytes(to, "\0\0\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x02\0\0\0\0\x03\0\0\0\0", 24);
    put_bytes(to, "\xaa\xaa\x03\0\0\0", 6);
    put_be16(to, 0x0800);
    put_udp(to, identification, payload);
    return to;
}
