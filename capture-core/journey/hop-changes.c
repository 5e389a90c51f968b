/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hop-changes.h"

#include <arpa/inet.h>
#include <glib.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "form-text.h"
#include "form-walk.h"
#include "form.h"
#include "model/big-endian.h"

#define GENEVE_PORT 6081

/* --- tags --- */

static bool is_vlan(uint16_t ethertype)
{
    return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD || ethertype == ETH_P_QINQ1;
}

static void read_vlans(struct hop_way *way, const struct pktmon_packet *packet)
{
    size_t at = 2 * ETH_ALEN;

    if (packet->link_type != JOURNEY_LINKTYPE_ETHERNET)
        return;
    for (; at + 4 <= packet->caplen && way->vlan_count < HOP_MAX_VLANS &&
           is_vlan(be16(packet->data + at));
         at += 4)
        way->vlans[way->vlan_count++] = be16(packet->data + at + 2) & 0xFFF;
}

/* --- tunnels --- */

/* The bytes behind IP's header. */
struct carried {
    const uint8_t *bytes;
    size_t size;
};

static void read_gre(struct hop_tunnel *tunnel, const struct carried *carried)
{
    size_t key = carried->size > 0 && carried->bytes[0] & 0x80 ? 8 : 4; /* behind a checksum */

    tunnel->type = "GRE";
    if (carried->size < key + 4 || !(carried->bytes[0] & 0x20))
        return;
    tunnel->has_id = true;
    tunnel->id = be32(carried->bytes + key);
}

/* Of VXLAN and of Geneve, the id is at the same place. */
static void read_udp(struct hop_tunnel *tunnel, const struct carried *carried)
{
    tunnel->type = "VXLAN";
    if (carried->size < 16)
        return;
    tunnel->port = be16(carried->bytes + 2);
    if (tunnel->port == GENEVE_PORT)
        tunnel->type = "Geneve";
    tunnel->has_id = true;
    tunnel->id = be32(carried->bytes + 12) >> 8;
}

static void read_carried(struct hop_tunnel *tunnel, uint8_t protocol, bool is_ipv6,
                         const struct carried *carried)
{
    if (protocol == IPPROTO_UDP)
        read_udp(tunnel, carried);
    else if (protocol == IPPROTO_GRE)
        read_gre(tunnel, carried);
    else if (is_ipv6)
        tunnel->type = "IP6";
    else
        tunnel->type = protocol == IPPROTO_IPV6 ? "SIT" : "IPIP";
}

static void read_ipv4(struct hop_tunnel *tunnel, struct journey_walk *walk)
{
    const uint8_t *ip = journey_walk_need(walk, 20);

    if (!ip)
        return;
    inet_ntop(AF_INET, ip + 12, tunnel->source, HOP_ADDRESS_SIZE);
    inet_ntop(AF_INET, ip + 16, tunnel->destination, HOP_ADDRESS_SIZE);
    walk->at += (ip[0] & 0xFu) * 4;
    const struct carried carried = {walk->bytes + MIN(walk->at, walk->size),
                                    walk->size - MIN(walk->at, walk->size)};
    read_carried(tunnel, ip[9], false, &carried);
}

static void read_ipv6(struct hop_tunnel *tunnel, struct journey_walk *walk)
{
    const uint8_t *ip = journey_walk_need(walk, 40);

    if (!ip)
        return;
    inet_ntop(AF_INET6, ip + 8, tunnel->source, HOP_ADDRESS_SIZE);
    inet_ntop(AF_INET6, ip + 24, tunnel->destination, HOP_ADDRESS_SIZE);
    const struct carried carried = {ip + 40, walk->size - walk->at - 40};
    read_carried(tunnel, ip[6], true, &carried);
}

static void read_tunnel(struct hop_tunnel *tunnel, const struct pktmon_packet *packet)
{
    struct journey_walk walk = {.bytes = packet->data, .size = packet->caplen};
    struct journey_form form;

    journey_form_read(&form, packet, 0);
    if (form.encapsulations == 0 || !journey_walk_link(&walk, packet->link_type))
        return;
    if (walk.next == ETH_P_IP)
        read_ipv4(tunnel, &walk);
    else if (walk.next == ETH_P_IPV6)
        read_ipv6(tunnel, &walk);
}

void hop_way_read(struct hop_way *way, const struct pktmon_packet *packet)
{
    *way = (struct hop_way){.vlan_count = 0};
    if (!packet->data)
        return;
    read_vlans(way, packet);
    read_tunnel(&way->tunnel, packet);
}

