/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packets_file packets|appearances FRAMES FILE: writes a capture of small UDP datagrams over two
 * veth pairs and a bridge, nine observations of each, as a live capture does.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journey/assemble.h"
#include "model/clock.h"
#include "packet_kinds.h"
#include "pcapng/pcapng-writer.h"

#define START_TIME  (1700000000000 * PKTMON_NS_PER_MS)
#define CAPTURE_ID  0x0102030405060708ULL
#define INTERVAL    (20 * 1000) /* ns, between packets */
#define SIZE        106         /* of a packet: 64 bytes of payload, as in bench/capture */
#define CONNECTIONS 1000
#define COMPONENTS  5

struct making {
    struct packet_kind kind;
    struct pktmon_registry *registry;
    struct pcapng_writer *writer;
    struct journey_assembler *assembler; /* NULL: in the appearances view */
};

static void fail(const char *what)
{
    fprintf(stderr, "packets_file: %s\n", what);
    exit(EXIT_FAILURE);
}

static void write_event(void *context, const struct pktmon_event *event)
{
    struct making *making = context;
    g_autoptr(GError) error = NULL;

    if (!pcapng_writer_write(making->writer, event, &error))
        fail(error ? error->message : "the output was closed");
}

static void write_journey(void *context, const struct pktmon_journey *journey)
{
    write_event(context, &(struct pktmon_event){
                             .record = PKTMON_RECORD_JOURNEY,
                             .time = journey->time,
                             .component = journey->hops[0].event->component,
                             .journey = journey,
                         });
}

static void describe(struct making *making)
{
    for (uint32_t id = 1; id <= COMPONENTS; id++) {
        struct pktmon_component *component = pktmon_registry_get(making->registry, id);

        pktmon_component_set(&component->name, packet_kind_component(NULL, id));
        pktmon_component_set(&component->type, id < COMPONENTS ? "veth" : "netfilter");
    }
}

static void set_connection(struct making *making, unsigned packet)
{
    unsigned port = 40000 + packet % CONNECTIONS;
    uint8_t *bytes = making->kind.bytes[0] + SOURCE_PORT;

    bytes[0] = (uint8_t)(port >> 8);
    bytes[1] = (uint8_t)port;
}

static void make_packet(struct making *making, unsigned number)
{
    set_connection(making, number);
    for (unsigned hop = 0; hop < making->kind.hops; hop++) {
        struct pktmon_event *event = &making->kind.events[hop];

        event->time = START_TIME + (uint64_t)number * INTERVAL + hop * 1000;
        event->packet.group = number + 1;
        event->packet.appearance = hop + 1;
        if (making->assembler)
            journey_assembler_take(making->assembler, event);
        else
            write_event(making, event);
    }
}

static void make_packets(struct making *making, unsigned packets)
{
    g_autoptr(GError) error = NULL;

    describe(making);
    if (!pcapng_writer_begin(making->writer, START_TIME, &error))
        fail(error->message);
    for (unsigned i = 0; i < packets; i++)
        make_packet(making, i);
    if (making->assembler)
        journey_assembler_finish(making->assembler);
    if (!pcapng_writer_end(making->writer, START_TIME, &error))
        fail(error->message);
}

static struct journey_assembler *new_assembler(struct making *making)
{
    const struct journey_options options = {.hold = 200 * PKTMON_NS_PER_MS,
                                            .settle = 10 * PKTMON_NS_PER_MS,
                                            .memory = (size_t)64 << 20,
                                            .name = packet_kind_component};
    const struct journey_output output = {write_journey, write_event, making};

    return journey_assembler_new(&options, &output);
}

static int create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        fail(strerror(errno));
    return fd;
}

int main(int argc, char **argv)
{
    static struct making making = {.kind = {.make = make_bridged}};
    struct pktmon_capture_info *capture = pktmon_capture_info_new();

    if (argc != 4)
        fail("usage: packets_file packets|appearances FRAMES FILE");
    bool are_packets = strcmp(argv[1], "packets") == 0;
    unsigned frames = (unsigned)strtoul(argv[2], NULL, 10);
    const struct pcapng_writer_options options = {
        .fd = create(argv[3]), .live = true, .quiet = true, .application = "packets_file"};
    packet_kind_make(&making.kind, SIZE);
    capture->id = CAPTURE_ID;
    making.registry = pktmon_registry_new();
    making.writer = pcapng_writer_new(&options, making.registry, capture);
    if (are_packets)
        making.assembler = new_assembler(&making);
    make_packets(&making, are_packets ? frames : frames / making.kind.hops);
    if (making.assembler)
        journey_assembler_free(making.assembler);
    pcapng_writer_free(making.writer);
    close(options.fd);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(making.registry);
    return EXIT_SUCCESS;
}
