/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>

#include "model/journey-edits.h"

#define LARGE   65536
#define ROUNDS  20000
#define OUTER   50 /* Ethernet, IPv4, UDP, VXLAN */
#define FRAME   1514
#define HEADERS 54

/* What is not the same twice. */
static void fill(uint8_t *data, size_t size, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);

    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)g_rand_int(random);
}

/* Ethernet, IPv4 and UDP as hosts send them, and a payload. */
static void make_frame(uint8_t *frame, size_t size)
{
    static const uint8_t headers[] = {
        2, 0,  0,  0, 0, 2,  2, 0, 0, 0,  0, 1, 0x08, 0x00, 0x45, 0,    0,    128, 0x12, 0x34, 0x40,
        0, 64, 17, 1, 2, 10, 0, 0, 1, 10, 0, 0, 2,    0x80, 0x01, 0x13, 0x89, 0,   108,  3,    4};

    fill(frame, size, 1);
    memcpy(frame, headers, sizeof(headers));
}

/* Writes the edits, reads them again, in memory of exactly that size. Returns their size. */
static size_t check(const uint8_t *base, size_t base_size, const uint8_t *data, size_t size,
                    int64_t shift)
{
    g_autofree struct journey_base *known = g_new(struct journey_base, 1);
    g_autofree uint8_t *memory = g_malloc(JOURNEY_EDITS_ROOM(size));
    struct journey_writer writer = {.data = memory, .size = JOURNEY_EDITS_ROOM(size)};

    journey_base_set(known, base, base_size);
    journey_edits_put(&writer, known, data, size, shift);
    g_assert_false(writer.overflow);
    g_autofree uint8_t *edits = g_memdup2(memory, writer.length);
    g_autofree uint8_t *made = g_malloc(size + 1);
    g_assert_cmpuint(journey_edits_apply(edits, writer.length, base, base_size, made, size), ==,
                     size);
    g_assert_cmpmem(made, size, data, size);
    return writer.length;
}

static void test_equal(void)
{
    uint8_t frame[FRAME];

    make_frame(frame, sizeof(frame));
    g_assert_cmpuint(check(frame, sizeof(frame), frame, sizeof(frame), 0), ==, 0);
    g_assert_cmpuint(check(frame, sizeof(frame), frame, 256, 0), ==, 0);
    g_assert_cmpuint(check(frame, sizeof(frame), frame, 0, 0), ==, 0);
}

static void test_rewritten(void)
{
    uint8_t frame[FRAME], hop[FRAME];

    make_frame(frame, sizeof(frame));
    memcpy(hop, frame, sizeof(hop));
    fill(hop, 12, 2);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), 0), ==, 14);
    memset(hop, 0, 12);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), 0), ==, 3);
    fill(hop, 12, 2);
    hop[22]--;
    hop[24]++;
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), 0), <=, 20);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, 256, 0), <=, 20);
}

static void test_outer_headers(void)
{
    uint8_t frame[FRAME], hop[OUTER + FRAME];

    make_frame(frame, sizeof(frame));
    make_frame(hop, OUTER);
    hop[0] ^= 0xFF;
    memcpy(hop + OUTER, frame, sizeof(frame));
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), OUTER), <=, OUTER + 4);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, 256, OUTER), <=, OUTER + 4);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, 256, 0), <=, OUTER + 20);
    g_assert_cmpuint(check(hop, sizeof(hop), frame, sizeof(frame), -OUTER), <=, 4);
    hop[OUTER + 22]--; /* TTL and checksum of the inner packet, too */
    hop[OUTER + 24]++;
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), OUTER), <=, OUTER + 10);
}

