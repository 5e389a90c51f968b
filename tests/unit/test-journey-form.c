/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which form the bytes of a packet have. Packets are named by their layers (frames.c). */
#include <glib.h>
#include <string.h>

#include "frames.h"
#include "journey/form.h"

#define ETHERNET 1
#define RAW      101
#define WIFI     105

static struct pktmon_packet packet_of(const struct frame *frame)
{
    return (struct pktmon_packet){.link_type = ETHERNET,
                                  .data = frame->bytes->data,
                                  .caplen = frame->bytes->len,
                                  .origlen = frame->bytes->len};
}

static struct journey_form read_with_port(const char *kind, uint16_t vxlan_port)
{
    struct frame frame = frame_make(kind);
    const struct pktmon_packet packet = packet_of(&frame);
    struct journey_form form;

    journey_form_read(&form, &packet, vxlan_port);
    g_assert_false(form.cut);
    g_byte_array_unref(frame.bytes);
    return form;
}

static struct journey_form read_form(const char *kind)
{
    return read_with_port(kind, 0);
}

static bool is_same(const char *left, const char *right)
{
    const struct journey_form a = read_form(left), b = read_form(right);

    return journey_form_key_equal(&a.key, &b.key);
}

/* --- through encapsulations --- */

/* All carry the packet of "ip udp". */
static const struct {
    const char *kind;
    uint32_t network;
    uint8_t encapsulations, tags;
    bool has_link;
    uint32_t link;
} carriers[] = {
    {"eth ip udp data", 14, 0, 0, true, 0},
    {"eth-back ip udp data", 14, 0, 0, true, 0},
    {"eth vlan ip udp data", 18, 0, 1, true, 0},
    {"eth qinq vlan ip udp data", 22, 0, 2, true, 0},
    {"eth qinq-9100 qinq vlan vlan-200 ip udp data", 30, 0, 4, true, 0},
    {"eth mpls-end ip udp data", 18, 0, 1, true, 0},
    {"eth vlan mpls mpls mpls-end ip udp data", 30, 0, 4, true, 0},
    {"802.3 snap ip udp data", 22, 0, 0, true, 0},
    {"eth ip-outside vxlan eth-inner ip udp data", 64, 1, 0, true, 50},
    {"eth ip-outside vxlan-8472 eth-inner ip udp data", 64, 1, 0, true, 50},
    {"eth ip6 vxlan eth-inner vlan ip udp data", 88, 1, 1, true, 70},
    {"eth vlan ip-outside vxlan eth-inner vlan ip udp data", 72, 1, 2, true, 54},
    {"eth ip-outside geneve eth-inner ip udp data", 64, 1, 0, true, 50},
    {"eth ip-outside geneve-options ip udp data", 58, 1, 0, false, 58},
    {"eth ip-outside gre ip udp data", 38, 1, 0, false, 38},
    {"eth ip-outside gre-key ip udp data", 42, 1, 0, false, 42},
    {"eth ip-outside gre-key eth-inner ip udp data", 56, 1, 0, true, 42},
    {"eth ip6 gre eth-inner ip udp data", 72, 1, 0, true, 58},
    {"eth ip-outside ip udp data", 34, 1, 0, false, 34},
    {"eth ip6 ip udp data", 54, 1, 0, false, 54},
    {"eth ip6 options6 ip udp data", 62, 1, 0, false, 62},
    {"eth ip-outside ip6 ip udp data", 74, 2, 0, false, 74},
    {"eth ip-outside vxlan eth-inner ip-back gre ip udp data", 88, 2, 0, false, 88},
    {"eth ip-options vxlan eth-inner ip udp data", 72, 1, 0, true, 58},
    {"eth ip ah udp data", 14, 0, 0, true, 0},
    {"eth ip-outside ah ip udp data", 58, 1, 0, false, 58},
    {"eth ip-first ip udp data", 34, 1, 0, false, 34},
};

