/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of a record: its bytes, the tag that the kernel holds apart, and a header if there is
 * none. */
#include <glib.h>
#include <string.h>

#include "providers/ebpf/reader/frames.h"

struct full_record {
    struct packet_record record;
    uint8_t bytes[64];
};

static struct full_record make_record(uint8_t flags, uint32_t size)
{
    struct full_record full = {.record = {.flags = flags,
                                          .caplen = size,
                                          .origlen = size,
                                          .protocol = 0x0800,
                                          .vlan_proto = 0x8100,
                                          .vlan_tci = 100}};
    for (uint32_t i = 0; i < size; i++)
        full.bytes[i] = (uint8_t)(i + 1);
    return full;
}

static void test_tag(void)
{
    const struct full_record full = make_record(RECORD_VLAN, 20);
    g_autofree uint8_t *frame = g_malloc(EBPF_FRAME_SIZE);
    struct pktmon_packet packet = {0};
    ebpf_fill_frame(&packet, &full.record, frame, 0);
    g_assert_cmpuint(packet.caplen, ==, 24);
    g_assert_cmpmem(packet.data, 12, full.bytes, 12);
    g_assert_cmpmem(packet.data + 12, 4, "\x81\0\0\x64", 4);
    g_assert_cmpmem(packet.data + 16, 8, full.bytes + 12, 8);
}

/* A synthesised header keeps its Ethertype, behind the tag. */
static void test_tag_and_header(void)
{
    const struct full_record full = make_record(RECORD_VLAN | RECORD_L3, 20);
    g_autofree uint8_t *frame = g_malloc(EBPF_FRAME_SIZE);
    struct pktmon_packet packet = {0};
    ebpf_fill_frame(&packet, &full.record, frame, 0);
    g_assert_cmpuint(packet.caplen, ==, 38);
    g_assert_cmpuint(packet.origlen, ==, 38);
    g_assert_cmpmem(packet.data + 12, 6, "\x81\0\0\x64\x08\0", 6);
    g_assert_cmpmem(packet.data + 18, 20, full.bytes, 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frames/tag", test_tag);
    g_test_add_func("/frames/tag-and-header", test_tag_and_header);
    return g_test_run();
}
