/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pktmon-event.h"

/* {4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac} */
const uint8_t etl_pktmon_guid[ETL_GUID_SIZE] = {0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d,
                                                0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac};

static void take_group(struct etl_cursor *cursor, struct etl_packet_event *event)
{
    event->has_group = true;
    event->group = etl_take_u64(cursor);
    event->number = etl_take_u16(cursor);
    event->appearance = etl_take_u16(cursor);
}

static void take_place(struct etl_cursor *cursor, struct etl_packet_event *event)
{
    event->direction = etl_take_u16(cursor);
    event->packet_type = etl_take_u16(cursor);
    event->component = etl_take_u16(cursor);
    event->edge = etl_take_u16(cursor);
    event->filter = etl_take_u16(cursor);
    event->reason = etl_take_u32(cursor);
    event->location = etl_take_u32(cursor);
}

static void take_bytes(struct etl_cursor *cursor, uint8_t *to, size_t size)
{
    const uint8_t *bytes = etl_take(cursor, size);
    if (bytes)
        memcpy(to, bytes, size);
}

static void take_addresses(struct etl_cursor *cursor, struct etl_packet_event *event,
                           uint8_t address_size)
{
    struct etl_addresses *addresses = &event->addresses;
    addresses->address_size = address_size;
    take_bytes(cursor, addresses->to, address_size);
    take_bytes(cursor, addresses->from, address_size);
    addresses->protocol = etl_take_u8(cursor);
    addresses->to_port = etl_take_u16(cursor);
    addresses->from_port = etl_take_u16(cursor);
}

/* Takes the logged bytes: the number that the event gives, or fewer in a short event. */
static void take_payload(struct etl_cursor *cursor, struct etl_packet_event *event)
{
    event->original_size = etl_take_u16(cursor);
    uint16_t logged = etl_take_u16(cursor);
    event->payload_size = (uint32_t)MIN(logged, etl_cursor_left(cursor));
    event->payload = etl_take(cursor, event->payload_size);
}

static void read_frame(struct etl_cursor *cursor, unsigned size, struct etl_packet_event *event)
{
    (void)size;
    take_group(cursor, event);
    take_place(cursor, event);
    take_payload(cursor, event);
}

static void read_payload(struct etl_cursor *cursor, unsigned address_size,
                         struct etl_packet_event *event)
{
    take_place(cursor, event);
    take_addresses(cursor, event, (uint8_t)address_size);
    take_payload(cursor, event);
}

static void read_parsed(struct etl_cursor *cursor, unsigned address_size,
                        struct etl_packet_event *event)
{
    struct etl_addresses *addresses = &event->addresses;
    take_bytes(cursor, addresses->to_mac, ETL_MAC_SIZE);
    take_bytes(cursor, addresses->from_mac, ETL_MAC_SIZE);
    addresses->ethertype = etl_take_u16(cursor);
    addresses->vlan = etl_take_u16(cursor);
    take_addresses(cursor, event, (uint8_t)address_size);
    addresses->tcp_flags = etl_take_u8(cursor);
    take_group(cursor, event);
    take_place(cursor, event);
}

static void read_nbl(struct etl_cursor *cursor, unsigned pointer_size,
                     struct etl_packet_event *event)
{
    take_group(cursor, event);
    take_place(cursor, event);
    for (int i = 0; i < ETL_NBL_COUNT; i++)
        event->nbl[i] = i < ETL_NBL_SWITCH_FORWARDING ? etl_take_pointer(cursor, pointer_size)
                                                      : etl_take_u64(cursor);
}

static void read_context(struct etl_cursor *cursor, unsigned size, struct etl_packet_event *event)
{
    (void)size;
    take_group(cursor, event);
    take_place(cursor, event);
    event->context_type = etl_take_u16(cursor);
    event->context = etl_take_u64(cursor);
}

/* size: of the addresses, or, for ETL_PACKET_NBL, of pointers. */
static const struct {
    uint16_t id;
    bool dropped;
    enum etl_packet_kind kind;
    uint8_t size;
    void (*read)(struct etl_cursor *cursor, unsigned size, struct etl_packet_event *event);
} layouts[] = {
    {ETL_PKTMON_PACKET, false, ETL_PACKET_FRAME, 0, read_frame},
    {ETL_PKTMON_PACKET_DROP, true, ETL_PACKET_FRAME, 0, read_frame},
    /* A second report of a drop, which etl2txt calls "duplicate drop". */
    {ETL_PKTMON_PACKET_DUPLICATE, true, ETL_PACKET_FRAME, 0, read_frame},
    {ETL_PKTMON_NBL, false, ETL_PACKET_NBL, 0, read_nbl},
    {ETL_PKTMON_NBL_DROP, true, ETL_PACKET_NBL, 0, read_nbl},
    {ETL_PKTMON_PARSED_IPV4, false, ETL_PACKET_PARSED, 4, read_parsed},
    {ETL_PKTMON_PARSED_IPV6, false, ETL_PACKET_PARSED, 16, read_parsed},
    {ETL_PKTMON_PARSED_DROP_IPV4, true, ETL_PACKET_PARSED, 4, read_parsed},
    {ETL_PKTMON_PARSED_DROP_IPV6, true, ETL_PACKET_PARSED, 16, read_parsed},
    {ETL_PKTMON_PAYLOAD_IPV4, false, ETL_PACKET_PAYLOAD, 4, read_payload},
    {ETL_PKTMON_PAYLOAD_DROP_IPV4, true, ETL_PACKET_PAYLOAD, 4, read_payload},
    {ETL_PKTMON_PAYLOAD_IPV6, false, ETL_PACKET_PAYLOAD, 16, read_payload},
    {ETL_PKTMON_PAYLOAD_DROP_IPV6, true, ETL_PACKET_PAYLOAD, 16, read_payload},
    {ETL_PKTMON_CONTEXT, false, ETL_PACKET_CONTEXT, 0, read_context},
    {ETL_PKTMON_CONTEXT_DROP, true, ETL_PACKET_CONTEXT, 0, read_context},
};

enum etl_packet_read etl_packet_event_read(const struct etl_record *record,
                                           struct etl_packet_event *event)
{
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
        if (layouts[i].id != record->id)
            continue;
        struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
        *event = (struct etl_packet_event){.kind = layouts[i].kind, .dropped = layouts[i].dropped};
        unsigned size = layouts[i].kind == ETL_PACKET_NBL ? record->pointer_size : layouts[i].size;
        layouts[i].read(&cursor, size, event);
        return cursor.failed ? ETL_PACKET_SHORT : ETL_PACKET_READ;
    }
    return ETL_PACKET_OTHER;
}
