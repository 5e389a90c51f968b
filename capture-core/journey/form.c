/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form.h"

#include <glib.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "filter/inner.h"
#include "form-walk.h"
#include "icmp-types.h"
#include "model/big-endian.h"

/* What no real packet has more of; each bounds a loop. */
#define MAX_ENCAPSULATIONS 8
#define MAX_EXTENSIONS     16

#define VXLAN_PORT_OF_LINUX 8472 /* of its driver, before VXLAN had a number */

#define IPV4_SIZE 20
#define IPV6_SIZE 40
#define ICMP_SIZE 8

G_STATIC_ASSERT(sizeof(struct journey_tuple) == 38);
G_STATIC_ASSERT(sizeof(struct journey_form_key) == 84); /* nothing between its members */

/* The bytes from the header in hand on, for inner.h, which never looks further than INNER_REACH. */
static struct inner_walk window_of(const struct journey_walk *walk)
{
    uint32_t at = MIN(walk->at, walk->size);

    return (struct inner_walk){
        .bytes = walk->bytes + at, .present = walk->size - at, .next = walk->next};
}

/* --- IP --- */

/* The key begins anew with each IP header further inside. */
static void begin_key(struct journey_form *form, uint8_t version, const uint8_t *addresses,
                      uint32_t size)
{
    form->key = (struct journey_form_key){.kind = JOURNEY_FORM_TUPLE};
    form->key.tuple.version = version;
    memcpy(form->key.tuple.addresses[0], addresses, size);
    memcpy(form->key.tuple.addresses[1], addresses + size, size);
}

/* more: of its fragments follow. */
static void add_fragment(struct journey_form *form, uint32_t identification, uint32_t offset,
                         bool more, uint8_t protocol)
{
    struct journey_form_key key = {
        .kind = JOURNEY_FORM_DATAGRAM, .tuple = form->key.tuple, .identification = identification};

    key.tuple.protocol = protocol;
    form->fragment_offset = offset;
    if (offset > 0)
        form->key = key;
    else if (more && form->datagram_count < JOURNEY_FORM_MAX_DATAGRAMS)
        form->datagrams[form->datagram_count++] = key;
}

static bool is_later(const struct journey_form *form)
{
    return form->key.kind == JOURNEY_FORM_DATAGRAM;
}

static bool read_ipv4(struct journey_walk *walk, struct journey_form *form)
{
    const uint8_t *ip = journey_walk_need(walk, IPV4_SIZE);

    if (!ip || ip[0] >> 4 != 4 || (ip[0] & 0xf) < IPV4_SIZE / 4)
        return false;
    uint32_t fragment = be16(ip + 6);
    begin_key(form, 4, ip + 12, 4);
    form->network = walk->at;
    form->length = be16(ip + 2);
    journey_walk_limit(walk, form->length);
    add_fragment(form, be16(ip + 4), (fragment & 0x1fff) * 8, fragment & 0x2000, ip[9]);
    walk->at += (ip[0] & 0xfu) * 4;
    walk->next = ip[9];
    return true;
}

static bool read_ipv6(struct journey_walk *walk, struct journey_form *form)
{
    const uint8_t *ip = journey_walk_need(walk, IPV6_SIZE);

    if (!ip || ip[0] >> 4 != 6)
        return false;
    begin_key(form, 6, ip + 8, 16);
    form->network = walk->at;
    form->length = be16(ip + 4) > 0 ? IPV6_SIZE + be16(ip + 4) : 0;
    journey_walk_limit(walk, form->length);
    walk->at += IPV6_SIZE;
    walk->next = ip[6];
    return true;
}

/* In IPv4, the authentication header alone is between IP and what it carries. */
static bool is_extension(const struct journey_walk *walk, const struct journey_form *form)
{
    return walk->next == IPPROTO_AH ||
           (form->key.tuple.version == 6 && inner_is_extension(walk->next));
}

static bool skip_extension(struct journey_walk *walk, struct journey_form *form)
{
    const uint8_t *header = journey_walk_need(walk, 8);
    struct inner_walk window = window_of(walk);

    if (!header)
        return false;
    if (walk->next == IPPROTO_AH) {
        walk->at += (header[1] + 2u) * 4;
        walk->next = header[0];
        return true;
    }
    if (walk->next == IPPROTO_FRAGMENT) {
        uint32_t fragment = be16(header + 2);

        add_fragment(form, be32(header + 4), fragment & 0xfff8, fragment & 1, header[0]);
    }
    if (is_later(form) || !inner_skip_extension(&window)) {
        walk->at += 8;
        return false;
    }
    walk->at += window.at;
    walk->next = window.next;
    return true;
}

/* False: there is no IP header, and the form is as it was. */
static bool read_network(struct journey_walk *walk, struct journey_form *form)
{
    bool is_there = walk->next == ETH_P_IP     ? read_ipv4(walk, form)
                    : walk->next == ETH_P_IPV6 ? read_ipv6(walk, form)
                                               : false;

    if (!is_there)
        return false;
    for (int i = 0; i < MAX_EXTENSIONS && !is_later(form) && is_extension(walk, form); i++) {
        if (!skip_extension(walk, form))
            break;
    }
    if (!is_later(form))
        form->key.tuple.protocol = (uint8_t)walk->next;
    form->transport = form->payload = MIN(walk->at, walk->size);
    return true;
}

