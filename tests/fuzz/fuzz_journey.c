/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame (its size as u16, then its bytes) and any bytes as the record of its journey. All that is
 * read of it is in memory; and what was read whole, written again, reads the same.
 */
#include <glib.h>
#include <string.h>

#include "journey-written.h"
#include "pcapng/journey-rest.h"

#define HEADER     2
#define MAX_KEPT   4096 /* bytes of a hop */
#define MAX_PIECES 64   /* of a run that are kept */

struct kept_hop {
    struct journey_decoded_hop decoded;
    uint8_t bytes[MAX_KEPT];
    struct pktmon_piece *pieces; /* NULL: not all are known, or they are too many */
};

static void free_kept(void *data)
{
    struct kept_hop *hop = data;

    for (uint32_t i = 1; hop->pieces && i < MAX_PIECES; i++)
        g_free((void *)hop->pieces[i].data);
    g_free(hop->pieces);
    g_free(hop);
}

/* Reads every byte of it. */
static size_t touch(const char *text)
{
    return text ? strlen(text) : 0;
}

static size_t touch_hop(const struct journey_decoded_hop *hop)
{
    const struct pktmon_packet *packet = &hop->event.packet;
    size_t sum = touch(hop->hop.name);
#define X(NAME, member) sum += touch(packet->member);
    JOURNEY_HOP_TEXTS(X)
#undef X
    for (size_t i = 0; packet->nbl && i < packet->nbl->count; i++)
        sum += touch(packet->nbl->values[i].text);
    for (uint32_t i = 0; i < packet->caplen; i++)
        sum += packet->data[i];
    return sum;
}

static struct pktmon_piece keep_piece(const struct pktmon_packet *packet, uint64_t time)
{
    return (struct pktmon_piece){.time = time,
                                 .appearance = packet->appearance,
                                 .caplen = packet->caplen,
                                 .origlen = packet->origlen,
                                 .data = packet->data,
                                 .number = packet->packet_number};
}

/* Reads all pieces of a run. False: bytes of one could not be read. */
static bool read_pieces(struct journey_decoder *decoder, struct kept_hop *run)
{
    g_autofree struct journey_decoded_hop *piece = g_new(struct journey_decoded_hop, 1);
    g_autofree uint8_t *memory = g_malloc(MAX_KEPT);
    uint32_t known = 1, count = run->decoded.hop.count;
    bool whole = true;

    run->pieces = count > 1 && count <= MAX_PIECES ? g_new0(struct pktmon_piece, MAX_PIECES) : NULL;
    if (run->pieces)
        run->pieces[0] = keep_piece(&run->decoded.event.packet, run->decoded.event.time);
    for (; journey_decode_piece(decoder, &run->decoded, piece); known++) {
        struct pktmon_packet *packet = &piece->event.packet;

        whole &= journey_decode_bytes(decoder, piece, memory, MAX_KEPT);
        g_assert_cmpuint(touch_hop(piece), <, SIZE_MAX);
        if (!run->pieces)
            continue;
        packet->data = g_memdup2(packet->data, packet->caplen);
        run->pieces[known] = keep_piece(packet, piece->event.time);
    }
    g_assert_cmpuint(known, <=, MAX(count, 1));
    if (known == count)
        run->decoded.hop.pieces = run->pieces;
    return whole;
}

/* False: something could not be read. What the hops point to stays in kept. */
static bool read_hops(struct journey_decoder *decoder, GPtrArray *kept, struct pktmon_hop *hops)
{
    bool whole = !decoder->cut && !decoder->foreign;
    for (;;) {
        struct kept_hop *hop = g_new(struct kept_hop, 1);
        hop->pieces = NULL;
        g_ptr_array_add(kept, hop);
        if (!journey_decode_next(decoder, &hop->decoded))
            break;
        whole &= journey_decode_bytes(decoder, &hop->decoded, hop->bytes, sizeof(hop->bytes));
        g_assert_cmpuint(touch_hop(&hop->decoded), <, SIZE_MAX);
        whole &= read_pieces(decoder, hop);
        hops[kept->len - 1] = hop->decoded.hop;
    }
    g_assert_cmpuint(kept->len - 1, <=, decoder->journey.hop_count);
    whole &= kept->len - 1 == decoder->journey.hop_count && !decoder->malformed;
    return whole;
}

static void write_again(struct pktmon_journey journey, const struct pktmon_hop *hops)
{
    struct journey_rest rest;

    journey.hops = hops;
    journey_rest_init(&rest, &journey);
    while (rest.journey.hop_count > 0) {
        struct written_journey written = write_journey(&rest.journey);
        if (!written.result.cut)
            assert_written(&written, &rest.journey);
        clear_journey(&written);
        journey_rest_advance(&rest, &written.result);
    }
    journey_rest_clear(&rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct journey_decoder decoder;
    struct pktmon_hop hops[PKTMON_JOURNEY_MAX_HOPS];
    if (size < HEADER)
        return 0;
    size_t frame_size = MIN((size_t)(data[0] | data[1] << 8), size - HEADER);
    size_t value_size = size - HEADER - frame_size;
    g_autofree uint8_t *bytes = g_memdup2(data + HEADER, frame_size);
    g_autofree uint8_t *value = g_memdup2(data + HEADER + frame_size, value_size);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(free_kept);
    const struct journey_frame frame = {.time = 1, .data = bytes, .size = frame_size};
    memset(&decoder, 0xEE, sizeof(decoder));
    if (!journey_decode_open(&decoder, value, value_size, &frame))
        return 0;
    touch(decoder.journey.path);
    if (read_hops(&decoder, kept, hops))
        write_again(decoder.journey, hops);
    return 0;
}
