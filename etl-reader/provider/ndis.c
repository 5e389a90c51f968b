/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ndis.h"

#include "etl-reader/events/event-text.h"
#include "etl-reader/events/nbl.h"
#include "model/salted-hash.h"

/* {2ed6006e-4729-4609-b423-3ee7bcd678ef} */
static const uint8_t capture_guid[ETL_GUID_SIZE] = {0x6e, 0x00, 0xd6, 0x2e, 0x29, 0x47, 0x09, 0x46,
                                                    0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef};
/* {d84521f7-2235-4237-a7c0-14e3a9676286} */
static const uint8_t wan_guid[ETL_GUID_SIZE] = {0xf7, 0x21, 0x45, 0xd8, 0x35, 0x22, 0x37, 0x42,
                                                0xa7, 0xc0, 0x14, 0xe3, 0xa9, 0x67, 0x62, 0x86};

enum event_id {
    EVENT_FRAGMENT = 1001,
    EVENT_METADATA = 1002,
    EVENT_SWITCH_FRAGMENT = 1003,
    EVENT_WAN_SEND = 5001,
    EVENT_WAN_RECEIVE = 5002,
};

#define KEYWORD_WIRELESS_WAN UINT64_C(0x200)
#define KEYWORD_NATIVE_WIFI  UINT64_C(0x10000)
#define KEYWORD_TRUNCATED    UINT64_C(0x2000000)
#define KEYWORD_START        UINT64_C(0x40000000)
#define KEYWORD_END          UINT64_C(0x80000000)
#define KEYWORD_SEND         UINT64_C(0x100000000)
#define KEYWORD_RECEIVE      UINT64_C(0x200000000)

/* No adapter sends longer packets. Bytes beyond count in the original length only. */
#define MAX_PACKET  262144u
#define MAX_PARTIAL 256
#define MAX_NAME    1024 /* bytes of a name */
#define MAX_LAYERS  4096 /* components; all others, of a damaged log, become one */
#define MAX_PORTS   4096 /* destinations of one switch packet */
#define SHOWN_PORTS 64
#define OOB_8021Q   4 /* index in the out-of-band data of a switch packet */
#define OOB_HASH    8

struct etl_fragment {
    uint32_t component;
    uint64_t keyword;
    uint16_t direction;
    const uint8_t *data;
    uint32_t size;
    uint32_t port;      /* of a switch; 0 = none */
    char *source;       /* name of the NIC at that port; owned */
    char *destinations; /* owned */
    uint64_t ieee8021q, hash;
};

/* A packet being assembled, of one component on one processor. */
struct etl_partial_packet {
    struct etl_fragment part; /* of the first fragment; data and size are unused */
    uint64_t time;
    uint16_t cpu;
    GByteArray *bytes;
    uint64_t original;
    bool complete;
};

struct etl_ndis {
    struct etl_delivery *delivery;
    GHashTable *partials;  /* component << 16 | cpu -> struct etl_partial_packet */
    GHashTable *reception; /* component -> char *: 802.11 facts of its next packet */
    GByteArray *scratch;
    GHashTable *components; /* ids of components with packets */
    GHashTable *layers;     /* component -> index of its adapter */
};

static void free_partial(gpointer data)
{
    struct etl_partial_packet *partial = data;
    g_free(partial->part.source);
    g_free(partial->part.destinations);
    g_byte_array_free(partial->bytes, TRUE);
    g_free(partial);
}

struct etl_ndis *etl_ndis_new(struct etl_delivery *delivery)
{
    struct etl_ndis *ndis = g_new0(struct etl_ndis, 1);
    ndis->delivery = delivery;
    ndis->partials = g_hash_table_new_full(salted_int64, g_int64_equal, g_free, free_partial);
    ndis->reception = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    ndis->scratch = g_byte_array_new();
    ndis->components = g_hash_table_new(salted_number, NULL);
    ndis->layers = g_hash_table_new(salted_number, NULL);
    return ndis;
}

void etl_ndis_free(struct etl_ndis *ndis)
{
    if (!ndis)
        return;
    g_hash_table_destroy(ndis->partials);
    g_hash_table_destroy(ndis->reception);
    g_byte_array_free(ndis->scratch, TRUE);
    g_hash_table_destroy(ndis->components);
    g_hash_table_destroy(ndis->layers);
    g_free(ndis);
}