/* --- what IP carries --- */

/* Protocols with ports, and the size of their headers. */
static const struct {
    uint8_t protocol, size;
} with_ports[] = {
    {IPPROTO_TCP, 20},  {IPPROTO_UDP, 8},     {IPPROTO_DCCP, 12},
    {IPPROTO_SCTP, 12}, {IPPROTO_UDPLITE, 8},
};

static void read_ports(struct journey_walk *walk, struct journey_form *form, uint8_t size)
{
    const uint8_t *header = journey_walk_need(walk, 4);

    if (!header)
        return;
    form->key.tuple.ports[0] = (uint16_t)be16(header);
    form->key.tuple.ports[1] = (uint16_t)be16(header + 2);
    if (form->key.tuple.protocol == IPPROTO_TCP && walk->size - walk->at >= size)
        size = MAX(size, (uint8_t)((header[12] >> 4) * 4));
    form->payload = MIN(walk->at + size, walk->size);
}

/* The lesser endpoint first. True: it was the second. */
static bool order_tuple(struct journey_tuple *tuple)
{
    struct journey_tuple other = *tuple;
    int order = memcmp(tuple->addresses[0], tuple->addresses[1], sizeof(tuple->addresses[0]));

    if (order < 0 || (order == 0 && tuple->ports[0] <= tuple->ports[1]))
        return false;
    for (int i = 0; i < 2; i++) {
        memcpy(tuple->addresses[i], other.addresses[1 - i], sizeof(tuple->addresses[i]));
        tuple->ports[i] = other.ports[1 - i];
    }
    return true;
}

static void read_transport(struct journey_walk *walk, struct journey_form *form, bool quoted);

/* The quoted packet is read like any other, but for a form of its own that leaves nothing behind
 * but the tuple. */
static void read_quote(struct journey_walk *walk, struct journey_form *form)
{
    struct journey_form quote = {.has_link = false};
    struct journey_walk inside = *walk;

    if (!journey_walk_need(walk, ICMP_SIZE + 1))
        return;
    inside.at += ICMP_SIZE;
    inside.next = form->key.tuple.version == 4 ? ETH_P_IP : ETH_P_IPV6;
    if (read_network(&inside, &quote)) {
        if (!is_later(&quote))
            read_transport(&inside, &quote, true);
        form->key.quoted = quote.key.tuple;
        form->quoted_backward = order_tuple(&form->key.quoted);
    }
    walk->cut |= inside.cut;
}

static void read_icmp(struct journey_walk *walk, struct journey_form *form, bool quoted)
{
    const uint8_t *icmp = journey_walk_need(walk, 2);

    if (!icmp)
        return;
    switch (journey_icmp_type(form->key.tuple.version, icmp[0], icmp[1])->kind) {
    case JOURNEY_ICMP_QUERY:
        icmp = journey_walk_need(walk, 6);
        if (icmp)
            form->key.tuple.ports[0] = form->key.tuple.ports[1] = (uint16_t)be16(icmp + 4);
        break;
    case JOURNEY_ICMP_ERROR:
        form->key.type = icmp[0];
        form->key.kind = JOURNEY_FORM_ERROR;
        if (!quoted)
            read_quote(walk, form);
        break;
    case JOURNEY_ICMP_OTHER:
        form->key.type = icmp[0];
        break;
    }
    form->payload = MIN(walk->at + ICMP_SIZE, walk->size);
}

