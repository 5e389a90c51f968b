/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-text.h"

#include <string.h>

#include "etl-reader/bytes.h"
#include "etl-reader/events/link.h"
#include "journey/icmp-types.h"
#include "model/big-endian.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP  0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86DD

#define PROTOCOL_ICMP   1
#define PROTOCOL_TCP    6
#define PROTOCOL_UDP    17
#define PROTOCOL_ICMPV6 58

#define MAX_ENCAPSULATIONS 4

/* The rest of the packet, and its text. */
struct text_view {
    GString *text;
    const struct cli_packet_text_options *options;
    const uint8_t *data;
    size_t size;
    uint32_t missing; /* bytes of the packet that are not in the log */
    unsigned depth;   /* nesting of packets */
};

static void advance(struct text_view *view, size_t size)
{
    size = MIN(size, view->size);
    view->data += size;
    view->size -= size;
}

static bool has(struct text_view *view, size_t size, const char *what)
{
    if (view->size >= size)
        return true;
    g_string_append_printf(view->text, "[|%s]", what);
    return false;
}

static void put_address(struct text_view *view, const uint8_t *bytes, size_t size, int port)
{
    g_autofree char *address = etl_address_text(bytes, size);
    g_string_append(view->text, address);
    if (port >= 0)
        g_string_append_printf(view->text, ".%d", port);
}

static void put_tcp(struct text_view *view, size_t length)
{
    static const char letters[] = "FSRP.UEW";
    const uint8_t *tcp = view->data;
    if (!has(view, 20, "tcp"))
        return;
    size_t header = (size_t)(tcp[12] >> 4) * 4;
    g_string_append(view->text, "Flags [");
    for (int bit = 0; bit < 8; bit++) {
        if (tcp[13] >> bit & 1)
            g_string_append_c(view->text, letters[bit]);
    }
    g_string_append_c(view->text, ']');
    if (!view->options->brief) {
        size_t payload = length > header ? length - header : 0;
        bool counts = payload > 0 || tcp[13] & 0x07; /* SYN, FIN, RST */
        if (counts)
            g_string_append_printf(view->text, ", seq %u", be32(tcp + 4));
        if (payload > 0)
            g_string_append_printf(view->text, ":%u", be32(tcp + 4) + (uint32_t)payload);
        if (tcp[13] & 0x10)
            g_string_append_printf(view->text, ", ack %u", be32(tcp + 8));
        g_string_append_printf(view->text, ", win %u", be16(tcp + 14));
    }
    g_string_append_printf(view->text, ", length %" G_GSIZE_FORMAT,
                           length > header ? length - header : 0);
}

static void put_ethernet(struct text_view *view);

static void put_udp(struct text_view *view)
{
    const uint8_t *udp = view->data;
    if (!has(view, 8, "udp"))
        return;
    bool vxlan = be16(udp + 2) == view->options->vxlan_port;
    g_string_append_printf(view->text, "%s, length %u", vxlan ? "VXLAN" : "UDP",
                           be16(udp + 4) >= 8 ? be16(udp + 4) - 8 : 0);
    if (!vxlan || view->depth >= MAX_ENCAPSULATIONS || view->size < 8 + 8)
        return;
    g_string_append_printf(view->text, ", vni %u\n\t", be32(udp + 12) >> 8);
    advance(view, 8 + 8);
    view->depth++;
    put_ethernet(view);
}

static void put_icmp(struct text_view *view, bool v6, size_t length)
{
    const uint8_t *icmp = view->data;
    if (!has(view, 4, "icmp"))
        return;
    const char *name = journey_icmp_type(v6 ? 6 : 4, icmp[0], -1)->name;
    g_string_append(view->text, v6 ? "ICMP6, " : "ICMP ");
    if (name)
        g_string_append(view->text, name);
    else
        g_string_append_printf(view->text, "type %u code %u", icmp[0], icmp[1]);
    if (name && g_str_has_prefix(name, "echo") && view->size >= 8)
        g_string_append_printf(view->text, ", id %u, seq %u", be16(icmp + 4), be16(icmp + 6));
    g_string_append_printf(view->text, ", length %" G_GSIZE_FORMAT, length);
}

static void put_transport(struct text_view *view, unsigned protocol, size_t length)
{
    if (protocol == PROTOCOL_TCP)
        put_tcp(view, length);
    else if (protocol == PROTOCOL_UDP)
        put_udp(view);
    else if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6)
        put_icmp(view, protocol == PROTOCOL_ICMPV6, length);
    else
        g_string_append_printf(view->text, "ip-proto-%u, length %" G_GSIZE_FORMAT, protocol,
                               length);
}

