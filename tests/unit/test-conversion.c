/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversions: from appearances to packets and back everything is as it was, and what was written
 * in parts is whole. Events are written as text (journey-script.h). */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/conversion.h"
#include "journey-script.h"
#include "pcapng/pcapng-writer.h"
#include "veth.h"

#define MS         1000000ULL
#define CAPTURE_ID 77

#define OUT  "bytes=eth,ip,udp,data"
#define OUT2 "bytes=eth,ip-outside,udp,data"

/* --- files --- */

static struct pktmon_capture_info *capture_new(uint64_t id)
{
    struct pktmon_capture_info *capture = pktmon_capture_info_new();

    capture->id = id;
    capture->host = g_strdup("myhost");
    return capture;
}

static void describe_all(struct pktmon_registry *registry, const struct journey_script *script)
{
    for (guint i = 0; i < script->names->len; i++)
        add_veth(registry, i + 1, g_ptr_array_index(script->names, i))->speed = 1000 + i;
}

static void write_all(struct pcapng_writer *writer, const GArray *events)
{
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < events->len; i++) {
        pcapng_writer_write(writer, &g_array_index(events, struct pktmon_event, i), &error);
        g_assert_no_error(error);
    }
}

/* Lines, parted by "; ": a file of appearances. */
static int write_file(const char *text, uint64_t id)
{
    g_auto(GStrv) lines = g_strsplit(text, "; ", -1);
    g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct pktmon_event));
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture_info *capture = capture_new(id);
    struct journey_script script;
    const struct pcapng_writer_options options = {.fd = memfd_create("file", MFD_CLOEXEC),
                                                  .carrier = PKTMON_CARRIER_BLOCKS};

    journey_script_init(&script);
    for (guint i = 0; lines[i]; i++) {
        struct pktmon_event event = journey_script_read(&script, lines[i]);

        if (event.record == PKTMON_RECORD_PACKET) {
            event.packet.appearance = i + 1;
            event.packet.cpu = (int32_t)(i % 3) - 1;
            event.packet.queue = -1;
            event.packet.netns = i % 2 ? "blue" : NULL;
        }
        g_array_append_val(events, event);
    }
    describe_all(registry, &script);
    struct pcapng_writer *writer = pcapng_writer_new(&options, registry, capture);
    g_assert_true(pcapng_writer_begin(writer, MS, NULL));
    write_all(writer, events);
    g_assert_true(pcapng_writer_end(writer, 1000000 * MS, NULL));
    pcapng_writer_free(writer);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(registry);
    journey_script_clear(&script);
    return options.fd;
}

