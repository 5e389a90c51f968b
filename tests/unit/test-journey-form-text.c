/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line about a packet, from its bytes and from its key alone. */
#include <glib.h>

#include "frames.h"
#include "journey/form-text.h"

static struct pktmon_packet packet_of(const struct frame *frame)
{
    return (struct pktmon_packet){.link_type = 1,
                                  .data = frame->bytes->data,
                                  .caplen = frame->bytes->len,
                                  .origlen = frame->bytes->len};
}

static const struct {
    const char *kind, *summary, *of_key;
} texts[] = {
    {"eth ip tcp-syn", "10.1.2.3:49152 > 10.1.2.4:80 TCP [SYN] len 0",
     "10.1.2.3:49152 > 10.1.2.4:80 TCP"},
    {"eth-back ip-back tcp-syn-ack", "10.1.2.4:80 > 10.1.2.3:49152 TCP [SYN, ACK] len 0",
     "10.1.2.4:80 > 10.1.2.3:49152 TCP"},
    {"eth ip6 vxlan eth-inner ip6 tcp-https data",
     "[2001:db8::1]:49153 > [2001:db8::2]:443 TCP [PSH, ACK] len 60",
     "[2001:db8::1]:49153 > [2001:db8::2]:443 TCP"},
    {"eth vlan ip udp data", "10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55",
     "10.1.2.3:49154 > 10.1.2.4:9000 UDP"},
    {"eth ip icmp-echo data", "10.1.2.3 > 10.1.2.4 ICMP echo request id 4660 seq 1 len 55",
     "10.1.2.3 > 10.1.2.4 ICMP id 4660"},
    {"eth ip6 icmp6-echo", "2001:db8::1 > 2001:db8::2 ICMPv6 echo request id 4660 seq 1 len 0",
     "2001:db8::1 > 2001:db8::2 ICMPv6 id 4660"},
    {"eth ip6-back icmp6-solicitation", "2001:db8::2 > 2001:db8::1 ICMPv6 neighbor solicitation",
     "2001:db8::2 > 2001:db8::1 ICMPv6 neighbor solicitation"},
    {"eth-back ip-back icmp-unreachable ip udp",
     "10.1.2.4 > 10.1.2.3 ICMP port unreachable (10.1.2.3:49154 > 10.1.2.4:9000 UDP)",
     "10.1.2.4 > 10.1.2.3 ICMP destination unreachable (10.1.2.3:49154 > 10.1.2.4:9000 UDP)"},
    {"eth-back ip-back icmp-expired ip-back tcp-syn-ack",
     "10.1.2.4 > 10.1.2.3 ICMP time exceeded (10.1.2.4:80 > 10.1.2.3:49152 TCP)",
     "10.1.2.4 > 10.1.2.3 ICMP time exceeded (10.1.2.4:80 > 10.1.2.3:49152 TCP)"},
    {"eth ip esp data", "10.1.2.3 > 10.1.2.4 ESP len 67", "10.1.2.3 > 10.1.2.4 ESP"},
    {"eth ip igrp", "10.1.2.3 > 10.1.2.4 protocol 9 len 4", "10.1.2.3 > 10.1.2.4 protocol 9"},
    {"eth ip-first udp data", "10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55, first fragment",
     "10.1.2.3:49154 > 10.1.2.4:9000 UDP"},
    {"eth ip-last udp data", "10.1.2.4 > 10.1.2.3 UDP fragment id 0x1237 offset 1480 len 63",
     "10.1.2.4 > 10.1.2.3 UDP fragment id 0x1237"},
    {"eth vlan arp", "ARP who has 10.1.2.4? tell 10.1.2.3", "not IP"},
    {"eth lldp", "02:00:00:00:00:0a > 02:00:00:00:00:0b LLDP len 9", "not IP"},
    {"eth decnet", "02:00:00:00:00:0a > 02:00:00:00:00:0b Ethertype 0x6003 len 8", "not IP"},
    {"802.3 stp", "02:00:00:00:00:0a > 01:80:c2:00:00:00 not IP len 16", "not IP"},
};

static void test_texts(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct frame frame = frame_make(texts[i].kind);
        const struct pktmon_packet packet = packet_of(&frame);
        g_autoptr(GString) summary = g_string_new(NULL);
        g_autoptr(GString) of_key = g_string_new(NULL);
        struct journey_form form;

        journey_form_read(&form, &packet, 0);
        journey_append_summary(summary, &packet, &form);
        journey_append_key(of_key, &form.key, form.backward, form.quoted_backward);
        g_assert_cmpstr(summary->str, ==, texts[i].summary);
        g_assert_cmpstr(of_key->str, ==, texts[i].of_key);
        g_byte_array_unref(frame.bytes);
    }
}

static void test_arp_answer(void)
{
    struct frame frame = frame_make("eth arp");
    const struct pktmon_packet packet = packet_of(&frame);
    g_autoptr(GString) text = g_string_new(NULL);
    struct journey_form form;

    frame.bytes->data[21] = 2;
    journey_form_read(&form, &packet, 0);
    journey_append_summary(text, &packet, &form);
    g_assert_cmpstr(text->str, ==, "ARP 10.1.2.3 is at 02:00:00:00:00:0a");
    g_byte_array_unref(frame.bytes);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-form-text/texts", test_texts);
    g_test_add_func("/journey-form-text/arp-answer", test_arp_answer);
    return g_test_run();
}