/* After the link header: a tag, or an outer IP header. */
static void test_within(void)
{
    static const uint8_t tag[] = {0x81, 0, 0, 100};
    uint8_t frame[FRAME], tagged[FRAME + 4], tunneled[FRAME + 20];

    make_frame(frame, sizeof(frame));
    memcpy(tagged, frame, 12);
    memcpy(tagged + 12, tag, sizeof(tag));
    memcpy(tagged + 16, frame + 12, sizeof(frame) - 12);
    g_assert_cmpuint(check(frame, sizeof(frame), tagged, sizeof(tagged), 4), <=, 8);
    g_assert_cmpuint(check(tagged, sizeof(tagged), frame, sizeof(frame), -4), <=, 4);

    make_frame(tunneled, 34);
    fill(tunneled, 12, 3);
    memcpy(tunneled + 34, frame + 14, sizeof(frame) - 14);
    g_assert_cmpuint(check(frame, sizeof(frame), tunneled, sizeof(tunneled), 20), <=, 40);
    g_assert_cmpuint(check(tunneled, sizeof(tunneled), frame, sizeof(frame), -20), <=, 20);
}

/* A segment is a header of its own and payload from anywhere in the whole. */
static void test_segment(void)
{
    g_autofree uint8_t *whole = g_malloc(LARGE);
    uint8_t segment[FRAME];

    make_frame(whole, LARGE);
    for (guint i = 0; i < 40; i++) {
        memcpy(segment, whole, HEADERS);
        segment[16] ^= 1;
        segment[38] ^= 1;
        memcpy(segment + HEADERS, whole + HEADERS + (size_t)i * 1460, FRAME - HEADERS);
        g_assert_cmpuint(check(whole, LARGE, segment, FRAME, (int64_t)FRAME - LARGE), <=, 32);
        g_assert_cmpuint(check(whole, LARGE, segment, 256, (int64_t)FRAME - LARGE), <=, 32);
    }
}

static void test_other_payload(void)
{
    uint8_t frame[FRAME], hop[FRAME];

    make_frame(frame, sizeof(frame));
    memcpy(hop, frame, sizeof(hop));
    fill(hop + HEADERS, sizeof(hop) - HEADERS, 4);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), 0), <=, FRAME - HEADERS + 8);
    fill(hop, sizeof(hop), 5);
    g_assert_cmpuint(check(frame, sizeof(frame), hop, sizeof(hop), 0), <=, FRAME + 4);
    g_assert_cmpuint(check(NULL, 0, hop, sizeof(hop), 0), <=, FRAME + 4);
}

/* Pieces of the base, of few different bytes so that they are alike, and others. */
static size_t mix(GRand *random, const uint8_t *base, size_t base_size, uint8_t *data, size_t size)
{
    size_t length = 0;

    while (length < size) {
        size_t most = g_rand_int_range(random, 1, 100);
        size_t count = MIN(size - length, most);
        size_t from = base_size > 0 ? g_rand_int(random) % base_size : 0;

        if (base_size > 0 && g_rand_boolean(random)) {
            count = MIN(count, base_size - from);
            memcpy(data + length, base + from, count);
        } else {
            for (size_t i = 0; i < count; i++)
                data[length + i] = g_rand_int_range(random, 0, 3);
        }
        length += count;
    }
    return length;
}

static void test_random(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    uint8_t base[400], data[400];

    for (guint i = 0; i < ROUNDS; i++) {
        size_t base_size = g_rand_int_range(random, 0, sizeof(base));
        size_t size = mix(random, base, mix(random, NULL, 0, base, base_size), data,
                          g_rand_int_range(random, 0, sizeof(data)));

        check(base, base_size, data, size, g_rand_int_range(random, -300, 300));
    }
}

/* Of a frame that another tool cut, what is made is right as far as it goes; and a hop that was
 * kept to fewer bytes than the one before has the same edits. */