/* Converts files of one capture, and closes them. */
static int convert(const int *files, size_t count, const struct cli_conversion_options *wanted)
{
    struct cli_conversion_options options = *wanted;
    struct pcapng_reader *reader = pcapng_reader_new();
    struct cli_conversion *conversion = NULL;
    g_autoptr(GError) error = NULL;
    struct pcapng_item item;

    options.fd = memfd_create("converted", MFD_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        lseek(files[i], 0, SEEK_SET);
        pcapng_reader_open(reader, files[i]);
        while (pcapng_reader_next(reader, &item, &error)) {
            if (!conversion)
                conversion = cli_conversion_new(&options, item.capture);
            g_assert_true(cli_conversion_take(conversion, &item, &error));
        }
        g_assert_no_error(error);
        close(files[i]);
    }
    g_assert_true(cli_conversion_finish(conversion, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(cli_conversion_counts(conversion).missing, ==, 0);
    g_assert_cmpuint(cli_conversion_counts(conversion).late, ==, 0);
    cli_conversion_free(conversion);
    pcapng_reader_free(reader);
    return options.fd;
}

static int convert_to(int file, enum pktmon_view view)
{
    const struct cli_conversion_options options = {.view = view, .carrier = PKTMON_CARRIER_BLOCKS};

    return convert(&file, 1, &options);
}

static void put_packet(GString *text, const struct pcapng_item *item)
{
    const struct pktmon_packet *packet = &item->event->packet;
    g_autofree char *sum =
        g_compute_checksum_for_data(G_CHECKSUM_SHA1, packet->data, packet->caplen);

    g_string_append_printf(text, "%s %u %u %u %u %u %u %u %d %d %d %s %u/%u %.8s", item->name,
                           packet->appearance, packet->copy, packet->copy_of, packet->packet_number,
                           packet->edge, packet->direction, packet->end, packet->dropped,
                           packet->incomplete, packet->cpu, packet->netns ? packet->netns : "-",
                           packet->caplen, packet->origlen, sum);
    if (packet->comment)
        g_string_append_printf(text, " \"%s\"", packet->comment);
}

/* What a file says, a line for each event; of a journey its group, path and hops. */
static char *read_file(int file)
{
    struct pcapng_reader *reader = pcapng_reader_new();
    GString *text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    struct pcapng_item item;

    lseek(file, 0, SEEK_SET);
    pcapng_reader_open(reader, file);
    while (pcapng_reader_next(reader, &item, &error)) {
        const struct pktmon_event *event = item.event;

        if (event->record == PKTMON_RECORD_EVENT && event->notice.id == PKTMON_NOTICE_BEGAN)
            continue;
        if (event->record == PKTMON_RECORD_COMPONENT || event->record == PKTMON_RECORD_CAPTURE)
            continue; /* when they are described is not compared */
        g_string_append_printf(text, "%g %d %u ", (double)event->time / MS, event->record,
                               event->component);
        if (event->record == PKTMON_RECORD_PACKET)
            put_packet(text, &item);
        else if (event->record == PKTMON_RECORD_JOURNEY)
            g_string_append_printf(text, "%" G_GUINT64_FORMAT " %s %u%s%s", event->journey->group,
                                   event->journey->path, event->journey->observations,
                                   event->journey->open ? " open" : "",
                                   event->journey->continued ? " continued" : "");
        g_string_append_c(text, '\n');
    }
    g_assert_no_error(error);
    pcapng_reader_free(reader);
    close(file);
    return g_string_free(text, FALSE);
}

/* --- there and back --- */

static const char *const scripts[] = {
    /* one packet; journeys that overlap, and what is no packet among them */
    "1 7 a Lower Tx; 2 7 b Lower Rx; 3 7 b Upper Rx consumed",
    "1 7 a Lower Tx; 2 8 a Lower Tx; 3 counters; 4 7 b Lower Rx; 5 8 b Lower Rx dropped; "
    "6 notice; 7 7 b Upper Rx consumed",
    /* it waits for three seconds, while others pass */
    "1 7 a Lower Tx; 2 8 a Lower Tx; 3 8 b Lower Rx consumed; 500 9 a Lower Tx dropped; "
    "3001 7 b Lower Rx dropped",
    /* copies, pieces that fare alike, and one that does not */
    "1 7 a Lower Tx; 2 7 b Lower Tx copy=2 of=1; 3 7 c Lower Tx copy=3 of=1 dropped; "
    "4 7 b Upper Rx copy=2 consumed",
    "1 7 a Upper Tx; 2 7 a Lower Tx piece=1; 3 7 a Lower Tx piece=2; 4 7 a Lower Tx piece=3; "
    "5 7 b Lower Rx piece=1; 6 7 b Lower Rx piece=2; 7 7 b Lower Rx piece=3 dropped; "
    "8 7 b Upper Rx piece=1 consumed; 9 7 b Upper Rx piece=2 consumed",
    "1 7 a Lower Rx piece=1; 2 7 a Lower Rx piece=2; 3 7 a Upper Rx consumed",
    /* two forms, and bytes that were cut */
    "1 7 a Lower Rx " OUT "; 2 7 b Lower Tx " OUT2 "; 3 7 c Lower Rx " OUT2 " consumed",
    "1 7 a Lower Tx; 2 7 b Lower Rx cap=20; 3 7 b Upper Rx cap=30 made-link incomplete",
    /* comments, beside those that the writer makes of drops, and of a run's first observation */
    "1 7 a Lower Tx commented; 2 8 a Lower Tx commented dropped; 3 7 b Lower Rx dropped",
    "1 7 a Lower Tx piece=1 commented; 2 7 a Lower Tx piece=2; 3 7 a Lower Tx piece=3; "
    "4 7 b Lower Rx piece=1 dropped; 5 7 b Lower Rx piece=2 dropped",
    /* no group; no component; losses */
    "1 0 a Lower Rx; 1 0 a Lower Rx dropped; 2 7 ? Lower Rx; 3 loss a; 4 7 a Upper Rx lost=3",
};

static void test_there_and_back(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        int file = write_file(scripts[i], CAPTURE_ID);
        g_autofree char *before = read_file(dup(file));
        int packets = convert_to(file, PKTMON_VIEW_PACKETS);
        g_autofree char *after = read_file(convert_to(packets, PKTMON_VIEW_APPEARANCES));

        g_assert_cmpstr(after, ==, before);
    }
}

static void check_comments(const char *commented, const char *moved)
{
    int packets = convert_to(write_file(commented, CAPTURE_ID), PKTMON_VIEW_PACKETS);
    g_autofree char *after = read_file(convert_to(packets, PKTMON_VIEW_APPEARANCES));
    g_autofree char *expected = read_file(write_file(moved, CAPTURE_ID));

    g_assert_nonnull(strstr(expected, "seen by me"));
    g_assert_cmpstr(after, ==, expected);
}

/* A frame has one place for comments, which is that of its first observation. */
static void test_comments(void)
{
    check_comments("1 7 a Lower Tx; 2 7 b Lower Rx commented; 3 7 b Upper Rx consumed",
                   "1 7 a Lower Tx commented; 2 7 b Lower Rx; 3 7 b Upper Rx consumed");
    check_comments("1 7 a Lower Tx; 2 7 b Lower Rx commented; 500 7 b Upper Rx commented dropped",
                   "1 7 a Lower Tx commented-twice; 2 7 b Lower Rx; 500 7 b Upper Rx dropped");
    check_comments(
        "1 7 a Lower Rx " OUT "; 2 7 b Lower Tx " OUT2 "; 3 7 c Lower Rx " OUT2 " commented",
        "1 7 a Lower Rx " OUT "; 2 7 b Lower Tx " OUT2 " commented; 3 7 c Lower Rx " OUT2);
}

/* What is in the view that is wanted stays as it is. */
static void test_same_view(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        int file = write_file(scripts[i], CAPTURE_ID);
        g_autofree char *before = read_file(dup(file));
        int same = convert_to(file, PKTMON_VIEW_APPEARANCES);
        g_autofree char *after = read_file(dup(same));
        int packets = convert_to(same, PKTMON_VIEW_PACKETS);
        g_autofree char *once = read_file(dup(packets));
        g_autofree char *twice = read_file(convert_to(packets, PKTMON_VIEW_PACKETS));

        g_assert_cmpstr(after, ==, before);
        g_assert_cmpstr(twice, ==, once);
    }
}

