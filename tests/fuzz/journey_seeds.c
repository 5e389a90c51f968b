/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey_seeds.h"

#include <string.h>

#include "events.h"
#include "pcapng/journey-record.h"

#define HOPS 6
#define ROOM 1024 /* bytes; the records are shorter */

/* What a fuzzer reads as a frame, and then as something about it. */
static void save_with_frame(save_seed *save, const char *folder, const char *target,
                            unsigned number, const GByteArray *frame, const uint8_t *data,
                            size_t size)
{
    const uint8_t header[] = {(uint8_t)frame->len, (uint8_t)(frame->len >> 8), 50, 0};
    g_autoptr(GByteArray) seed = g_byte_array_new();

    g_byte_array_append(seed, header, strcmp(target, "fuzz_journey") == 0 ? 2 : 4);
    g_byte_array_append(seed, frame->data, frame->len);
    g_byte_array_append(seed, data, size);
    save(folder, target, number, seed);
}

/* Each has another field than the one before. */
static struct pktmon_event make_hop(unsigned i, const GByteArray *bytes,
                                    const struct pktmon_nbl *nbl)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = 1000 * i,
        .component = i / 2,
        .packet = {.edge = i,
                   .netns = i > 1 ? "blue" : NULL,
                   .cpu = -1,
                   .queue = -1,
                   .link_type = 1,
                   .data = bytes->data,
                   .caplen = bytes->len,
                   .origlen = bytes->len,
                   .packet_number = i / 3,
                   .pid = i & 2,
                   .comm = i & 2 ? "curl" : NULL,
                   .drop_reason = i == 5 ? "NOT_SPECIFIED" : NULL,
                   .dropped = i == 5,
                   .nbl = i == 4 ? nbl : NULL},
    };
}

static void append_sized(GByteArray *records, const uint8_t *record, size_t size)
{
    const uint8_t header[] = {(uint8_t)size, (uint8_t)(size >> 8)};

    g_byte_array_append(records, header, sizeof(header));
    g_byte_array_append(records, record, size);
}

/* The value of the record's field; the whole record is added to those of a file. */
static void save_journey(save_seed *save, const char *folder, unsigned number,
                         const struct pktmon_journey *journey, const GByteArray *frame,
                         GByteArray *records)
{
    const size_t header = PKTMON_METADATA_HEADER_SIZE + 4;
    struct journey_encoder *encoder = journey_encoder_new();
    struct pktmon_metadata_writer writer;
    struct journey_written written;
    uint8_t record[ROOM];

    pktmon_metadata_begin(&writer, record, sizeof(record), PKTMON_RECORD_JOURNEY);
    g_assert_true(journey_record_put(encoder, &writer, journey, &written));
    save_with_frame(save, folder, "fuzz_journey", number, frame, record + header,
                    writer.length - header);
    append_sized(records, record, writer.length);
    journey_encoder_free(encoder);
}

/* One with a frame, and one that is the rest of another. */
void save_journeys(save_seed *save, const char *folder)
{
    const struct pktmon_nbl_value value = {.field = PKTMON_FIELD_NBL_SOURCE_NIC, .text = "nic"};
    const struct pktmon_nbl nbl = {.values = &value, .count = 1};
    g_autoptr(GByteArray) frame = udp_frame(1, "payload"), other = udp_frame(2, "other");
    g_autoptr(GByteArray) records = g_byte_array_new();
    struct pktmon_event events[HOPS];
    struct pktmon_hop hops[HOPS];
    const struct pktmon_piece pieces[] = {
        {4000, 1, frame->len, frame->len, frame->data, 1},
        {4100, 3, other->len, other->len, other->data, 2},
    };

    for (unsigned i = 0; i < HOPS; i++) {
        const GByteArray *bytes = i & 1 ? other : frame;

        events[i] = make_hop(i, bytes, &nbl);
        hops[i] = (struct pktmon_hop){.event = &events[i],
                                      .name = (i / 2) & 1 ? "blue/eth0" : NULL,
                                      .count = 1 + i / 4,
                                      .last = 1000 * i,
                                      .form = 1,
                                      .pieces = i == 4 ? pieces : NULL};
        save_with_frame(save, folder, "fuzz_journey_edits", i, frame, bytes->data, bytes->len);
    }
    struct pktmon_journey journey = {.group = 5,
                                     .form = 1,
                                     .forms = 1,
                                     .link_type = 1,
                                     .continued = true,
                                     .hops = hops,
                                     .hop_count = HOPS,
                                     .path = "blue/eth0 drop"};
    save_journey(save, folder, 0, &journey, frame, records);
    journey.continued = false;
    journey.data = frame->data;
    journey.caplen = journey.origlen = frame->len;
    save_journey(save, folder, 1, &journey, frame, records);
    /* a packet with frames and continuations, one of which is its only form */
    journey.group = 6;
    save_journey(save, folder, 2, &journey, frame, records);
    journey.open = true;
    journey.forms = 2;
    save_journey(save, folder, 3, &journey, frame, records);
    save(folder, "fuzz_dissector", 10, records);
}
