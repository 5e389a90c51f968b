/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-text.h"

#include <string.h>

#include "bytes.h"
#include "link.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP  0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86DD

#define PROTOCOL_ICMP   1
#define PROTOCOL_TCP    6
#define PROTOCOL_UDP    17
#define PROTOCOL_ICMPV6 58

#define MAX_ENCAPSULATIONS 4

/* What is left of the packet, and where its text goes. */
struct view {
    GString *text;
    const struct packet_text_options *options;
    const uint8_t *data;
    size_t size;
    unsigned depth; /* packets in packets */
};

static unsigned be16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)be16(bytes) << 16 | be16(bytes + 2);
}

static void advance(struct view *view, size_t size)
{
    size = MIN(size, view->size);
    view->data += size;
    view->size -= size;
}

static bool has(struct view *view, size_t size, const char *what)
{
    if (view->size >= size)
        return true;
    g_string_append_printf(view->text, "[|%s]", what);
    return false;
}

static void put_address(struct view *view, const uint8_t *bytes, size_t size, int port)
{
    g_autofree char *address = etl_address_text(bytes, size);
    g_string_append(view->text, address);
    if (port >= 0)
        g_string_append_printf(view->text, ".%d", port);
}

static void put_tcp(struct view *view, size_t length)
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
        g_string_append_printf(view->text, ", seq %u", be32(tcp + 4));
        if (tcp[13] & 0x10)
            g_string_append_printf(view->text, ", ack %u", be32(tcp + 8));
        g_string_append_printf(view->text, ", win %u", be16(tcp + 14));
    }
    g_string_append_printf(view->text, ", length %" G_GSIZE_FORMAT,
                           length > header ? length - header : 0);
}

static void put_ethernet(struct view *view);

static void put_udp(struct view *view)
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

static void put_icmp(struct view *view, bool v6, size_t length)
{
    static const struct {
        bool v6;
        uint8_t type;
        const char *name;
    } types[] = {
        {false, 0, "echo reply"},
        {false, 3, "destination unreachable"},
        {false, 5, "redirect"},
        {false, 8, "echo request"},
        {false, 11, "time exceeded"},
        {true, 1, "destination unreachable"},
        {true, 2, "packet too big"},
        {true, 3, "time exceeded"},
        {true, 128, "echo request"},
        {true, 129, "echo reply"},
        {true, 133, "router solicitation"},
        {true, 134, "router advertisement"},
        {true, 135, "neighbor solicitation"},
        {true, 136, "neighbor advertisement"},
    };
    const uint8_t *icmp = view->data;
    if (!has(view, 4, "icmp"))
        return;
    const char *name = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].v6 == v6 && types[i].type == icmp[0])
            name = types[i].name;
    }
    g_string_append(view->text, v6 ? "ICMP6, " : "ICMP ");
    if (name)
        g_string_append(view->text, name);
    else
        g_string_append_printf(view->text, "type %u code %u", icmp[0], icmp[1]);
    if (name && g_str_has_prefix(name, "echo") && view->size >= 8)
        g_string_append_printf(view->text, ", id %u, seq %u", be16(icmp + 4), be16(icmp + 6));
    g_string_append_printf(view->text, ", length %" G_GSIZE_FORMAT, length);
}

static void put_transport(struct view *view, unsigned protocol, size_t length)
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

static void put_flow(struct view *view, const uint8_t *from, const uint8_t *to, size_t size,
                     unsigned protocol)
{
    bool ports = (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) && view->size >= 4;
    put_address(view, from, size, ports ? (int)be16(view->data) : -1);
    g_string_append(view->text, " > ");
    put_address(view, to, size, ports ? (int)be16(view->data + 2) : -1);
    g_string_append(view->text, ": ");
}

static void put_ipv4(struct view *view)
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

static void put_ipv6(struct view *view)
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

