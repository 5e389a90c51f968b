/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_seeds.h"

#include <sys/mman.h>
#include <unistd.h>

#include "events.h"
#include "pcapng/pcapng-writer.h"
#include "pktmon/journey.h"

#define HOPS   3
#define CHOICE 32 /* values of the first byte */

static void put(struct pcapng_writer *writer, const struct pktmon_event *event)
{
    g_assert_true(pcapng_writer_write(writer, event, NULL));
}

static struct pktmon_event make_hop(uint32_t number, const GByteArray *bytes)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = 1000 + number,
        .component = number,
        .packet = {.group = 5,
                   .appearance = number,
                   .copy = 1,
                   .edge = PKTMON_EDGE_LOWER,
                   .direction = PKTMON_DIRECTION_RX,
                   .end = number == HOPS ? PKTMON_END_CONSUMED : 0,
                   .cpu = -1,
                   .queue = -1,
                   .link_type = 1,
                   .data = bytes->data,
                   .caplen = bytes->len - number,
                   .origlen = bytes->len},
    };
}

static void put_others(struct pcapng_writer *writer)
{
    put(writer, &(struct pktmon_event){.record = PKTMON_RECORD_COUNTERS,
                                       .time = 2000,
                                       .component = 1,
                                       .counters = {.edge = 1, .has_flow = true, .packets_in = 3}});
    put(writer, &(struct pktmon_event){.record = PKTMON_RECORD_FILTER,
                                       .time = 2001,
                                       .filter = {.id = 1, .name = "a", .text = "udp"}});
    put(writer, &(struct pktmon_event){.record = PKTMON_RECORD_EVENT,
                                       .time = 2002,
                                       .notice = {.provider = "pktmon",
                                                  .id = PKTMON_NOTICE_LOST,
                                                  .level = PKTMON_LEVEL_WARNING,
                                                  .message = "Lost."}});
}

static void put_packets(struct pcapng_writer *writer, const GByteArray *bytes, bool as_journey)
{
    struct pktmon_event events[HOPS];
    struct pktmon_hop hops[HOPS];

    for (uint32_t i = 0; i < HOPS; i++) {
        events[i] = make_hop(i + 1, bytes);
        hops[i] = (struct pktmon_hop){
            .event = &events[i], .name = "eth0", .count = 1, .last = events[i].time, .form = 1};
        if (!as_journey)
            put(writer, &events[i]);
    }
    const struct pktmon_journey journey = {.group = 5,
                                           .time = events[0].time,
                                           .form = 1,
                                           .forms = 1,
                                           .link_type = 1,
                                           .data = bytes->data,
                                           .caplen = bytes->len,
                                           .origlen = bytes->len,
                                           .hops = hops,
                                           .hop_count = HOPS,
                                           .observations = HOPS,
                                           .path = "eth0"};
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_JOURNEY, .time = journey.time, .component = 1, .journey = &journey};
    if (as_journey)
        put(writer, &event);
}

static void save_capture(save_seed *save, const char *folder, uint8_t number)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture_info *capture = pktmon_capture_info_new();
    const struct pcapng_writer_options options = {.fd = memfd_create("seed", MFD_CLOEXEC),
                                                  .carrier = number & 1 ? PKTMON_CARRIER_FRAMES
                                                                        : PKTMON_CARRIER_BLOCKS};
    struct pcapng_writer *writer = pcapng_writer_new(&options, registry, capture);
    g_autoptr(GByteArray) bytes = udp_frame(1, "payload"), seed = g_byte_array_new();

    pktmon_component_set(&pktmon_registry_get(registry, 1)->name, "eth0");
    capture->id = number;
    g_assert_true(pcapng_writer_begin(writer, 1000, NULL));
    put_packets(writer, bytes, number & 2);
    put_others(writer);
    g_assert_true(pcapng_writer_end(writer, 3000, NULL));
    g_byte_array_append(seed, &number, 1);
    g_byte_array_set_size(seed, 1 + (guint)lseek(options.fd, 0, SEEK_END));
    g_assert_cmpint(pread(options.fd, seed->data + 1, seed->len - 1, 0), ==, seed->len - 1);
    save(folder, "fuzz_pcapng", number, seed);
    pcapng_writer_free(writer);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(registry);
    close(options.fd);
}

void save_captures(save_seed *save, const char *folder)
{
    for (uint8_t number = 0; number < CHOICE; number++)
        save_capture(save, folder, number);
}
