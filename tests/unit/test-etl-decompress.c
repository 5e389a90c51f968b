/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decompressors: the examples of [MS-XCA] 3, and round trips with our own compressors. */
#include <glib.h>
#include <string.h>

#include "compress.h"
#include "etl-reader/compression/decompress.h"
#include "writer.h"

typedef size_t decompressor(const uint8_t *, size_t, uint8_t *, size_t);
typedef void compressor(const uint8_t *, size_t, GByteArray *);

static const struct {
    compressor *compress;
    decompressor *decompress;
} formats[] = {
    {compress_lznt1, etl_decompress_lznt1},
    {compress_xpress, etl_decompress_xpress},
    {compress_xpress_huffman, etl_decompress_xpress_huffman},
};

static void expect(decompressor *decompress, const uint8_t *input, size_t size,
                   const char *expected)
{
    size_t length = strlen(expected);
    g_autofree uint8_t *output = g_malloc(length);
    g_assert_cmpuint(decompress(input, size, output, length), ==, length);
    g_assert_cmpmem(output, length, expected, length);
}

static char *abc_times_100(void)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 100; i++)
        g_string_append(text, "abc");
    return g_string_free(text, FALSE);
}

static void test_examples_xpress(void)
{
    static const uint8_t alphabet[] = {0x3f, 0,   0,   0,   'a', 'b', 'c', 'd', 'e', 'f',
                                       'g',  'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p',
                                       'q',  'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'};
    static const uint8_t repeated[] = {0xff, 0xff, 0xff, 0x1f, 'a',  'b', 'c',
                                       0x17, 0x00, 0x0f, 0xff, 0x26, 0x01};
    g_autofree char *abc = abc_times_100();
    expect(etl_decompress_xpress, alphabet, sizeof(alphabet), "abcdefghijklmnopqrstuvwxyz");
    expect(etl_decompress_xpress, repeated, sizeof(repeated), abc);
}

static void test_examples_huffman(void)
{
    static const uint8_t lengths[] = {0x50, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                                      0x55, 0x55, 0x55, 0x55, 0x45, 0x44, 0x04};
    static const uint8_t bits[] = {0xd8, 0x52, 0x3e, 0xd7, 0x94, 0x11, 0x5b, 0xe9, 0x19, 0x5f,
                                   0xf9, 0xd6, 0x7c, 0xdf, 0x8d, 0x04, 0x00, 0x00, 0x00, 0x00};
    static const uint8_t abc_bits[] = {0xa8, 0xdc, 0x00, 0x00, 0xff, 0x26, 0x01};
    uint8_t alphabet[256 + sizeof(bits)] = {0}, repeated[256 + sizeof(abc_bits)] = {0};
    g_autofree char *abc = abc_times_100();
    memcpy(alphabet + 0x30, lengths, sizeof(lengths));
    alphabet[0x80] = 0x04;
    memcpy(alphabet + 256, bits, sizeof(bits));
    expect(etl_decompress_xpress_huffman, alphabet, sizeof(alphabet), "abcdefghijklmnopqrstuvwxyz");
    repeated[0x30] = 0x30;
    repeated[0x31] = 0x23;
    repeated[0x80] = 0x02;
    repeated[0x8f] = 0x20;
    memcpy(repeated + 256, abc_bits, sizeof(abc_bits));
    expect(etl_decompress_xpress_huffman, repeated, sizeof(repeated), abc);
}

/* [MS-XCA] 3.3 */
static void test_example_lznt1(void)
{
    static const uint8_t input[] = {
        0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00, 0x10, 0xa2, 0x47,
        0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01, 0x50, 0x79, 0x00, 0xc0, 0x45, 0x20,
        0x05, 0x24, 0x13, 0x88, 0x05, 0xb4, 0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09,
        0x16, 0x01, 0x48, 0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00};
    expect(etl_decompress_lznt1, input, sizeof(input),
           "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G "
           "F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D");
}

/* Sizes on both sides of every limit of the formats, with text that is easy or hard to compress. */
static GByteArray *sample(size_t size, unsigned variety)
{
    GByteArray *data = g_byte_array_sized_new((guint)size + 1);
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)(size + variety));
    for (size_t i = 0; i < size; i++)
        put_u8(data, variety ? (unsigned)g_rand_int_range(random, 0, (gint32)variety) : 'x');
    return data;
}

static void test_round_trips(void)
{
    static const size_t sizes[] = {1,    2,    3,    17,    24,    25,    287,   288,    4095,
                                   4096, 4097, 8191, 65535, 65536, 65537, 65560, 131072, 200000};
    static const unsigned varieties[] = {0, 2, 7, 256};
    for (size_t format = 0; format < G_N_ELEMENTS(formats); format++) {
        for (size_t i = 0; i < G_N_ELEMENTS(sizes) * G_N_ELEMENTS(varieties); i++) {
            size_t size = sizes[i / G_N_ELEMENTS(varieties)];
            g_autoptr(GByteArray) data = sample(size, varieties[i % G_N_ELEMENTS(varieties)]);
            g_autoptr(GByteArray) packed = g_byte_array_new();
            g_autofree uint8_t *output = g_malloc(size);
            formats[format].compress(data->data, data->len, packed);
            g_assert_cmpuint(formats[format].decompress(packed->data, packed->len, output, size),
                             ==, size);
            g_assert_cmpmem(output, size, data->data, data->len);
        }
    }
}

/* A stream truncated anywhere gives a prefix of the whole output. */
static void test_cut(void)
{
    g_autoptr(GByteArray) data = sample(6000, 5);
    for (size_t format = 0; format < G_N_ELEMENTS(formats); format++) {
        g_autoptr(GByteArray) packed = g_byte_array_new();
        formats[format].compress(data->data, data->len, packed);
        for (guint cut = 0; cut < packed->len; cut++) {
            g_autofree uint8_t *input = g_memdup2(packed->data, cut);
            uint8_t output[6000];
            size_t size = formats[format].decompress(input, cut, output, sizeof(output));
            g_assert_cmpuint(size, <=, sizeof(output));
            g_assert_cmpint(memcmp(output, data->data, size), ==, 0);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/decompress/examples/xpress", test_examples_xpress);
    g_test_add_func("/etl/decompress/examples/huffman", test_examples_huffman);
    g_test_add_func("/etl/decompress/examples/lznt1", test_example_lznt1);
    g_test_add_func("/etl/decompress/round-trips", test_round_trips);
    g_test_add_func("/etl/decompress/cut", test_cut);
    return g_test_run();
}