static void put_arp(struct view *view)
{
    const uint8_t *arp = view->data;
    if (!has(view, 28, "arp"))
        return;
    g_autofree char *mac = etl_mac_text(arp + 8);
    if (be16(arp + 6) == 1) {
        g_string_append(view->text, "ARP, Request who-has ");
        put_address(view, arp + 24, 4, -1);
        g_string_append(view->text, " tell ");
        put_address(view, arp + 14, 4, -1);
    } else {
        g_string_append(view->text, "ARP, Reply ");
        put_address(view, arp + 14, 4, -1);
        g_string_append_printf(view->text, " is-at %s", mac);
    }
}

static void put_network(struct view *view, unsigned ethertype)
{
    if (ethertype == ETHERTYPE_IPV4)
        put_ipv4(view);
    else if (ethertype == ETHERTYPE_IPV6)
        put_ipv6(view);
    else if (ethertype == ETHERTYPE_ARP)
        put_arp(view);
    else
        g_string_append_printf(view->text, "ethertype 0x%04x, length %" G_GSIZE_FORMAT, ethertype,
                               view->size);
}

static void put_ethernet(struct view *view)
{
    const uint8_t *link = view->data;
    if (!has(view, 14, "ether"))
        return;
    unsigned ethertype = be16(link + 12);
    bool shown = !view->options->no_ethernet && !view->options->brief;
    g_autofree char *from = etl_mac_text(link + 6), *to = etl_mac_text(link);
    if (shown)
        g_string_append_printf(view->text, "%s > %s, ", from, to);
    advance(view, 14);
    while (ethertype == ETHERTYPE_VLAN && view->size >= 4) {
        if (shown)
            g_string_append_printf(view->text, "vlan %u, p %u, ", be16(view->data) & 0xFFF,
                                   be16(view->data) >> 13);
        ethertype = be16(view->data + 2);
        advance(view, 4);
    }
    if (shown)
        g_string_append_printf(view->text, "ethertype 0x%04x: ", ethertype);
    put_network(view, ethertype);
}

static void put_wifi(struct view *view)
{
    if (!has(view, 24, "802.11"))
        return;
    const uint8_t *link = view->data;
    size_t header = etl_wifi_header_size(link);
    g_autofree char *from = etl_mac_text(link + 10), *to = etl_mac_text(link + 4);
    if (!view->options->no_ethernet && !view->options->brief)
        g_string_append_printf(view->text, "802.11 %s > %s, ", from, to);
    if (view->size < header + 8) {
        g_string_append_printf(view->text, "length %" G_GSIZE_FORMAT, view->size);
        return;
    }
    unsigned ethertype = be16(link + header + 6);
    advance(view, header + 8);
    put_network(view, ethertype);
}

static void put_link(struct view *view, uint16_t link_type)
{
    if (link_type == ETL_LINKTYPE_ETHERNET)
        put_ethernet(view);
    else if (link_type == ETL_LINKTYPE_IEEE802_11)
        put_wifi(view);
    else if (link_type == ETL_LINKTYPE_RAW && view->size > 0)
        put_network(view, view->data[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
    else
        g_string_append_printf(view->text, "link type %u, length %" G_GSIZE_FORMAT, link_type,
                               view->size);
}

static void put_hex(GString *text, const uint8_t *data, size_t size)
{
    for (size_t line = 0; line < size; line += 16) {
        g_string_append_printf(text, "\t\t0x%04" G_GSIZE_MODIFIER "x: ", line);
        for (size_t i = line; i < line + 16 && i < size; i++)
            g_string_append_printf(text, i % 2 ? "%02x" : " %02x", data[i]);
        g_string_append_c(text, '\n');
    }
}

void packet_text(GString *text, const struct packet_text_options *options, uint16_t link_type,
                 const uint8_t *data, uint32_t size, uint32_t original)
{
    struct view view = {.text = text, .options = options, .data = data, .size = size};
    g_string_append_c(text, '\t');
    put_link(&view, link_type);
    if (options->verbose > 1)
        g_string_append_printf(text, ", original length %u", original);
    g_string_append_c(text, '\n');
    if (options->hex)
        put_hex(text, data, size);
}