/* --- what differs --- */

struct seen_packet {
    const struct pktmon_packet *packet;
    struct journey_form form;
    struct hop_way way;
};

static struct seen_packet see(const struct pktmon_packet *packet)
{
    struct seen_packet seen = {.packet = packet};

    journey_form_read(&seen.form, packet, 0);
    hop_way_read(&seen.way, packet);
    return seen;
}

/* Bytes of the innermost packet from here on; NULL: so many are not at hand. */
static const uint8_t *bytes_at(const struct seen_packet *seen, uint32_t at, uint32_t size)
{
    uint32_t caplen = seen->packet->caplen;

    return at <= caplen && caplen - at >= size ? seen->packet->data + at : NULL;
}

/* Whether bytes that both have differ. */
static bool differs(const struct seen_packet *left, uint32_t left_at,
                    const struct seen_packet *right, uint32_t right_at, uint32_t size)
{
    const uint8_t *a = bytes_at(left, left_at, size), *b = bytes_at(right, right_at, size);

    return a && b && memcmp(a, b, size) != 0;
}

static bool mac_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    return left->form.has_link && right->form.has_link &&
           left->packet->link_type == JOURNEY_LINKTYPE_ETHERNET &&
           right->packet->link_type == JOURNEY_LINKTYPE_ETHERNET && !left->packet->l2_synthesised &&
           !right->packet->l2_synthesised &&
           differs(left, left->form.link, right, right->form.link, 2 * ETH_ALEN);
}

static bool vlan_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    return left->way.vlan_count != right->way.vlan_count ||
           memcmp(left->way.vlans, right->way.vlans, sizeof(left->way.vlans)) != 0;
}

static bool tunnel_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    const struct hop_tunnel *a = &left->way.tunnel, *b = &right->way.tunnel;

    return left->form.encapsulations != right->form.encapsulations || a->id != b->id ||
           strcmp(a->source, b->source) != 0 || strcmp(a->destination, b->destination) != 0;
}

static bool is_same_version(const struct seen_packet *left, const struct seen_packet *right)
{
    return left->form.key.tuple.version != 0 &&
           left->form.key.tuple.version == right->form.key.tuple.version;
}

static bool ttl_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    uint32_t offset = left->form.key.tuple.version == 4 ? 8 : 7;

    return is_same_version(left, right) &&
           differs(left, left->form.network + offset, right, right->form.network + offset, 1);
}

/* Without ECN. */
static unsigned dscp_of(const struct seen_packet *seen)
{
    const uint8_t *ip = bytes_at(seen, seen->form.network, 2);

    if (!ip)
        return 0;
    return seen->form.key.tuple.version == 4 ? ip[1] >> 2 : (ip[0] & 0xFu) << 2 | ip[1] >> 6;
}

static bool dscp_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    return is_same_version(left, right) && dscp_of(left) != dscp_of(right);
}

static bool addresses_differ(const struct seen_packet *left, const struct seen_packet *right)
{
    bool is_v4 = left->form.key.tuple.version == 4;
    uint32_t offset = is_v4 ? 12 : 8, size = is_v4 ? 8 : 32;

    return left->form.key.tuple.version != right->form.key.tuple.version ||
           differs(left, left->form.network + offset, right, right->form.network + offset, size);
}

static bool is_later_fragment(const struct seen_packet *seen)
{
    return seen->form.key.kind == JOURNEY_FORM_DATAGRAM;
}

/* A later fragment has no ports, and a whole datagram may have no identification. */
static bool tuple_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    if (is_later_fragment(left) != is_later_fragment(right))
        return addresses_differ(left, right);
    return !left->form.cut && !right->form.cut && left->form.backward == right->form.backward
               ? !journey_form_key_equal(&left->form.key, &right->form.key)
               : !left->form.cut && !right->form.cut;
}

static bool is_whole_and_piece(const struct seen_packet *left, const struct seen_packet *right)
{
    return left->packet->packet_number != right->packet->packet_number;
}

/* Options of TCP are part of its header; ports are those of the tuple, and checksums are completed
 * on the way. */
static bool transport_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    uint32_t size = left->form.payload - left->form.transport;
    uint32_t other = right->form.payload - right->form.transport;

    if (left->form.key.tuple.protocol != IPPROTO_TCP || !is_same_version(left, right) ||
        left->form.transport == 0 || right->form.transport == 0 || is_whole_and_piece(left, right))
        return false;
    return size != other ||
           differs(left, left->form.transport + 4, right, right->form.transport + 4, 12) ||
           (size > 18 &&
            differs(left, left->form.transport + 18, right, right->form.transport + 18, size - 18));
}

