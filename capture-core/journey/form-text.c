/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form-text.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "form-walk.h"
#include "icmp-types.h"
#include "model/big-endian.h"

/* The innermost packet's bytes. */
struct summary_view {
    GString *text;
    const struct pktmon_packet *packet;
    const struct journey_form *form;
};

/* Bytes at an offset of the frame; NULL: they are not at hand. */
static const uint8_t *bytes_at(const struct summary_view *view, uint32_t offset, uint32_t size)
{
    uint32_t caplen = view->packet->caplen;

    return offset <= caplen && caplen - offset >= size ? view->packet->data + offset : NULL;
}

/* From the offset to the end of the packet, as its header says, or as it was captured. */
static uint32_t length_from(const struct summary_view *view, uint32_t offset)
{
    uint32_t length = view->form->length;
    uint32_t end = length > 0 ? view->form->network + length : view->packet->origlen;

    return end > offset ? end - offset : 0;
}

static void append_length(const struct summary_view *view, uint32_t offset)
{
    g_string_append_printf(view->text, " len %u", length_from(view, offset));
}

/* --- tuples --- */

static const char *name_of_protocol(uint8_t protocol)
{
    static const struct {
        uint8_t protocol;
        const char *name;
    } names[] = {
        {IPPROTO_ICMP, "ICMP"},     {IPPROTO_IGMP, "IGMP"},
        {IPPROTO_IPIP, "IPIP"},     {IPPROTO_TCP, "TCP"},
        {IPPROTO_UDP, "UDP"},       {IPPROTO_DCCP, "DCCP"},
        {IPPROTO_IPV6, "IPv6"},     {IPPROTO_GRE, "GRE"},
        {IPPROTO_ESP, "ESP"},       {IPPROTO_AH, "AH"},
        {IPPROTO_ICMPV6, "ICMPv6"}, {89, "OSPF"},
        {IPPROTO_PIM, "PIM"},       {112, "VRRP"},
        {IPPROTO_SCTP, "SCTP"},     {IPPROTO_UDPLITE, "UDPLite"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].protocol == protocol)
            return names[i].name;
    }
    return NULL;
}

