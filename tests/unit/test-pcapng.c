/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes below are those of a little-endian machine. */
#include <glib.h>
#include <string.h>

#include "pktmon/metadata.h"
#include "pcapng/pcapng-blocks.h"

/* The buffer's content before a block stays. */
#define BEFORE "before.."

static GByteArray *buffer_new(void)
{
    GByteArray *out = g_byte_array_new();

    g_byte_array_append(out, (const uint8_t *)BEFORE, strlen(BEFORE));
    return out;
}

static void check(GByteArray *out, const uint8_t *expected, size_t size)
{
    g_assert_cmpmem(out->data, MIN(out->len, strlen(BEFORE)), BEFORE, strlen(BEFORE));
    g_assert_cmpmem(out->data + strlen(BEFORE), out->len - strlen(BEFORE), expected, size);
    g_byte_array_unref(out);
}

static void test_section(void)
{
    static const uint8_t expected[] = {
        0x0a, 0x0d, 0x0d, 0x0a, 60,   0,    0,    0,                  /* type, length */
        0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    0,    0,                  /* byte order, 1.0 */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,               /* length -1 */
        2,    0,    4,    0,    'x',  '8',  '6',  '!',                /* hardware */
        3,    0,    5,    0,    'L',  'i',  'n',  'u',  'x', 0, 0, 0, /* os */
        4,    0,    3,    0,    'a',  'p',  'p',  0,                  /* application */
        0,    0,    0,    0,    60,   0,    0,    0,                  /* end, length */
    };
    GByteArray *out = buffer_new();

    pcapng_put_section(out, &(struct pcapng_section_block){"x86!", "Linux", "app"});
    check(out, expected, sizeof(expected));
}

static void test_section_without_options(void)
{
    static const uint8_t expected[] = {
        0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
        0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0, 0,
    };
    GByteArray *out = buffer_new();

    pcapng_put_section(out, &(struct pcapng_section_block){.os = ""});
    check(out, expected, sizeof(expected));
}

static void test_interface(void)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 9};
    static const uint8_t expected[] = {
        1, 0, 0, 0, 72,   0,    0,    0,                /* type, length */
        1, 0, 0, 0, 0,    0,    4,    0,                /* Ethernet, snaplen 262144 */
        2, 0, 4, 0, 'e',  't',  'h',  '0',              /* if_name */
        3, 0, 2, 0, 'h',  'i',  0,    0,                /* if_description */
        6, 0, 6, 0, 2,    0,    0,    0,    0, 9, 0, 0, /* if_MACaddr */
        8, 0, 8, 0, 0x00, 0xe4, 0x0b, 0x54, 2, 0, 0, 0, /* if_speed 10^10 */
        9, 0, 1, 0, 9,    0,    0,    0,                /* if_tsresol */
        0, 0, 0, 0, 72,   0,    0,    0,                /* end, length */
    };
    GByteArray *out = buffer_new();

    pcapng_put_interface(out, &(struct pcapng_interface_block){
                                  .link_type = PKTMON_LINKTYPE_ETHERNET,
                                  .snaplen = 262144,
                                  .name = "eth0",
                                  .description = "hi",
                                  .mac = mac,
                                  .speed = 10000000000,
                              });
    check(out, expected, sizeof(expected));
}

static void test_interface_least(void)
{
    static const uint8_t expected[] = {
        1, 0, 0, 0, 32, 0, 0, 0, 101, 0, 0, 0, 0,  0, 0, 0,
        9, 0, 1, 0, 9,  0, 0, 0, 0,   0, 0, 0, 32, 0, 0, 0,
    };
    GByteArray *out = buffer_new();

    pcapng_put_interface(out, &(struct pcapng_interface_block){.link_type = 101});
    check(out, expected, sizeof(expected));
}

static void test_packet(void)
{
    static const uint8_t expected[] = {
        6,    0,    0,    0,    112,  0,    0,    0,    /* type, length */
        3,    0,    0,    0,                            /* interface */
        0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05, /* time: high word, low word */
        5,    0,    0,    0,    9,    0,    0,    0,    /* caplen, origlen */
        'h',  'e',  'l',  'l',  'o',  0,    0,    0,    /* data */
        1,    0,    4,    0,    'd',  'r',  'o',  'p',  /* comment */
        2,    0,    4,    0,    2,    0,    0,    0,    /* epb_flags: outbound */
        4,    0,    8,    0,    0x0e, 0,    0,    0,
        0,    0,    0,    0, /* epb_dropcount */
        5,    0,    8,    0,    0x88, 0x77, 0x66, 0x55,
        0x44, 0x33, 0x22, 0x11,                      /* epb_packetid */
        6,    0,    4,    0,    7,    0,    0,    0, /* epb_queue */
        0xad, 0x0b, 15,   0,    0xd9, 0x7e, 0,    0, /* 2989, enterprise 32473 */
        'P',  'K',  'M',  'N',  1,    1,    0,    0,
        1,    2,    3,    0,                         /* metadata, 11 bytes */
        0,    0,    0,    0,    112,  0,    0,    0, /* end, length */
    };
    const struct pcapng_packet_block packet = {
        .interface = 3,
        .time = 0x0102030405060708,
        .data = (const uint8_t *)"hello",
        .caplen = 5,
        .origlen = 9,
        .comment = "drop",
        .flags = PKTMON_PCAPNG_OUTBOUND,
        .dropcount = 14,
        .has_packet_id = true,
        .packet_id = 0x1122334455667788,
        .has_queue = true,
        .queue = 7,
        .metadata = (const uint8_t *)"PKMN\1\1\0\0\1\2\3",
        .metadata_size = 11,
    };
    GByteArray *out = buffer_new();

    pcapng_put_packet(out, &packet);
    check(out, expected, sizeof(expected));
    g_assert_cmpuint(pcapng_packet_overhead(&packet), ==, 112 - 8);
}