static uint16_t read_direction(uint64_t keyword)
{
    if (keyword & KEYWORD_SEND)
        return PKTMON_DIRECTION_TX;
    return keyword & KEYWORD_RECEIVE ? PKTMON_DIRECTION_RX : PKTMON_DIRECTION_NONE;
}

/* The miniport's index identifies the adapter, the lower one the layer of the capture. */
static uint32_t take_component(struct etl_cursor *cursor)
{
    uint32_t miniport = etl_take_u32(cursor);
    uint32_t lower = etl_take_u32(cursor);
    return ETL_COMPONENT_NDIS + ((lower ? lower : miniport) & ETL_COMPONENT_MASK);
}

/* The id, or the one id for all components beyond the limit. */
static uint32_t limit_component(struct etl_ndis *ndis, uint32_t id)
{
    if (g_hash_table_contains(ndis->components, GUINT_TO_POINTER(id)))
        return id;
    if (g_hash_table_size(ndis->components) >= MAX_LAYERS)
        return id & ~ETL_COMPONENT_MASK;
    g_hash_table_add(ndis->components, GUINT_TO_POINTER(id));
    return id;
}

static void describe_layer(struct etl_ndis *ndis, uint32_t id, uint32_t miniport)
{
    struct pktmon_component *component = pktmon_registry_get(ndis->delivery->registry, id);
    uint32_t ifindex = id - ETL_COMPONENT_NDIS;
    const struct etl_interface *adapter =
        etl_catalogue_interface(ndis->delivery->catalogue, miniport);
    const struct etl_interface *layer = etl_catalogue_interface(ndis->delivery->catalogue, ifindex);
    g_autofree char *number = g_strdup_printf("interface %u", miniport ? miniport : ifindex);
    const char *name = adapter && *adapter->alias ? adapter->alias : number;
    g_autofree char *layered = g_strdup_printf("%s (layer %u)", name, ifindex);
    bool is_adapter = miniport == 0 || miniport == ifindex;
    g_autofree char *index_text = g_strdup_printf("%u", ifindex);
    pktmon_component_set(&component->name, is_adapter ? name : layered);
    pktmon_component_set(&component->type, "NDIS");
    pktmon_component_set_property(component, "IfIndex", index_text);
    if (layer)
        pktmon_component_set(&component->description, layer->description);
    if (adapter && adapter->has_mac) {
        component->has_mac = true;
        memcpy(component->mac, adapter->mac, ETL_MAC_SIZE);
    }
}

void etl_ndis_finish(struct etl_ndis *ndis)
{
    GHashTableIter iterator;
    gpointer id, miniport;
    g_hash_table_iter_init(&iterator, ndis->layers);
    while (g_hash_table_iter_next(&iterator, &id, &miniport))
        describe_layer(ndis, GPOINTER_TO_UINT(id), GPOINTER_TO_UINT(miniport));
}

static bool take_fragment(struct etl_cursor *cursor, struct etl_fragment *part)
{
    uint32_t size = etl_take_u32(cursor);
    part->size = (uint32_t)MIN(size, etl_cursor_left(cursor));
    part->data = etl_take(cursor, part->size);
    return !cursor->failed;
}

static bool read_fragment(struct etl_ndis *ndis, const struct etl_record *record,
                          struct etl_cursor *cursor, struct etl_fragment *part)
{
    uint32_t miniport = record->payload_size >= 4 ? etl_u32(record->payload) : 0;
    part->component = take_component(cursor);
    if (!take_fragment(cursor, part))
        return false;
    part->component = limit_component(ndis, part->component);
    if (!g_hash_table_contains(ndis->layers, GUINT_TO_POINTER(part->component)))
        g_hash_table_insert(ndis->layers, GUINT_TO_POINTER(part->component),
                            GUINT_TO_POINTER(miniport));
    return true;
}

/* NDIS_SWITCH_PORT_DESTINATION: port, NIC index, flags; "3/0, 4/1". */
static char *take_destinations(struct etl_cursor *cursor)
{
    uint32_t count = etl_take_u32(cursor);
    GString *text = g_string_new(NULL);
    if (count > MAX_PORTS)
        cursor->failed = true;
    for (uint32_t i = 0; i < count && !cursor->failed; i++) {
        uint32_t port = etl_take_u32(cursor);
        uint16_t nic = etl_take_u16(cursor);
        etl_take_u16(cursor);
        if (i < SHOWN_PORTS)
            g_string_append_printf(text, "%s%u/%u", i ? ", " : "", port, nic);
    }
    return g_string_free(text, FALSE);
}