static void test_carriers(void)
{
    const struct journey_form wanted = read_form("eth ip udp data");

    for (gsize i = 0; i < G_N_ELEMENTS(carriers); i++) {
        const struct journey_form form = read_form(carriers[i].kind);

        g_test_message("%s", carriers[i].kind);
        g_assert_true(journey_form_key_equal(&form.key, &wanted.key));
        g_assert_false(form.backward);
        g_assert_cmpuint(form.network, ==, carriers[i].network);
        g_assert_cmpuint(form.encapsulations, ==, carriers[i].encapsulations);
        g_assert_cmpuint(form.tags, ==, carriers[i].tags);
        g_assert_cmpint(form.has_link, ==, carriers[i].has_link);
        g_assert_cmpuint(form.link, ==, carriers[i].link);
        g_assert_cmpuint(form.payload, ==, form.transport + 8);
    }
}

/* The same of IPv6. */
static void test_carriers6(void)
{
    static const char *const kinds[] = {
        "eth vlan ip6 tcp-http",
        "eth mpls-end ip6 tcp-http",
        "eth ip ip6 tcp-http",
        "eth ip6-back ip6 tcp-http",
        "eth ip gre ip6 tcp-http",
        "eth ip geneve-options ip6 tcp-http",
        "eth ip vxlan eth-inner ip6 tcp-http",
        "eth ip6 hop-by-hop options6 routing tcp-http",
        "eth ip6 ah options6 tcp-http",
        "eth ip6 fragment6 tcp-http",
        "eth ip6 hop-by-hop hop-by-hop hop-by-hop hop-by-hop hop-by-hop tcp-http",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_test_message("%s", kinds[i]);
        g_assert_true(is_same(kinds[i], "eth ip6 tcp-http"));
    }
}

static void test_vxlan_port(void)
{
    struct frame frame = frame_make("eth ip-outside vxlan eth-inner ip udp");
    const struct journey_form inside = read_form("eth ip udp");
    const struct pktmon_packet packet = packet_of(&frame);
    struct journey_form form;

    frame.bytes->data[36] = 0x11; /* port 4533 */
    journey_form_read(&form, &packet, 4533);
    g_assert_true(journey_form_key_equal(&form.key, &inside.key));
    journey_form_read(&form, &packet, 4534);
    g_assert_cmpuint(form.encapsulations, ==, 0);
    g_byte_array_unref(frame.bytes);
    form = read_with_port("eth ip-outside vxlan-8472 eth-inner ip udp", 4533);
    g_assert_true(journey_form_key_equal(&form.key, &inside.key));
}

/* What is no packet, or is encrypted, leaves the key that of the packet around it. */
static void test_no_packet_inside(void)
{
    static const char *const kinds[] = {"eth ip esp ip udp", "eth ip gre data", "eth ip gre arp",
                                        "eth ip vxlan"};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const struct journey_form form = read_form(kinds[i]);

        g_assert_cmpuint(form.encapsulations, ==, 0);
        g_assert_cmpuint(form.network, ==, 14);
        g_assert_cmpuint(form.key.kind, ==, JOURNEY_FORM_TUPLE);
    }
}

static void test_depth(void)
{
    const struct journey_form form =
        read_form("eth ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip udp");

    g_assert_cmpuint(form.encapsulations, ==, 8);
    g_assert_cmpuint(form.key.tuple.protocol, ==, 4);
}

/* --- link types --- */

static struct journey_form read_bytes(uint16_t link_type, const GByteArray *bytes, guint skip)
{
    const struct pktmon_packet packet = {.link_type = link_type,
                                         .data = bytes->data + skip,
                                         .caplen = bytes->len - skip,
                                         .origlen = bytes->len - skip};
    struct journey_form form;

    journey_form_read(&form, &packet, 0);
    return form;
}