static bool is_icmp(uint8_t protocol)
{
    return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

bool journey_has_ports(const struct journey_tuple *tuple)
{
    return tuple->ports[0] | tuple->ports[1] && !is_icmp(tuple->protocol);
}

void journey_write_address(char text[INET6_ADDRSTRLEN], const struct journey_tuple *tuple,
                           int which)
{
    text[0] = '\0';
    inet_ntop(tuple->version == 4 ? AF_INET : AF_INET6, tuple->addresses[which], text,
              INET6_ADDRSTRLEN);
}

static void append_endpoint(GString *text, const struct journey_tuple *tuple, int which)
{
    bool has_port = journey_has_ports(tuple);
    char address[INET6_ADDRSTRLEN];

    journey_write_address(address, tuple, which);
    g_string_append_printf(text, has_port && tuple->version == 6 ? "[%s]" : "%s", address);
    if (has_port)
        g_string_append_printf(text, ":%u", tuple->ports[which]);
}

static void append_tuple(GString *text, const struct journey_tuple *tuple, bool backward)
{
    const char *name = name_of_protocol(tuple->protocol);

    append_endpoint(text, tuple, backward);
    g_string_append(text, " > ");
    append_endpoint(text, tuple, !backward);
    if (name)
        g_string_append_printf(text, " %s", name);
    else
        g_string_append_printf(text, " protocol %u", tuple->protocol);
}

static void append_quoted(GString *text, const struct journey_tuple *quoted, bool backward)
{
    if (quoted->version == 0)
        return;
    g_string_append(text, " (");
    append_tuple(text, quoted, backward);
    g_string_append_c(text, ')');
}

static void append_icmp_name(GString *text, uint8_t version, uint8_t type, int code)
{
    const char *name = journey_icmp_type(version, type, code)->name;

    if (name)
        g_string_append_printf(text, " %s", name);
    else
        g_string_append_printf(text, " type %u", type);
}

/* Its source is the first endpoint. */
static void append_datagram(GString *text, const struct journey_form_key *key)
{
    append_tuple(text, &key->tuple, false);
    g_string_append_printf(text, " fragment id 0x%x", key->identification);
}

void journey_append_key(GString *text, const struct journey_form_key *key, bool backward,
                        bool quoted_backward)
{
    if (key->kind == JOURNEY_FORM_OTHER) {
        g_string_append(text, "not IP");
        return;
    }
    if (key->kind == JOURNEY_FORM_DATAGRAM) {
        append_datagram(text, key);
        return;
    }
    append_tuple(text, &key->tuple, backward);
    if (!is_icmp(key->tuple.protocol))
        return;
    if (key->type == 0)
        g_string_append_printf(text, " id %u", key->tuple.ports[0]);
    else
        append_icmp_name(text, key->tuple.version, key->type, -1);
    append_quoted(text, &key->quoted, quoted_backward);
}

/* --- what the bytes have --- */

/* Names as Wireshark has them, in the order of the bits. */
static void append_tcp(const struct summary_view *view)
{
    static const char *const flags[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    const uint8_t *tcp = bytes_at(view, view->form->transport, 14);
    const char *separator = "";

    if (!tcp)
        return;
    g_string_append(view->text, " [");
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (tcp[13] >> i & 1) {
            g_string_append_printf(view->text, "%s%s", separator, flags[i]);
            separator = ", ";
        }
    }
    g_string_append_c(view->text, ']');
    append_length(view, view->form->payload);
}

static void append_icmp(const struct summary_view *view)
{
    const struct journey_form *form = view->form;
    uint8_t version = form->key.tuple.version;
    const uint8_t *icmp = bytes_at(view, form->transport, 8);

    if (!icmp)
        return;
    append_icmp_name(view->text, version, icmp[0], icmp[1]);
    if (journey_icmp_type(version, icmp[0], icmp[1])->kind == JOURNEY_ICMP_QUERY) {
        g_string_append_printf(view->text, " id %u seq %u", be16(icmp + 4), be16(icmp + 6));
        append_length(view, form->payload);
    }
    append_quoted(view->text, &form->key.quoted, form->quoted_backward);
}

static void append_ip(const struct summary_view *view)
{
    const struct journey_form *form = view->form;

    append_tuple(view->text, &form->key.tuple, form->backward);
    if (form->key.tuple.protocol == IPPROTO_TCP)
        append_tcp(view);
    else if (is_icmp(form->key.tuple.protocol))
        append_icmp(view);
    else
        append_length(view, form->payload);
    if (form->datagram_count > 0)
        g_string_append(view->text, ", first fragment");
}

static void append_later_fragment(const struct summary_view *view)
{
    append_datagram(view->text, &view->form->key);
    g_string_append_printf(view->text, " offset %u", view->form->fragment_offset);
    append_length(view, view->form->transport);
}

/* --- frames without addresses of IP --- */

static void append_mac(GString *text, const uint8_t *mac)
{
    g_string_append_printf(text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                           mac[4], mac[5]);
}

static void append_ipv4_address(GString *text, const uint8_t *address)
{
    g_string_append_printf(text, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

/* False: it is not ARP of IPv4 over Ethernet, or some other message than these two. */
static bool append_arp(const struct summary_view *view)
{
    static const uint8_t start[] = {0, 1, ETH_P_IP >> 8, ETH_P_IP & 0xff, ETH_ALEN, 4, 0};
    const uint8_t *arp = bytes_at(view, view->form->network, 28);

    if (!arp || memcmp(arp, start, sizeof(start)) != 0 || arp[7] < 1 || arp[7] > 2)
        return false;
    if (arp[7] == 1) {
        g_string_append(view->text, "ARP who has ");
        append_ipv4_address(view->text, arp + 24);
        g_string_append(view->text, "? tell ");
        append_ipv4_address(view->text, arp + 14);
    } else {
        g_string_append(view->text, "ARP ");
        append_ipv4_address(view->text, arp + 14);
        g_string_append(view->text, " is at ");
        append_mac(view->text, arp + 8);
    }
    return true;
}

static const char *name_of_ethertype(uint16_t ethertype)
{
    static const struct {
        uint16_t ethertype;
        const char *name;
    } names[] = {
        {ETH_P_IP, "IPv4"},       {ETH_P_ARP, "ARP"},
        {ETH_P_RARP, "RARP"},     {ETH_P_IPV6, "IPv6"},
        {ETH_P_LLDP, "LLDP"},     {ETH_P_PAE, "EAPOL"},
        {ETH_P_PPP_SES, "PPPoE"}, {ETH_P_PPP_DISC, "PPPoE discovery"},
        {ETH_P_MACSEC, "MACsec"}, {ETH_P_8021Q, "VLAN"},
        {ETH_P_MPLS_UC, "MPLS"},  {ETH_P_BATMAN, "batman"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].ethertype == ethertype)
            return names[i].name;
    }
    return NULL;
}

const char *journey_protocol_name(const struct journey_form *form)
{
    return form->key.tuple.version == 0 ? name_of_ethertype(form->ethertype)
                                        : name_of_protocol(form->key.tuple.protocol);
}

static void append_other(const struct summary_view *view)
{
    const struct journey_form *form = view->form;
    const uint8_t *link = bytes_at(view, form->link, ETH_HLEN);
    const char *name = name_of_ethertype(form->ethertype);

    if (form->ethertype == ETH_P_ARP && append_arp(view))
        return;
    if (link && form->has_link && view->packet->link_type != JOURNEY_LINKTYPE_802_11) {
        append_mac(view->text, link + ETH_ALEN);
        g_string_append(view->text, " > ");
        append_mac(view->text, link);
        g_string_append_c(view->text, ' ');
    }
    if (name)
        g_string_append(view->text, name);
    else if (form->ethertype > 0)
        g_string_append_printf(view->text, "Ethertype 0x%04x", form->ethertype);
    else
        g_string_append(view->text, "not IP");
    append_length(view, form->network);
}

void journey_append_summary(GString *text, const struct pktmon_packet *packet,
                            const struct journey_form *form)
{
    static void (*const append[])(const struct summary_view *view) = {
        [JOURNEY_FORM_OTHER] = append_other,
        [JOURNEY_FORM_TUPLE] = append_ip,
        [JOURNEY_FORM_ERROR] = append_ip,
        [JOURNEY_FORM_DATAGRAM] = append_later_fragment,
    };
    const struct summary_view view = {.text = text, .packet = packet, .form = form};

    append[form->key.kind](&view);
}