static void read_out_of_band(struct etl_cursor *cursor, unsigned pointer_size,
                             struct etl_fragment *part)
{
    uint32_t size = etl_take_u32(cursor);
    const uint8_t *data = etl_take(cursor, MIN(size, etl_cursor_left(cursor)));
    if (!data)
        return;
    struct etl_cursor values = etl_cursor_over(data, cursor->at - (size_t)(data - cursor->data));
    for (int i = 0; etl_cursor_left(&values) >= pointer_size && i <= OOB_HASH; i++) {
        uint64_t value = etl_take_pointer(&values, pointer_size);
        if (i == OOB_8021Q)
            part->ieee8021q = value;
        else if (i == OOB_HASH)
            part->hash = value;
    }
}

static void describe_port(struct etl_ndis *ndis, uint32_t id, const char *port, const char *nic,
                          const char *type)
{
    struct pktmon_component *component = pktmon_registry_get(ndis->delivery->registry, id);
    if (component->name)
        return;
    g_autofree char *number = g_strdup_printf("switch port %u", id - ETL_COMPONENT_SWITCH);
    pktmon_component_set(&component->name, *nic ? nic : *port ? port : number);
    pktmon_component_set(&component->type, "VmSwitch");
    if (*port)
        pktmon_component_set_property(component, "Port", port);
    if (*type)
        pktmon_component_set_property(component, "NIC type", type);
}

static bool read_switch_fragment(struct etl_ndis *ndis, const struct etl_record *record,
                                 struct etl_cursor *cursor, struct etl_fragment *part)
{
    take_component(cursor);
    part->port = etl_take_u32(cursor);
    g_autofree char *port_name = etl_cut(etl_take_utf16(cursor), MAX_NAME);
    part->source = etl_cut(etl_take_utf16(cursor), MAX_NAME);
    g_autofree char *nic_type = etl_cut(etl_take_utf16(cursor), MAX_NAME);
    part->destinations = take_destinations(cursor);
    part->component = ETL_COMPONENT_SWITCH + (part->port & ETL_COMPONENT_MASK);
    if (!take_fragment(cursor, part))
        return false;
    if (etl_cursor_left(cursor) > 0)
        read_out_of_band(cursor, record->pointer_size, part);
    part->component = limit_component(ndis, part->component);
    describe_port(ndis, part->component, port_name, part->source, nic_type);
    return true;
}

static bool read_wan(struct etl_ndis *ndis, const struct etl_record *record,
                     struct etl_cursor *cursor, struct etl_fragment *part)
{
    g_free(etl_take_utf16(cursor)); /* routing domain */
    g_autofree char *user = etl_cut(etl_take_utf16(cursor), MAX_NAME);
    part->component = ETL_COMPONENT_WAN;
    part->direction = record->id == EVENT_WAN_SEND ? PKTMON_DIRECTION_TX : PKTMON_DIRECTION_RX;
    if (!take_fragment(cursor, part))
        return false;
    /* Each event is a whole packet, unless its keywords mark a fragment. */
    if (!(part->keyword & (KEYWORD_START | KEYWORD_END)))
        part->keyword |= KEYWORD_START | KEYWORD_END;
    struct pktmon_component *component =
        pktmon_registry_get(ndis->delivery->registry, part->component);
    pktmon_component_set(&component->name, "NdisWan");
    pktmon_component_set(&component->type, "NdisWan");
    if (*user)
        pktmon_component_set_property(component, "User", user);
    return true;
}

/* DOT11_EXTSTA_RECV_CONTEXT (windot11.h) of the next packet. */
static bool read_metadata(struct etl_ndis *ndis, struct etl_cursor *cursor)
{
    uint32_t component = take_component(cursor);
    uint32_t size = etl_take_u32(cursor);
    const uint8_t *data = etl_take(cursor, MIN(size, etl_cursor_left(cursor)));
    if (!data || g_hash_table_size(ndis->reception) >= MAX_LAYERS || size < 25 ||
        cursor->at - (size_t)(data - cursor->data) < 25)
        return false;
    uint32_t phy = etl_u32(data + 8), frequency = etl_u32(data + 12);
    int32_t rssi = (int32_t)etl_u32(data + 20);
    unsigned half_mbps = data[24];
    g_hash_table_replace(ndis->reception, GUINT_TO_POINTER(component),
                         g_strdup_printf("PHY %u, %u MHz, %d dBm, %u.%u Mb/s", phy, frequency, rssi,
                                         half_mbps / 2, half_mbps % 2 * 5));
    return true;
}