static void put_flow(struct text_view *view, const uint8_t *from, const uint8_t *to, size_t size,
                     unsigned protocol)
{
    bool ports = (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) && view->size >= 4;
    put_address(view, from, size, ports ? (int)be16(view->data) : -1);
    g_string_append(view->text, " > ");
    put_address(view, to, size, ports ? (int)be16(view->data + 2) : -1);
    g_string_append(view->text, ": ");
}

static void put_ipv4(struct text_view *view)
{
    const uint8_t *ip = view->data;
    if (!has(view, 20, "ip"))
        return;
    size_t header = (size_t)(ip[0] & 15) * 4;
    size_t total = be16(ip + 2);
    if (view->options->verbose > 0)
        g_string_append_printf(view->text,
                               "(tos 0x%x, ttl %u, id %u, offset %u, proto %u, "
                               "length %" G_GSIZE_FORMAT ") ",
                               ip[1], ip[8], be16(ip + 4), (be16(ip + 6) & 0x1FFF) * 8, ip[9],
                               total);
    advance(view, MAX(header, 20));
    bool later_fragment = be16(ip + 6) & 0x1FFF;
    put_flow(view, ip + 12, ip + 16, 4, later_fragment ? 0 : ip[9]);
    if (later_fragment)
        g_string_append(view->text, "ip fragment");
    else
        put_transport(view, ip[9], total > header ? total - header : 0);
}

static void put_ipv6(struct text_view *view)
{
    const uint8_t *ip = view->data;
    if (!has(view, 40, "ip6"))
        return;
    if (view->options->verbose > 0)
        g_string_append_printf(view->text, "(hlim %u, next-header %u, payload length %u) ", ip[7],
                               ip[6], be16(ip + 4));
    advance(view, 40);
    put_flow(view, ip + 8, ip + 24, 16, ip[6]);
    put_transport(view, ip[6], be16(ip + 4));
}

static void put_arp(struct text_view *view)
{
    const uint8_t *arp = view->data;
    size_t length = view->size + view->missing;
    if (!has(view, 28, "arp"))
        return;
    g_autofree char *mac = etl_mac_text(arp + 8);
    if (be16(arp + 6) == 1) {
        g_string_append(view->text, "Request who-has ");
        put_address(view, arp + 24, 4, -1);
        g_string_append(view->text, " tell ");
        put_address(view, arp + 14, 4, -1);
    } else {
        g_string_append(view->text, "Reply ");
        put_address(view, arp + 14, 4, -1);
        g_string_append_printf(view->text, " is-at %s", mac);
    }
    g_string_append_printf(view->text, ", length %" G_GSIZE_FORMAT, length);
}

static void put_network(struct text_view *view, unsigned ethertype)
{
    if (ethertype == ETHERTYPE_IPV4)
        put_ipv4(view);
    else if (ethertype == ETHERTYPE_IPV6)
        put_ipv6(view);
    else if (ethertype == ETHERTYPE_ARP)
        put_arp(view);
    else
        g_string_append_printf(view->text, "%" G_GSIZE_FORMAT " bytes", view->size);
}

static void put_ethertype(struct text_view *view, unsigned ethertype)
{
    static const struct {
        unsigned ethertype;
        const char *name;
    } names[] = {
        {ETHERTYPE_IPV4, "IPv4"},   {ETHERTYPE_IPV6, "IPv6"}, {ETHERTYPE_ARP, "ARP"},
        {ETHERTYPE_VLAN, "802.1Q"}, {0x88CC, "LLDP"},
    };
    const char *name = "Unknown";
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].ethertype == ethertype)
            name = names[i].name;
    }
    if (view->options->brief)
        g_string_append(view->text, name);
    else
        g_string_append_printf(view->text, "ethertype %s (0x%04x)", name, ethertype);
}

static void put_ethernet(struct text_view *view)
{
    const uint8_t *link = view->data;
    if (!has(view, 14, "ether"))
        return;
    unsigned ethertype = be16(link + 12);
    bool shown = !view->options->no_ethernet;
    g_autofree char *from = etl_mac_text(link + 6), *to = etl_mac_text(link);
    if (shown) {
        g_string_append_printf(view->text, "%s > %s, ", from, to);
        put_ethertype(view, ethertype);
        g_string_append_printf(view->text, ", length %u: ", (unsigned)view->size + view->missing);
    }
    advance(view, 14);
    while (ethertype == ETHERTYPE_VLAN && view->size >= 4) {
        ethertype = be16(view->data + 2);
        if (shown) {
            g_string_append_printf(view->text, "vlan %u, p %u, ", be16(view->data) & 0xFFF,
                                   be16(view->data) >> 13);
            put_ethertype(view, ethertype);
            g_string_append(view->text, ", ");
        }
        advance(view, 4);
    }
    put_network(view, ethertype);
}