/* As the packet says; 0: it does not. */
static uint32_t payload_length(const struct seen_packet *seen)
{
    uint32_t headers = seen->form.payload - seen->form.network;

    return seen->form.length > headers ? seen->form.length - headers : 0;
}

static bool payload_differs(const struct seen_packet *left, const struct seen_packet *right)
{
    uint32_t size = MIN(payload_length(left), payload_length(right));

    if (left->form.transport == 0 || right->form.transport == 0 || is_whole_and_piece(left, right))
        return false;
    if (left->form.payload > left->packet->caplen || right->form.payload > right->packet->caplen)
        return false;
    size = MIN(size, left->packet->caplen - left->form.payload);
    size = MIN(size, right->packet->caplen - right->form.payload);
    return payload_length(left) != payload_length(right) ||
           differs(left, left->form.payload, right, right->form.payload, size);
}

size_t hop_changes(const char *changes[HOP_MAX_CHANGES], const struct pktmon_packet *before,
                   const struct pktmon_packet *after)
{
    static const struct {
        const char *name;
        bool (*differs)(const struct seen_packet *left, const struct seen_packet *right);
    } all[] = {
        {"MAC", mac_differs},
        {"VLAN", vlan_differs},
        {"tunnel", tunnel_differs},
        {"NAT", tuple_differs},
        {"TTL", ttl_differs},
        {"DSCP", dscp_differs},
        {"transport", transport_differs},
        {"payload", payload_differs},
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(all) <= HOP_MAX_CHANGES);
    size_t count = 0;

    if (!before->data || !after->data ||
        (before->caplen == after->caplen && before->link_type == after->link_type &&
         memcmp(before->data, after->data, before->caplen) == 0))
        return 0;
    const struct seen_packet left = see(before), right = see(after);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!all[i].differs(&left, &right))
            continue;
        changes[count++] =
            all[i].differs == tuple_differs && !journey_form_is_translation(&left.form, &right.form)
                ? "new form"
                : all[i].name;
    }
    return count;
}

char *hop_packet_text(const struct pktmon_packet *packet)
{
    struct journey_form form;
    GString *text;

    if (!packet->data || packet->caplen == 0)
        return NULL;
    journey_form_read(&form, packet, 0);
    text = g_string_new(NULL);
    journey_append_summary(text, packet, &form);
    return g_string_free(text, FALSE);
}

/* --- of a journey --- */

/* A run has consecutive pieces. */
static bool is_of_chain(const struct pktmon_hop *hop, uint32_t copy, uint16_t piece)
{
    const struct pktmon_packet *packet = &hop->event->packet;

    return packet->copy == copy && (packet->packet_number == piece ||
                                    (packet->packet_number < piece && piece <= hop->last_number));
}

/* The newest hop of the chain among so many; NULL: none. */
static const struct pktmon_hop *find_hop(const struct pktmon_journey *journey, size_t count,
                                         uint32_t copy, uint16_t piece)
{
    while (count-- > 0) {
        if (is_of_chain(&journey->hops[count], copy, piece))
            return &journey->hops[count];
    }
    return NULL;
}

/* A piece comes from the copy that was cut, a copy from its parent. */
static const struct pktmon_hop *find_before(const struct pktmon_journey *journey, size_t index)
{
    const struct pktmon_packet *packet = &journey->hops[index].event->packet;
    uint32_t parent = packet->copy_of;
    uint16_t piece = packet->packet_number;
    const struct pktmon_hop *before = find_hop(journey, index, packet->copy, piece);

    if (!before && piece != 0 && parent != 0)
        before = find_hop(journey, index, parent, piece);
    if (!before && piece != 0)
        before = find_hop(journey, index, packet->copy, 0);
    if (!before && parent != 0)
        before = find_hop(journey, index, parent, 0);
    return before;
}

size_t hop_changes_in(const char *changes[HOP_MAX_CHANGES], const struct pktmon_journey *journey,
                      size_t index)
{
    const struct pktmon_hop *before = find_before(journey, index);

    if (before)
        return hop_changes(changes, &before->event->packet, &journey->hops[index].event->packet);
    if (index > 0 || !hop_begins_form(journey))
        return 0;
    changes[0] = hop_form_change(journey);
    return 1;
}