static uint16_t read_link_type(uint64_t keyword)
{
    if (keyword & KEYWORD_NATIVE_WIFI)
        return ETL_LINKTYPE_IEEE802_11;
    return keyword & KEYWORD_WIRELESS_WAN ? ETL_LINKTYPE_RAW : ETL_LINKTYPE_ETHERNET;
}

/* A packet truncated by Windows has no original length, but its IP header has. */
static uint32_t read_original_size(const struct etl_partial_packet *partial, uint16_t link_type)
{
    uint32_t size = (uint32_t)MIN(partial->original, UINT32_MAX);
    uint32_t header = link_type == ETL_LINKTYPE_ETHERNET ? 14 : 0;
    const uint8_t *ip = partial->bytes->data + header;
    if (!(partial->part.keyword & KEYWORD_TRUNCATED) || link_type == ETL_LINKTYPE_IEEE802_11 ||
        partial->bytes->len < header + 20)
        return size;
    uint32_t network = 0;
    if (ip[0] >> 4 == 4)
        network = (uint32_t)ip[2] << 8 | ip[3];
    else if (ip[0] >> 4 == 6)
        network = 40 + ((uint32_t)ip[4] << 8 | ip[5]);
    return MAX(size, header + network);
}

static void put_out_of_band(struct etl_nbl *nbl, const struct etl_fragment *part,
                            const char *reception)
{
    uint64_t info[ETL_NBL_COUNT] = {
        [ETL_NBL_8021Q] = part->ieee8021q,
        [ETL_NBL_HASH_VALUE] = part->hash,
    };
    etl_nbl_put_info(nbl, info, part->direction);
    if (part->port) {
        etl_nbl_put(nbl, PKTMON_FIELD_NBL_SOURCE_PORT, part->port);
        etl_nbl_put_text(nbl, PKTMON_FIELD_NBL_SOURCE_NIC, part->source);
        etl_nbl_put_text(nbl, PKTMON_FIELD_NBL_DESTINATIONS, part->destinations);
    }
    if (reception)
        etl_nbl_put_text(nbl, PKTMON_FIELD_NBL_WIFI, reception);
}

static void deliver_partial(struct etl_ndis *ndis, const struct etl_partial_packet *partial)
{
    const struct etl_fragment *part = &partial->part;
    uint16_t link_type = read_link_type(part->keyword);
    const char *reception = g_hash_table_lookup(ndis->reception, GUINT_TO_POINTER(part->component));
    struct etl_frame frame = {
        .link_type = link_type,
        .data = partial->bytes->data,
        .size = partial->bytes->len,
        .original = read_original_size(partial, link_type),
    };
    struct etl_nbl nbl;
    etl_nbl_clear(&nbl);
    put_out_of_band(&nbl, part, reception);
    etl_frame_put_tag(&frame, etl_nbl_tag(part->ieee8021q), ndis->scratch);
    if (link_type == ETL_LINKTYPE_IEEE802_11)
        etl_frame_clear_protected(&frame, ndis->scratch);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_PACKET,
        .time = partial->time,
        .component = part->component,
        .packet = {.group = etl_own_group(ndis->delivery),
                   .appearance = 1,
                   .direction = part->direction,
                   .packet_type = link_type == ETL_LINKTYPE_IEEE802_11 ? PKTMON_PACKET_WIFI
                                  : link_type == ETL_LINKTYPE_RAW      ? PKTMON_PACKET_IP
                                                                       : PKTMON_PACKET_ETHERNET,
                   .cpu = partial->cpu,
                   .queue = -1,
                   .link_type = frame.link_type,
                   .data = frame.data,
                   .caplen = frame.size,
                   .origlen = frame.original,
                   .nbl = etl_nbl_view(&nbl)},
    };
    ndis->delivery->report.cut_packets += !partial->complete;
    etl_deliver(ndis->delivery, &event);
    g_hash_table_remove(ndis->reception, GUINT_TO_POINTER(part->component));
}