static void put_wifi(struct text_view *view)
{
    if (!has(view, 24, "802.11"))
        return;
    const uint8_t *link = view->data;
    size_t header = etl_wifi_header_size(link);
    g_autofree char *from = etl_mac_text(link + 10), *to = etl_mac_text(link + 4);
    if (!view->options->no_ethernet)
        g_string_append_printf(view->text, "802.11 %s > %s, ", from, to);
    if (view->size < header + 8) {
        g_string_append_printf(view->text, "length %" G_GSIZE_FORMAT, view->size);
        return;
    }
    unsigned ethertype = be16(link + header + 6);
    advance(view, header + 8);
    put_network(view, ethertype);
}

static void put_raw(struct text_view *view)
{
    if (!view->options->no_ethernet)
        g_string_append(view->text, "ip: ");
    put_network(view, view->data[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

static void put_link(struct text_view *view, uint16_t link_type)
{
    if (link_type == ETL_LINKTYPE_ETHERNET)
        put_ethernet(view);
    else if (link_type == ETL_LINKTYPE_IEEE802_11)
        put_wifi(view);
    else if (link_type == ETL_LINKTYPE_RAW && view->size > 0)
        put_raw(view);
    else
        g_string_append_printf(view->text, "link type %u, length %" G_GSIZE_FORMAT, link_type,
                               view->size);
}

void cli_append_packet_hex(GString *text, const uint8_t *data, size_t size)
{
    for (size_t line = 0; line < size; line += 16) {
        g_string_append_printf(text, "\t0x%04" G_GSIZE_MODIFIER "x: ", line);
        for (size_t i = line; i < line + 16 && i < size; i++)
            g_string_append_printf(text, i % 2 ? "%02x" : " %02x", data[i]);
        g_string_append_c(text, '\n');
    }
}

void cli_append_packet_text(GString *text, const struct cli_packet_text_options *options,
                            uint16_t link_type, const uint8_t *data, uint32_t size,
                            uint32_t original)
{
    struct text_view view = {.text = text,
                             .options = options,
                             .data = data,
                             .size = size,
                             .missing = original > size ? original - size : 0};
    put_link(&view, link_type);
    g_string_append_c(text, '\n');
}

/* --- VXLAN --- */

/* Length of the link header before an IP packet; 0: there is no IP packet. */
static size_t link_header(uint16_t link_type, const uint8_t *data, size_t size, unsigned *ethertype)
{
    size_t header = 14;
    if (link_type == ETL_LINKTYPE_RAW) {
        *ethertype = size > 0 && data[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
        return 0;
    }
    if (link_type == ETL_LINKTYPE_IEEE802_11)
        header = size >= 24 ? etl_wifi_header_size(data) + 8 : size;
    *ethertype = size >= header && header >= 2 ? be16(data + header - 2) : 0;
    while (*ethertype == ETHERTYPE_VLAN && size >= header + 4) {
        *ethertype = be16(data + header + 2);
        header += 4;
    }
    return header;
}

/* Length of the IP header before a UDP header; 0: there is no UDP header. */
static size_t udp_at(unsigned ethertype, const uint8_t *ip, size_t size)
{
    if (ethertype == ETHERTYPE_IPV4 && size >= 20 && ip[9] == PROTOCOL_UDP &&
        !(be16(ip + 6) & 0x1FFF))
        return MAX((size_t)(ip[0] & 15) * 4, 20);
    return ethertype == ETHERTYPE_IPV6 && size >= 40 && ip[6] == PROTOCOL_UDP ? 40 : 0;
}

uint32_t cli_find_vxlan_port(uint16_t link_type, const uint8_t *data, uint32_t size, uint16_t port)
{
    unsigned ethertype;
    size_t network = MIN(link_header(link_type, data, size, &ethertype), size);
    size_t udp = udp_at(ethertype, data + network, size - network);
    size_t at = network + udp + 2;
    bool is_there = udp > 0 && at + 2 <= size && port != CLI_TCPDUMP_VXLAN_PORT;
    return is_there && be16(data + at) == port ? (uint32_t)at : 0;
}
