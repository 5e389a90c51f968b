/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_journeys --view packets|appearances SCRIPT FILE [COUNT [CAPTURE_ID]]
 *
 * Writes the packets of a script (tests/unit/journey-script.h, one event on each line; a line that
 * begins with # is none) with the real assembler and the real pcapng writer, in either view. Drops
 * and released copies have a reason and a location. COUNT: the script is repeated so often, each
 * time with other groups, a second later.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journey-script.h"
#include "journey/assemble.h"
#include "model/clock.h"
#include "pcapng/pcapng-writer.h"

#define START_TIME   (1700000000000 * PKTMON_NS_PER_MS)
#define CAPTURE_ID   0x0102030405060708ULL
#define SEGMENT_SIZE 1448
#define GROUPS       1000 /* more than a script has */

struct making {
    struct journey_script script;
    struct pktmon_registry *registry;
    struct pcapng_writer *writer;
};

static void fail(const char *what)
{
    fprintf(stderr, "make_journeys: %s\n", what);
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
    write_event(context,
                &(struct pktmon_event){
                    .record = PKTMON_RECORD_JOURNEY,
                    .time = journey->time,
                    .component = journey->hop_count > 0 ? journey->hops[0].event->component : 0,
                    .journey = journey,
                });
}

static struct pktmon_event read_event(struct making *making, const char *line)
{
    struct pktmon_event event = journey_script_read(&making->script, line);

    event.time += START_TIME;
    if (event.record != PKTMON_RECORD_PACKET)
        return event;
    /* Those that the script does not name. */
    event.packet.cpu = event.packet.cpu == 0 ? -1 : event.packet.cpu;
    event.packet.queue = event.packet.queue == 0 ? -1 : event.packet.queue;
    event.packet.gso_size = event.packet.gso_segs == 0 ? 0 : SEGMENT_SIZE;
    event.packet.packet_type = PKTMON_PACKET_ETHERNET;
    if (event.packet.dropped || event.packet.copy_released) {
        event.packet.drop_reason = event.packet.dropped ? "NETFILTER_DROP" : "NO_SOCKET";
        event.packet.drop_code = event.packet.dropped ? 8 : 3;
        event.packet.drop_location = event.packet.dropped ? "nft_do_chain+0x3e8" : "icmp_rcv+0x1a2";
        event.packet.drop_location_code = event.packet.dropped ? 1001 : 1002;
    }
    return event;
}

/* Components are described before the capture begins. */
static void describe(struct making *making)
{
    for (guint i = 0; i < making->script.names->len; i++) {
        const char *name = g_ptr_array_index(making->script.names, i);
        struct pktmon_component *component = pktmon_registry_get(making->registry, i + 1);

        pktmon_component_set(&component->name, name);
        pktmon_component_set(&component->type,
                             g_str_has_prefix(name, "phys") ? "physical" : "veth");
    }
}

static struct pktmon_event repeat_event(const GArray *events, guint index, guint round)
{
    struct pktmon_event event = g_array_index(events, struct pktmon_event, index);

    event.time += round * 1000 * PKTMON_NS_PER_MS;
    if (event.record == PKTMON_RECORD_PACKET && event.packet.group != 0)
        event.packet.group += (uint64_t)round * GROUPS;
    return event;
}

static void make_packets(struct making *making, const GArray *events, guint count)
{
    const struct journey_options options = {
        .hold = 200 * PKTMON_NS_PER_MS,
        .settle = 10 * PKTMON_NS_PER_MS,
        .memory = 16 << 20,
        .name = journey_script_name,
        .hands_out = journey_script_hands_out,
        .context = &making->script,
    };
    const struct journey_output output = {write_journey, write_event, making};
    struct journey_assembler *assembler = journey_assembler_new(&options, &output);

    for (guint i = 0; i < events->len * count; i++) {
        struct pktmon_event event = repeat_event(events, i % events->len, i / events->len);

        journey_assembler_take(assembler, &event);
    }
    journey_assembler_finish(assembler);
    journey_assembler_free(assembler);
}

static GArray *read_script(struct making *making, const char *path)
{
    g_autofree char *text = NULL;
    GArray *events = g_array_new(FALSE, FALSE, sizeof(struct pktmon_event));

    if (!g_file_get_contents(path, &text, NULL, NULL))
        fail("the script cannot be read");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        struct pktmon_event event;

        if (lines[i][0] == '#' || lines[i][0] == '\0')
            continue;
        event = read_event(making, lines[i]);
        g_array_append_val(events, event);
    }
    return events;
}

static void make(struct making *making, const GArray *events, guint count, bool are_packets)
{
    g_autoptr(GError) error = NULL;

    describe(making);
    if (!pcapng_writer_begin(making->writer, START_TIME, &error))
        fail(error->message);
    if (are_packets) {
        make_packets(making, events, count);
    } else {
        for (guint i = 0; i < events->len * count; i++) {
            struct pktmon_event event = repeat_event(events, i % events->len, i / events->len);

            write_event(making, &event);
        }
    }
    if (!pcapng_writer_end(making->writer, START_TIME, &error))
        fail(error->message);
}

int main(int argc, char **argv)
{
    struct making making = {.registry = pktmon_registry_new()};
    struct pktmon_capture_info *capture = pktmon_capture_info_new();
    struct pcapng_writer_options options = {.live = true, .application = "make_journeys"};

    if (argc < 5 || argc > 7 || strcmp(argv[1], "--view") != 0)
        fail("usage: make_journeys --view packets|appearances SCRIPT FILE [COUNT [CAPTURE_ID]]");
    journey_script_init(&making.script);
    g_autoptr(GArray) events = read_script(&making, argv[3]);
    capture->id = argc > 6 ? g_ascii_strtoull(argv[6], NULL, 0) : CAPTURE_ID;
    options.fd = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (options.fd < 0)
        fail(strerror(errno));
    making.writer = pcapng_writer_new(&options, making.registry, capture);
    make(&making, events, argc > 5 ? (guint)atoi(argv[5]) : 1, strcmp(argv[2], "packets") == 0);
    pcapng_writer_free(making.writer);
    close(options.fd);
    journey_script_clear(&making.script);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(making.registry);
    return EXIT_SUCCESS;
}