static struct etl_partial_packet *begin_packet(struct etl_ndis *ndis,
                                               const struct etl_record *record,
                                               struct etl_fragment *part, uint64_t key)
{
    if (g_hash_table_size(ndis->partials) >= MAX_PARTIAL)
        etl_ndis_flush(ndis);
    struct etl_partial_packet *partial = g_new0(struct etl_partial_packet, 1);
    partial->part = *part;
    partial->part.source = g_steal_pointer(&part->source);
    partial->part.destinations = g_steal_pointer(&part->destinations);
    partial->time = record->time;
    partial->cpu = record->cpu;
    partial->bytes = g_byte_array_new();
    g_hash_table_replace(ndis->partials, g_memdup2(&key, sizeof(key)), partial);
    return partial;
}

static void append_fragment(struct etl_partial_packet *partial, const struct etl_fragment *part)
{
    uint32_t room = MAX_PACKET - MIN(partial->bytes->len, MAX_PACKET);
    if (part->size > 0)
        g_byte_array_append(partial->bytes, part->data, MIN(part->size, room));
    partial->original += part->size;
    partial->part.keyword |= part->keyword;
    if (!partial->part.ieee8021q)
        partial->part.ieee8021q = part->ieee8021q;
}

static void add_part(struct etl_ndis *ndis, const struct etl_record *record,
                     struct etl_fragment *part)
{
    uint64_t key = (uint64_t)part->component << 32 | record->cpu;
    struct etl_partial_packet *partial = g_hash_table_lookup(ndis->partials, &key);
    if (partial && part->keyword & KEYWORD_START) {
        deliver_partial(ndis, partial); /* its end was lost */
        g_hash_table_remove(ndis->partials, &key);
        partial = NULL;
    }
    ndis->delivery->report.joined += partial != NULL;
    if (!partial)
        partial = begin_packet(ndis, record, part, key);
    append_fragment(partial, part);
    if (!(part->keyword & KEYWORD_END))
        return;
    partial->complete = true;
    deliver_partial(ndis, partial);
    g_hash_table_remove(ndis->partials, &key);
}

typedef bool read_packet(struct etl_ndis *ndis, const struct etl_record *record,
                         struct etl_cursor *cursor, struct etl_fragment *part);

static const struct {
    const uint8_t *guid;
    uint16_t id;
    read_packet *read;
} packet_events[] = {
    {capture_guid, EVENT_FRAGMENT, read_fragment},
    {capture_guid, EVENT_SWITCH_FRAGMENT, read_switch_fragment},
    {wan_guid, EVENT_WAN_SEND, read_wan},
    {wan_guid, EVENT_WAN_RECEIVE, read_wan},
};

static void clear_part(struct etl_fragment *part)
{
    g_free(part->source);
    g_free(part->destinations);
}

/* NULL: the record is no packet. */
static read_packet *find_reader(const struct etl_record *record)
{
    for (size_t i = 0; i < G_N_ELEMENTS(packet_events); i++) {
        if (packet_events[i].id == record->id &&
            etl_record_is(record, ETL_RECORD_EVENT, packet_events[i].guid))
            return packet_events[i].read;
    }
    return NULL;
}

static bool read_part(struct etl_ndis *ndis, const struct etl_record *record,
                      struct etl_fragment *part)
{
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    *part = (struct etl_fragment){.keyword = record->keyword,
                                  .direction = read_direction(record->keyword)};
    return find_reader(record)(ndis, record, &cursor, part);
}

/* Count each fragment: the last one of a packet may be missing. */
void etl_ndis_learn(struct etl_ndis *ndis, const struct etl_record *record,
                    struct etl_places *places)
{
    struct etl_fragment part;
    if (record->kind != ETL_RECORD_EVENT || !find_reader(record))
        return;
    if (read_part(ndis, record, &part))
        etl_places_count(places, part.component, read_link_type(part.keyword), false);
    clear_part(&part);
}

bool etl_ndis_add(struct etl_ndis *ndis, const struct etl_record *record)
{
    struct etl_fragment part;
    if (record->id == EVENT_METADATA && etl_record_is(record, ETL_RECORD_EVENT, capture_guid)) {
        struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
        bool read = read_metadata(ndis, &cursor);
        ndis->delivery->report.joined += read;
        return read;
    }
    if (!find_reader(record))
        return false;
    bool read = read_part(ndis, record, &part);
    if (read)
        add_part(ndis, record, &part);
    else
        ndis->delivery->report.short_events++;
    clear_part(&part);
    return read;
}

void etl_ndis_flush(struct etl_ndis *ndis)
{
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, ndis->partials);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        deliver_partial(ndis, value);
    g_hash_table_remove_all(ndis->partials);
}