/* --- what was written in parts --- */

static void add_hop(struct pktmon_event *event, struct pktmon_hop *hop, uint64_t time,
                    uint32_t component)
{
    static const uint8_t bytes[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6, 1, 2};

    *event = (struct pktmon_event){.record = PKTMON_RECORD_PACKET,
                                   .time = time,
                                   .component = component,
                                   .packet = {.group = 7,
                                              .appearance = component,
                                              .edge = PKTMON_EDGE_LOWER,
                                              .direction = PKTMON_DIRECTION_RX,
                                              .end = component == 3 ? PKTMON_END_CONSUMED : 0,
                                              .cpu = -1,
                                              .queue = -1,
                                              .link_type = 1,
                                              .data = bytes,
                                              .caplen = sizeof(bytes),
                                              .origlen = sizeof(bytes)}};
    *hop = (struct pktmon_hop){
        .event = event, .name = component == 1 ? "a" : "b", .count = 1, .last = time, .form = 1};
}

static void put_part(struct pcapng_writer *writer, const struct pktmon_hop *hops, size_t count,
                     bool continued)
{
    const struct pktmon_packet *packet = &hops[0].event->packet;
    const struct pktmon_journey journey = {.group = 7,
                                           .time = hops[0].event->time,
                                           .open = !continued,
                                           .continued = continued,
                                           .form = 1,
                                           .forms = 1,
                                           .link_type = 1,
                                           .data = continued ? NULL : packet->data,
                                           .caplen = continued ? 0 : packet->caplen,
                                           .origlen = continued ? 0 : packet->origlen,
                                           .hops = hops,
                                           .hop_count = count,
                                           .observations = (uint32_t)count,
                                           .path = "a"};
    const struct pktmon_event event = {.record = PKTMON_RECORD_JOURNEY,
                                       .time = journey.time,
                                       .component = hops[0].event->component,
                                       .journey = &journey};

    g_assert_true(pcapng_writer_write(writer, &event, NULL));
}