static void test_packet_least(void)
{
    static const uint8_t expected[] = {
        6, 0, 0, 0, 32, 0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0,
        1, 0, 0, 0, 0,  0, 0, 0, 60, 0, 0, 0, 32, 0, 0, 0,
    };
    const struct pcapng_packet_block packet = {.time = 1, .origlen = 60};
    GByteArray *out = buffer_new();

    pcapng_put_packet(out, &packet);
    check(out, expected, sizeof(expected));
    g_assert_cmpuint(pcapng_packet_overhead(&packet), ==, 32);
}

/* The length is as predicted, whatever the packet contains. */
static void test_packet_overhead(void)
{
    static const uint8_t bytes[64] = {0};
    static const char *const comments[] = {NULL, "", "a", "ab", "abc", "abcd", "abcde"};

    for (guint i = 0; i < 7 * 2 * 2 * 2 * 2 * 8; i++) {
        const struct pcapng_packet_block packet = {
            .data = bytes,
            .caplen = i % 8,
            .comment = comments[i / 8 % 7],
            .flags = i / 56 % 2,
            .dropcount = i / 112 % 2,
            .has_packet_id = i / 224 % 2,
            .has_queue = i / 448 % 2,
            .metadata = i % 3 ? bytes : NULL,
            .metadata_size = i % 3 ? 8 + i % 5 : 0,
        };
        g_autoptr(GByteArray) out = g_byte_array_new();

        pcapng_put_packet(out, &packet);
        g_assert_cmpuint(out->len, ==,
                         pcapng_packet_overhead(&packet) + (packet.caplen + 3) / 4 * 4);
    }
}

static void test_statistics(void)
{
    static const uint8_t expected[] = {
        5, 0, 0, 0, 76, 0, 0, 0,             /* type, length */
        2, 0, 0, 0, 3,  0, 0, 0, 4, 0, 0, 0, /* interface, time */
        2, 0, 8, 0, 1,  0, 0, 0, 2, 0, 0, 0, /* isb_starttime */
        3, 0, 8, 0, 3,  0, 0, 0, 4, 0, 0, 0, /* isb_endtime */
        4, 0, 8, 0, 5,  0, 0, 0, 0, 0, 0, 0, /* isb_ifrecv */
        5, 0, 8, 0, 6,  0, 0, 0, 1, 0, 0, 0, /* isb_ifdrop */
        0, 0, 0, 0, 76, 0, 0, 0,             /* end, length */
    };
    GByteArray *out = buffer_new();

    pcapng_put_statistics(out, &(struct pcapng_statistics_block){
                                   .interface = 2,
                                   .time = 3ULL << 32 | 4,
                                   .start_time = 1ULL << 32 | 2,
                                   .end_time = 3ULL << 32 | 4,
                                   .received = 5,
                                   .dropped = 1ULL << 32 | 6,
                               });
    check(out, expected, sizeof(expected));
}

static void test_custom(void)
{
    static const uint8_t expected[] = {
        0xad, 0x0b, 0,   0,   28, 0, 0, 0, 0xd9, 0x7e, 0, 0, /* type, length, enterprise */
        'P',  'K',  'M', 'N', 1,  2, 0, 0, 1,    0,    0, 0, 28, 0, 0, 0,
    };
    GByteArray *out = buffer_new();

    pcapng_put_custom(out, (const uint8_t *)"PKMN\1\2\0\0\1", 9);
    check(out, expected, sizeof(expected));
}

/* A text longer than an option is cut, and its length is correct. */
static void test_long_text(void)
{
    g_autofree char *text = g_strnfill(70000, 'x');
    g_autoptr(GByteArray) out = g_byte_array_new();
    uint16_t length;

    pcapng_put_interface(out, &(struct pcapng_interface_block){.name = text});
    g_assert_cmpuint(out->len, ==, 12 + 8 + 4 + 65536 + 8 + 4);
    memcpy(&length, out->data + 18, sizeof(length));
    g_assert_cmpuint(length, ==, 65535);
    g_assert_cmpuint(out->data[20 + 65534], ==, 'x');
    g_assert_cmpuint(out->data[20 + 65535], ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng/section", test_section);
    g_test_add_func("/pcapng/section-without-options", test_section_without_options);
    g_test_add_func("/pcapng/interface", test_interface);
    g_test_add_func("/pcapng/interface-least", test_interface_least);
    g_test_add_func("/pcapng/packet", test_packet);
    g_test_add_func("/pcapng/packet-least", test_packet_least);
    g_test_add_func("/pcapng/packet-overhead", test_packet_overhead);
    g_test_add_func("/pcapng/statistics", test_statistics);
    g_test_add_func("/pcapng/custom", test_custom);
    g_test_add_func("/pcapng/long-text", test_long_text);
    return g_test_run();
}
