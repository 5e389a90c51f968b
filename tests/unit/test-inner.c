/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>

#include "frames.h"
#include "filter/inner.h"

#define LINK_HEADER 14

static const struct {
    const char *kind;
    __u32 place;
} tunnels[] = {
    {"eth ip vxlan eth-inner ip icmp-echo", 50},
    {"eth ip6 vxlan eth-inner ip icmp-echo", 70},
    {"eth ip-options vxlan eth-inner ip udp", 58},
    {"eth qinq vlan ip vxlan eth-inner arp", 58},
    {"eth ip6 hop-by-hop options6 vxlan eth-inner ip", 86},
    {"eth ip geneve eth-inner ip udp", 50},
    {"eth ip geneve-options eth-inner ip udp", 58},
    {"eth ip geneve-options ip6 udp", 58 | INNER_WITHOUT_LINK},
    {"eth ip gre ip-back udp", 38 | INNER_WITHOUT_LINK},
    {"eth ip gre ip6 udp", 38 | INNER_WITHOUT_LINK},
    {"eth vlan ip gre-key eth-inner ip udp", 46},
    {"eth ip6 fragment6 gre ip udp", 66 | INNER_WITHOUT_LINK},
    {"eth ip ip-back udp", 34 | INNER_WITHOUT_LINK},
    {"eth ip ip6 udp", 34 | INNER_WITHOUT_LINK},
    {"eth ip6 ip udp", 54 | INNER_WITHOUT_LINK},
    {"eth ip-first ip6-back udp", 34 | INNER_WITHOUT_LINK},
};

static const char *const without_tunnel[] = {
    "eth",
    "eth arp",
    "eth ip",
    "eth ip tcp-http data",
    "eth ip udp data data",
    "eth ip6 icmp6-echo data",
    "eth ip-later vxlan eth-inner ip udp",
    "eth ip vxlan-8472 eth-inner ip udp",
    "eth ip icmp-unreachable ip udp",
    "eth ip gre arp",
    "eth qinq vlan vlan-200 ip gre ip udp", /* more tags than occur in practice */
    "eth mpls-end ip gre ip udp",
};

/* Searches the frame's first bytes, with memory behind them; skip: bytes at its beginning to leave
 * out. */
static __u32 find(const struct frame *frame, guint present, guint skip, __u16 vxlan_port)
{
    __u8 bytes[INNER_REACH] = {0};

    memcpy(bytes, frame->bytes->data + skip, MIN(frame->bytes->len - skip, INNER_REACH));
    return inner_find(bytes, present - skip, skip > 0, vxlan_port);
}

static void test_tunnels(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tunnels); i++) {
        struct frame frame = frame_make(tunnels[i].kind);
        guint offset = INNER_OFFSET(tunnels[i].place);

        g_test_message("%s", tunnels[i].kind);
        g_assert_cmphex(find(&frame, frame.bytes->len, 0, INNER_VXLAN_PORT), ==, tunnels[i].place);
        for (guint present = 0; present <= offset; present++)
            g_assert_cmphex(find(&frame, present, 0, INNER_VXLAN_PORT), ==, INNER_NONE);
        g_assert_cmphex(find(&frame, offset + 1, 0, INNER_VXLAN_PORT), ==, tunnels[i].place);
        if (frame.network == LINK_HEADER) {
            g_assert_cmphex(find(&frame, frame.bytes->len, LINK_HEADER, INNER_VXLAN_PORT), ==,
                            tunnels[i].place - LINK_HEADER);
        }
        g_byte_array_unref(frame.bytes);
    }
}

static void test_no_tunnel(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(without_tunnel); i++) {
        struct frame frame = frame_make(without_tunnel[i]);

        g_test_message("%s", without_tunnel[i]);
        g_assert_cmphex(find(&frame, frame.bytes->len, 0, INNER_VXLAN_PORT), ==, INNER_NONE);
        g_byte_array_unref(frame.bytes);
    }
}

static void test_vxlan_port(void)
{
    struct frame frame = frame_make("eth ip vxlan-8472 eth-inner ip udp");

    g_assert_cmphex(find(&frame, frame.bytes->len, 0, 8472), ==, 50);
    g_assert_cmphex(find(&frame, frame.bytes->len, 0, INNER_VXLAN_PORT), ==, INNER_NONE);
    frame.bytes->data[42] = 0; /* no network identifier: not VXLAN */
    g_assert_cmphex(find(&frame, frame.bytes->len, 0, 8472), ==, INNER_NONE);
    g_byte_array_unref(frame.bytes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inner/tunnels", test_tunnels);
    g_test_add_func("/inner/no-tunnel", test_no_tunnel);
    g_test_add_func("/inner/vxlan-port", test_vxlan_port);
    return g_test_run();
}