static void test_cut(void)
{
    uint8_t frame[FRAME], hop[OUTER + FRAME], made[OUTER + FRAME], memory[2 * FRAME];
    struct journey_writer writer = {.data = memory, .size = sizeof(memory)};
    g_autofree struct journey_base *base = g_new(struct journey_base, 1);

    make_frame(frame, sizeof(frame));
    make_frame(hop, OUTER);
    memcpy(hop + OUTER, frame, sizeof(frame));
    hop[OUTER + 700] ^= 1;
    journey_base_set(base, frame, sizeof(frame));
    journey_edits_put(&writer, base, hop, sizeof(hop), OUTER);
    for (size_t kept = 0; kept <= sizeof(frame); kept += 7) {
        g_autofree uint8_t *rest = g_memdup2(frame, kept);
        size_t size = journey_edits_apply(memory, writer.length, rest, kept, made, sizeof(made));
        g_assert_cmpmem(made, size, hop, size);
        g_assert_cmpuint(size, <=, kept + OUTER + 1);
        g_assert_cmpuint(size, >=, OUTER);
    }
    for (size_t size = 0; size <= sizeof(hop); size += 5) {
        g_assert_cmpuint(
            journey_edits_apply(memory, writer.length, frame, sizeof(frame), made, size), ==, size);
        g_assert_cmpmem(made, size, hop, size);
    }
}

/* Where there is no room for the edits, nothing is put, and it is told. */
static void test_no_room(void)
{
    uint8_t frame[FRAME], hop[FRAME], memory[FRAME];
    g_autofree struct journey_base *base = g_new(struct journey_base, 1);

    make_frame(frame, sizeof(frame));
    fill(hop, sizeof(hop), 7);
    for (size_t room = 0; room <= sizeof(memory); room += 13) {
        struct journey_writer writer = {.data = memory, .size = room};

        journey_base_set(base, frame, sizeof(frame));
        journey_edits_put(&writer, base, hop, sizeof(hop), 0);
        g_assert_true(writer.overflow);
        g_assert_cmpuint(writer.length, ==, 0);
    }
}

static void test_malformed(void)
{
    static const uint8_t beyond[] = {0, 5, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 'x'};
    static const uint8_t endless[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t short_literal[] = {0, 40, 'x'};
    uint8_t base[16] = "0123456789abcde", made[16];

    g_assert_cmpuint(journey_edits_apply(beyond, sizeof(beyond), base, 16, made, 16), ==, 1);
    g_assert_cmpuint(journey_edits_apply(endless, sizeof(endless), base, 16, made, 16), ==, 0);
    g_assert_cmpuint(journey_edits_apply(short_literal, sizeof(short_literal), base, 16, made, 16),
                     ==, 0);
}

/* What looks alike everywhere takes no more time than other bytes. */
static void test_time(void)
{
    static const guint periods[] = {1, 2, 7, 8, 9, 15, 16, 24, 31, 33, 256};
    size_t size = 16 * LARGE;
    g_autofree uint8_t *base = g_malloc(size), *data = g_malloc(size);

    for (guint i = 0; i < G_N_ELEMENTS(periods); i++) {
        for (size_t j = 0; j < size; j++) {
            base[j] = j % periods[i] == 0;
            data[j] = (j + 1) % periods[i] == 0 || j % 37 == 0;
        }
        gint64 start = g_get_monotonic_time();
        check(base, size, data, size, 1);
        g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-edits/equal", test_equal);
    g_test_add_func("/journey-edits/rewritten", test_rewritten);
    g_test_add_func("/journey-edits/outer-headers", test_outer_headers);
    g_test_add_func("/journey-edits/within", test_within);
    g_test_add_func("/journey-edits/segment", test_segment);
    g_test_add_func("/journey-edits/other-payload", test_other_payload);
    g_test_add_func("/journey-edits/random", test_random);
    g_test_add_func("/journey-edits/cut", test_cut);
    g_test_add_func("/journey-edits/no-room", test_no_room);
    g_test_add_func("/journey-edits/malformed", test_malformed);
    g_test_add_func("/journey-edits/time", test_time);
    return g_test_run();
}