/* quoted: the packet is the one that an error quotes. */
static void read_transport(struct journey_walk *walk, struct journey_form *form, bool quoted)
{
    uint8_t protocol = form->key.tuple.protocol;

    if (protocol == (form->key.tuple.version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
        read_icmp(walk, form, quoted);
    for (gsize i = 0; i < G_N_ELEMENTS(with_ports); i++) {
        if (with_ports[i].protocol == protocol)
            read_ports(walk, form, with_ports[i].size);
    }
}

/* --- the packet inside --- */

/* Whether a header in hand that nothing was found behind may be one of a tunnel, of which the bytes
 * at hand do not have enough. */
static bool may_be_tunnel(const struct inner_walk *window, const uint16_t *ports, gsize count)
{
    __u32 port;

    if (window->present >= INNER_REACH)
        return false;
    if (window->next != IPPROTO_UDP)
        return window->next == IPPROTO_IPIP || window->next == IPPROTO_IPV6 ||
               window->next == IPPROTO_GRE;
    if (!inner_read(window, 2, 2, &port))
        return true;
    for (gsize i = 0; i < count; i++) {
        if (ports[i] == port)
            return true;
    }
    return port == INNER_GENEVE_PORT;
}

/* Where a packet begins behind the header in hand, as inner_find() says. */
static uint32_t find_inside(struct journey_walk *walk, uint16_t vxlan_port)
{
    const uint16_t ports[] = {INNER_VXLAN_PORT, VXLAN_PORT_OF_LINUX, vxlan_port};
    gsize count = vxlan_port ? G_N_ELEMENTS(ports) : G_N_ELEMENTS(ports) - 1;
    struct inner_walk window = window_of(walk);
    uint32_t place = INNER_NONE;

    for (gsize i = 0; i < count && place == INNER_NONE; i++)
        place = inner_behind(&window, ports[i]);
    if (place == INNER_NONE && may_be_tunnel(&window, ports, count))
        journey_walk_end(walk);
    return place;
}

/* The packet inside has no IP header. */
static void take_other(struct journey_walk *walk, struct journey_form *form)
{
    form->key = (struct journey_form_key){.kind = JOURNEY_FORM_OTHER};
    form->network = MIN(walk->at, walk->size);
    form->transport = form->payload = form->length = form->fragment_offset = 0;
}

/* Reads link and network header of a packet. False: none is there, and the form is as it was. */
static bool read_packet(struct journey_walk *walk, struct journey_form *form, uint16_t link_type)
{
    bool has_link = journey_walk_has_link(link_type);
    uint32_t start = walk->at;

    if (!journey_walk_link(walk, link_type))
        return false;
    uint16_t ethertype = walk->next;
    if (!read_network(walk, form)) {
        if (!has_link)
            return false;
        take_other(walk, form);
    }
    form->has_link = has_link;
    form->link = has_link ? start : form->network;
    form->ethertype = ethertype;
    form->tags = walk->tags;
    return true;
}

/* Goes on with the packet inside, if there is one. */
static bool enter(struct journey_walk *walk, struct journey_form *form, uint16_t vxlan_port)
{
    struct journey_walk inside = *walk;
    uint32_t place = find_inside(walk, vxlan_port);

    inside.at += INNER_OFFSET(place);
    if (place == INNER_NONE || form->encapsulations == MAX_ENCAPSULATIONS)
        return false;
    if (!read_packet(&inside, form,
                     place & INNER_WITHOUT_LINK ? JOURNEY_LINKTYPE_RAW
                                                : JOURNEY_LINKTYPE_ETHERNET)) {
        walk->cut |= inside.cut;
        return false;
    }
    form->encapsulations++;
    *walk = inside;
    return true;
}

/* --- what others ask --- */

void journey_form_read(struct journey_form *form, const struct pktmon_packet *packet,
                       uint16_t vxlan_port)
{
    struct journey_walk walk = {.bytes = packet->data, .size = packet->caplen};

    *form = (struct journey_form){.has_link = journey_walk_has_link(packet->link_type)};
    if (read_packet(&walk, form, packet->link_type)) {
        while (form->key.kind == JOURNEY_FORM_TUPLE && enter(&walk, form, vxlan_port))
            continue;
        if (form->key.kind == JOURNEY_FORM_TUPLE)
            read_transport(&walk, form, false);
    }
    if (form->key.kind == JOURNEY_FORM_DATAGRAM) {
        struct journey_tuple tuple = form->key.tuple;

        form->backward = order_tuple(&tuple);
    } else {
        form->backward = order_tuple(&form->key.tuple);
    }
    form->cut = packet->caplen == 0 || (walk.cut && packet->caplen < packet->origlen);
}

bool journey_form_key_equal(const struct journey_form_key *left,
                            const struct journey_form_key *right)
{
    return memcmp(left, right, sizeof(*left)) == 0;
}

bool journey_form_conversation(const struct journey_form_key *key,
                               struct journey_form_key *conversation)
{
    if (key->kind == JOURNEY_FORM_TUPLE) {
        *conversation = *key;
        return true;
    }
    *conversation = (struct journey_form_key){.kind = JOURNEY_FORM_TUPLE, .tuple = key->quoted};
    return key->kind == JOURNEY_FORM_ERROR && key->quoted.version != 0;
}

/* --- address translation --- */

static bool is_icmp(uint8_t protocol)
{
    return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static bool share_address(const struct journey_tuple *left, const struct journey_tuple *right)
{
    if (left->version != right->version)
        return false;
    for (int i = 0; i < 4; i++) {
        if (memcmp(left->addresses[i / 2], right->addresses[i % 2], sizeof(left->addresses[0])) ==
            0)
            return true;
    }
    return false;
}

/* Of what IP carries; 0: not known. */
static uint32_t carried_length(const struct journey_form *form)
{
    uint32_t headers = form->transport - form->network;

    return form->length > headers ? form->length - headers : 0;
}

bool journey_form_is_translation(const struct journey_form *before,
                                 const struct journey_form *after)
{
    const struct journey_tuple *left = &before->key.tuple, *right = &after->key.tuple;

    if (left->version == 0 || right->version == 0)
        return false;
    if (left->protocol != right->protocol && !(is_icmp(left->protocol) && is_icmp(right->protocol)))
        return false;
    return share_address(left, right) ||
           (carried_length(before) > 0 && carried_length(before) == carried_length(after));
}