static void test_raw(void)
{
    static const uint16_t types[] = {RAW, 228, 229};
    struct frame frame = frame_make("eth ip gre ip-back udp");
    const struct journey_form wanted = read_bytes(ETHERNET, frame.bytes, 0);

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        const struct journey_form form = read_bytes(types[i], frame.bytes, 14);

        g_assert_true(journey_form_key_equal(&form.key, &wanted.key));
        g_assert_cmpuint(form.network, ==, wanted.network - 14);
        g_assert_false(form.has_link);
    }
    const struct journey_form unknown = read_bytes(147, frame.bytes, 14);
    g_assert_cmpuint(unknown.key.kind, ==, JOURNEY_FORM_OTHER);
    g_byte_array_unref(frame.bytes);
}

/* A header of 802.11 (frame control, size), and LLC, before the packet that is behind Ethernet's.
 */
static GByteArray *make_wifi(uint8_t type, uint8_t flags, guint header)
{
    struct frame frame = frame_make("eth ip udp data");
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_set_size(bytes, header);
    memset(bytes->data, 0x5a, header);
    bytes->data[0] = type;
    bytes->data[1] = flags;
    g_byte_array_append(bytes, (const guint8 *)"\xaa\xaa\x03\0\0\0\x08\0", 8);
    g_byte_array_append(bytes, frame.bytes->data + 14, frame.bytes->len - 14);
    g_byte_array_unref(frame.bytes);
    return bytes;
}

static void test_wifi(void)
{
    static const struct {
        uint8_t type, flags;
        guint header;
        bool is_ip;
    } kinds[] = {
        {0x08, 0x01, 24, true},  {0x08, 0x03, 30, true},  {0x88, 0x02, 26, true},
        {0x88, 0x83, 36, true},  {0x08, 0x41, 24, false}, /* protected */
        {0x48, 0x01, 24, false}, {0x80, 0, 24, false},    /* without data, a beacon */
    };
    const struct journey_form wanted = read_form("eth ip udp data");

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GByteArray) bytes = make_wifi(kinds[i].type, kinds[i].flags, kinds[i].header);
        const struct journey_form form = read_bytes(WIFI, bytes, 0);

        g_assert_cmpint(journey_form_key_equal(&form.key, &wanted.key), ==, kinds[i].is_ip);
        g_assert_true(form.has_link);
        if (kinds[i].is_ip)
            g_assert_cmpuint(form.network, ==, kinds[i].header + 8);
    }
}

/* Padding behind the packet is not of it. */
static void test_padding(void)
{
    struct frame frame = frame_make("eth ip tcp-syn");
    struct journey_form whole = read_bytes(ETHERNET, frame.bytes, 0);

    g_byte_array_append(frame.bytes, (const guint8 *)"padding", 7);
    g_assert_cmpuint(read_bytes(ETHERNET, frame.bytes, 0).payload, ==, whole.payload);
    frame.bytes->data[17] = 20; /* no TCP */
    whole = read_bytes(ETHERNET, frame.bytes, 0);
    g_assert_cmpuint(whole.key.tuple.ports[0], ==, 0);
    g_assert_cmpuint(whole.length, ==, 20);
    g_byte_array_unref(frame.bytes);
}

/* --- directions --- */