/* The second file of a ring begins with a continuation, and describes no component. */
static int write_parts(size_t from, size_t count)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture_info *capture = capture_new(CAPTURE_ID);
    const struct pcapng_writer_options options = {.fd = memfd_create("part", MFD_CLOEXEC),
                                                  .carrier = PKTMON_CARRIER_BLOCKS};
    struct pcapng_writer *writer = pcapng_writer_new(&options, registry, capture);
    struct pktmon_event events[3];
    struct pktmon_hop hops[3];

    for (uint32_t i = 0; i < 3; i++)
        add_hop(&events[i], &hops[i], (1 + 400 * i) * MS, i + 1);
    g_assert_true(pcapng_writer_begin(writer, MS, NULL));
    put_part(writer, hops + from, count, from > 0);
    g_assert_true(pcapng_writer_end(writer, 2000 * MS, NULL));
    pcapng_writer_free(writer);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(registry);
    return options.fd;
}

static void test_continuations(void)
{
    const int files[] = {write_parts(0, 1), write_parts(1, 2)};
    const struct cli_conversion_options options = {.view = PKTMON_VIEW_PACKETS,
                                                   .carrier = PKTMON_CARRIER_BLOCKS};
    g_autofree char *text = read_file(convert(files, G_N_ELEMENTS(files), &options));

    g_assert_cmpstr(strstr(text, "1 8 1"), ==, "1 8 1 7 a \xE2\x86\x92 b \xE2\x86\x92 b 3\n");
}

/* --- lines --- */

static char *lines_of(const char *script, enum cli_conversion_format format, enum pktmon_view view)
{
    const struct cli_conversion_options options = {
        .view = view, .format = format, .has_head = true};
    int file = write_file(script, CAPTURE_ID), lines = convert(&file, 1, &options);
    size_t size = (size_t)lseek(lines, 0, SEEK_END);
    char *text = g_malloc0(size + 1);

    g_assert_cmpint(pread(lines, text, size, 0), ==, size);
    close(lines);
    return text;
}

static guint count_columns(const char *line)
{
    guint columns = 1;

    for (bool quoted = false; *line && *line != '\n'; line++) {
        quoted ^= *line == '"';
        columns += *line == ',' && !quoted;
    }
    return columns;
}

static void test_csv(void)
{
    static const char script[] = "1 7 a,\"b\" Lower Tx; 2 7 b Lower Rx dropped";
    static const struct {
        enum cli_conversion_format format;
        enum pktmon_view view;
        guint lines;
        const char *first;
    } cases[] = {
        {CLI_CONVERSION_CSV_HOPS, PKTMON_VIEW_PACKETS, 3, "\n0.001000000,7,1,"},
        {CLI_CONVERSION_CSV_HOPS, PKTMON_VIEW_APPEARANCES, 3, "\n0.001000000,7,,"},
        {CLI_CONVERSION_CSV_PACKETS, PKTMON_VIEW_PACKETS, 2, "\n0.001000000,7,1,"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = lines_of(script, cases[i].format, cases[i].view);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        g_assert_cmpuint(g_strv_length(lines), ==, cases[i].lines + 1);
        for (guint j = 1; j < cases[i].lines; j++)
            g_assert_cmpuint(count_columns(lines[j]), ==, count_columns(lines[0]));
        g_assert_nonnull(strstr(text, cases[i].first));
        g_assert_nonnull(strstr(text, "\"a,\"\"b\"\""));
    }
}

static void test_json(void)
{
    static const char script[] = "1 7 a Lower Tx; 2 7 b Lower Rx dropped";
    g_autofree char *packets = lines_of(script, CLI_CONVERSION_JSON, PKTMON_VIEW_PACKETS);
    g_autofree char *all = lines_of(script, CLI_CONVERSION_JSON, PKTMON_VIEW_APPEARANCES);
    g_auto(GStrv) lines = g_strsplit(all, "\n", -1);

    g_assert_nonnull(strstr(packets, "\"fate\":\"dropped\""));
    g_assert_nonnull(strstr(packets, "\"component_name\":\"b\""));
    /* the beginning, two observations, and the end of the text */
    g_assert_cmpuint(g_strv_length(lines), ==, 4);
    g_assert_nonnull(strstr(lines[2], "\"component_name\":\"b\""));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/conversion/there-and-back", test_there_and_back);
    g_test_add_func("/conversion/comments", test_comments);
    g_test_add_func("/conversion/same-view", test_same_view);
    g_test_add_func("/conversion/continuations", test_continuations);
    g_test_add_func("/conversion/csv", test_csv);
    g_test_add_func("/conversion/json", test_json);
    return g_test_run();
}