static void test_directions(void)
{
    static const char *const pairs[][2] = {
        {"eth ip tcp-syn", "eth-back ip-back tcp-syn-ack"},
        {"eth ip6 tcp-syn", "eth-back ip6-back tcp-syn-ack"},
        {"eth ip icmp-echo", "eth-back ip-back icmp-reply"},
        {"eth ip udp-query", "eth ip-outside vxlan eth-inner ip-back udp-answer"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        const struct journey_form there = read_form(pairs[i][0]), back = read_form(pairs[i][1]);

        g_test_message("%s", pairs[i][0]);
        g_assert_true(journey_form_key_equal(&there.key, &back.key));
        g_assert_false(there.backward);
        g_assert_true(back.backward);
    }
}

static void test_differences(void)
{
    static const char *const pairs[][2] = {
        {"eth ip udp", "eth ip-outside udp"},
        {"eth ip udp", "eth ip udp-query"},
        {"eth ip udp", "eth ip6 udp"},
        {"eth ip tcp-http", "eth ip tcp-https"},
        {"eth ip udp", "eth ip esp"},
        {"eth ip icmp-echo", "eth ip udp"},
        {"eth ip udp", "eth arp"},
        {"eth ip6 icmp6-echo", "eth ip6 icmp6-router"},
        {"eth ip icmp-echo", "eth-back ip-back icmp-unreachable ip udp"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_test_message("%s and %s", pairs[i][0], pairs[i][1]);
        g_assert_false(is_same(pairs[i][0], pairs[i][1]));
    }
}

static void test_echo_identifier(void)
{
    struct frame frame = frame_make("eth ip icmp-echo");
    const struct journey_form form = read_bytes(ETHERNET, frame.bytes, 0);

    g_assert_cmphex(form.key.tuple.ports[0], ==, 0x1234);
    g_assert_cmphex(form.key.tuple.ports[1], ==, 0x1234);
    frame.bytes->data[39] ^= 1;
    const struct journey_form other = read_bytes(ETHERNET, frame.bytes, 0);
    g_assert_false(journey_form_key_equal(&form.key, &other.key));
    g_byte_array_unref(frame.bytes);
}

static void test_without_addresses(void)
{
    static const char *const kinds[] = {
        "eth arp",   "eth vlan arp",    "eth rarp",       "eth lldp",
        "802.3 stp", "802.3 isis data", "802.3 snap arp", "eth ip vxlan eth-inner arp",
        "eth",       "eth decnet",
    };
    const struct journey_form_key other = {.kind = JOURNEY_FORM_OTHER};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const struct journey_form form = read_form(kinds[i]);
        struct journey_form_key conversation;

        g_test_message("%s", kinds[i]);
        g_assert_true(journey_form_key_equal(&form.key, &other));
        g_assert_false(journey_form_conversation(&form.key, &conversation));
    }
    g_assert_cmpuint(read_form("eth ip vxlan eth-inner arp").encapsulations, ==, 1);
}

/* --- ICMP errors --- */

static void test_errors(void)
{
    static const struct {
        const char *error, *own, *quoted;
    } kinds[] = {
        {"eth-back ip-back icmp-unreachable ip udp", "eth-back ip-back igmp", "eth ip udp"},
        {"eth ip-outside icmp-expired ip tcp-syn", "eth ip-outside igmp", "eth ip tcp-syn"},
        {"eth ip-outside icmp-expired ip icmp-echo", "eth ip-outside igmp", "eth ip icmp-echo"},
        {"eth ip vxlan eth-inner ip-outside icmp-expired ip udp", "eth ip-outside igmp",
         "eth ip udp"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const struct journey_form error = read_form(kinds[i].error);
        const struct journey_form own = read_form(kinds[i].own);
        const struct journey_form quoted = read_form(kinds[i].quoted);
        struct journey_form_key conversation;

        g_test_message("%s", kinds[i].error);
        g_assert_cmpuint(error.key.kind, ==, JOURNEY_FORM_ERROR);
        g_assert_cmpmem(error.key.tuple.addresses, 32, own.key.tuple.addresses, 32);
        g_assert_cmpint(error.backward, ==, own.backward);
        g_assert_true(journey_form_conversation(&error.key, &conversation));
        g_assert_true(journey_form_key_equal(&conversation, &quoted.key));
    }
    g_assert_false(is_same("eth ip icmp-expired ip udp", "eth ip icmp-unreachable ip udp"));
    g_assert_false(is_same("eth ip icmp-expired ip udp", "eth ip icmp-expired ip udp-query"));
}

/* The tuple of the quoted packet is that of its first header, and no header of it is the error's.
 */
static void test_quoted_tunnel(void)
{
    const struct journey_form error =
        read_form("eth ip-outside icmp-expired ip vxlan eth-inner ip-back udp-query");

    g_assert_cmpuint(error.encapsulations, ==, 0);
    g_assert_cmpuint(error.network, ==, 14);
    g_assert_cmpuint(error.key.quoted.ports[1], ==, 4789);
    g_assert_cmpuint(error.datagram_count, ==, 0);
    const struct journey_form nested =
        read_form("eth ip icmp-expired ip-back icmp-expired ip-outside udp");
    g_assert_cmpuint(nested.key.quoted.protocol, ==, 1);
    g_assert_cmpuint(nested.key.quoted.ports[0], ==, 0);
}

/* --- fragments --- */

static void test_fragments(void)
{
    const struct journey_form whole = read_form("eth ip udp data");
    const struct journey_form first = read_form("eth ip-first udp data");
    const struct journey_form later = read_form("eth vlan ip-later udp data");
    struct journey_form_key conversation;

    g_assert_true(journey_form_key_equal(&first.key, &whole.key));
    g_assert_cmpuint(whole.datagram_count, ==, 0);
    g_assert_cmpuint(first.datagram_count, ==, 1);
    g_assert_true(journey_form_key_equal(&first.datagrams[0], &later.key));
    g_assert_cmpuint(later.key.kind, ==, JOURNEY_FORM_DATAGRAM);
    g_assert_cmpuint(later.key.identification, ==, 0x1237);
    g_assert_cmpuint(later.fragment_offset, ==, 0xb9 * 8);
    g_assert_cmpuint(later.datagram_count, ==, 0);
    g_assert_false(journey_form_conversation(&later.key, &conversation));
    /* each host counts for itself: the same number the other way is another datagram */
    g_assert_false(is_same("eth ip-later udp", "eth ip-last udp"));
    g_assert_false(is_same("eth ip-later udp", "eth ip-later tcp-http"));
    g_assert_true(read_form("eth ip-last udp").backward);
}

static void test_fragments6(void)
{
    struct frame frame = frame_make("eth ip6 hop-by-hop fragment6 udp data");
    const struct journey_form whole = read_form("eth ip6 udp data");
    const struct journey_form first = read_bytes(ETHERNET, frame.bytes, 0);

    g_assert_true(journey_form_key_equal(&first.key, &whole.key));
    g_assert_cmpuint(first.datagram_count, ==, 1);
    frame.bytes->data[64] = 0x05; /* offset */
    const struct journey_form later = read_bytes(ETHERNET, frame.bytes, 0);
    g_assert_true(journey_form_key_equal(&first.datagrams[0], &later.key));
    g_assert_cmpuint(later.fragment_offset, ==, 0x500);
    g_assert_cmpuint(later.key.identification, ==, 7);
    frame.bytes->data[64] = frame.bytes->data[65] = 0; /* the only fragment */
    g_assert_cmpuint(read_bytes(ETHERNET, frame.bytes, 0).datagram_count, ==, 0);
    g_byte_array_unref(frame.bytes);
}

/* A tunnel that is sent in fragments, and fragments that are sent through a tunnel. */
static void test_fragments_of_tunnels(void)
{
    const struct journey_form inside = read_form("eth ip-back udp data");
    const struct journey_form first = read_form("eth ip-first gre ip-back udp data");
    const struct journey_form later = read_form("eth ip-later gre ip-back udp data");
    const struct journey_form both = read_form("eth ip-outside gre ip-later udp data");
    const struct journey_form two = read_form("eth ip6 fragment6 ip-first udp data");

    g_assert_true(journey_form_key_equal(&first.key, &inside.key));
    g_assert_true(journey_form_key_equal(&first.datagrams[0], &later.key));
    g_assert_cmpuint(later.encapsulations, ==, 0);
    g_assert_cmpuint(both.encapsulations, ==, 1);
    g_assert_true(is_same("eth ip-outside gre ip-later udp data", "eth ip-later udp data"));
    g_assert_cmpuint(two.datagram_count, ==, 2);
    g_assert_cmpuint(two.datagrams[0].tuple.version, ==, 6);
    g_assert_cmpuint(two.datagrams[1].tuple.version, ==, 4);
}

/* --- few bytes --- */

/* Where fewer bytes are enough for the key, it is that of all bytes; where not, the form says so.
 */
static void test_prefixes(void)
{
    GArray *frames = frames_make();

    for (guint i = 0; i < frames->len; i++) {
        struct frame frame = g_array_index(frames, struct frame, i);
        struct pktmon_packet packet = packet_of(&frame);
        struct journey_form whole, form;

        journey_form_read(&whole, &packet, 0);
        for (guint size = 0; size <= frame.bytes->len; size++) {
            g_autofree guint8 *bytes = g_memdup2(frame.bytes->data, MAX(size, 1));

            packet.data = bytes;
            packet.caplen = size;
            journey_form_read(&form, &packet, 0);
            g_assert_true(form.cut || journey_form_key_equal(&form.key, &whole.key));
            g_assert_true(!form.cut || size < frame.bytes->len);
            g_assert_cmpuint(MAX(MAX(form.network, form.link), MAX(form.transport, form.payload)),
                             <=, size);
        }
    }
    frames_free(frames);
}

static void test_enough_bytes(void)
{
    struct frame frame = frame_make("eth ip-outside vxlan eth-inner ip tcp-http data");
    struct pktmon_packet packet = packet_of(&frame);
    struct journey_form form;

    packet.caplen = 64 + 20 + 4; /* up to the ports */
    journey_form_read(&form, &packet, 0);
    g_assert_false(form.cut);
    packet.caplen--;
    journey_form_read(&form, &packet, 0);
    g_assert_true(form.cut);
    packet.caplen = 0;
    journey_form_read(&form, &packet, 0);
    g_assert_true(form.cut);
    g_byte_array_unref(frame.bytes);
}

/* --- translation --- */

static bool is_translation(const char *before, const char *after)
{
    const struct journey_form left = read_form(before), right = read_form(after);

    return journey_form_is_translation(&left, &right);
}

static void test_translation(void)
{
    g_assert_true(is_translation("eth ip udp data", "eth ip udp-query data"));
    g_assert_true(is_translation("eth ip tcp-http", "eth ip-outside tcp-http"));
    g_assert_true(is_translation("eth ip tcp-http", "eth ip6 tcp-http"));
    g_assert_false(is_translation("eth ip udp data", "eth ip esp"));
    g_assert_false(is_translation("eth ip udp data", "eth ip-outside udp data data data"));
    g_assert_false(is_translation("eth ip udp", "eth arp"));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(void);
    } tests[] = {
        {"/journey-form/carriers", test_carriers},
        {"/journey-form/carriers6", test_carriers6},
        {"/journey-form/vxlan-port", test_vxlan_port},
        {"/journey-form/no-packet-inside", test_no_packet_inside},
        {"/journey-form/depth", test_depth},
        {"/journey-form/raw", test_raw},
        {"/journey-form/wifi", test_wifi},
        {"/journey-form/padding", test_padding},
        {"/journey-form/directions", test_directions},
        {"/journey-form/differences", test_differences},
        {"/journey-form/echo-identifier", test_echo_identifier},
        {"/journey-form/without-addresses", test_without_addresses},
        {"/journey-form/errors", test_errors},
        {"/journey-form/quoted-tunnel", test_quoted_tunnel},
        {"/journey-form/fragments", test_fragments},
        {"/journey-form/fragments6", test_fragments6},
        {"/journey-form/fragments-of-tunnels", test_fragments_of_tunnels},
        {"/journey-form/prefixes", test_prefixes},
        {"/journey-form/enough-bytes", test_enough_bytes},
        {"/journey-form/translation", test_translation},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_func(tests[i].path, tests[i].test);
    return g_test_run();
}
