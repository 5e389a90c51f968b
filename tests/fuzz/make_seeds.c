/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_seeds FOLDER SAMPLES: writes the seeds of the fuzzers, in a folder for each of them: logs
 * and parts of logs from our writer, and the real logs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_seeds.h"
#include "compress.h"
#include "etl-reader/log/etl-log.h"
#include "events.h"
#include "frames.h"
#include "journey_seeds.h"
#include "pktmon/metadata.h"

#define MAX_CHOSEN 32    /* words that fuzz_constraint chooses from */
#define MAX_SAMPLE 65536 /* bytes; larger logs are slow to fuzz and add no coverage */

static void save(const char *folder, const char *target, unsigned number, const GByteArray *seed)
{
    g_autofree char *name = g_strdup_printf("seed-%u", number);
    g_autofree char *path = g_build_filename(folder, target, name, NULL);
    if (!g_file_set_contents(path, (const char *)seed->data, seed->len, NULL)) {
        fprintf(stderr, "make_seeds: Cannot write %s.\n", path);
        exit(EXIT_FAILURE);
    }
}

static struct packet_body example(const GByteArray *frame)
{
    return packet_body_of(1, frame);
}

struct event {
    uint16_t id;
    GByteArray *body;
};

/* One event of every layout. */
static GArray *make_events(void)
{
    const uint64_t info[12] = {8, 1460, 100 << 4, 1, 2, 3, 4};
    g_autoptr(GByteArray) frame = udp_frame(1, "payload"), wifi = wifi_frame(2, "payload", true);
    struct packet_body ethernet = example(frame), air = example(wifi);
    air.type = 2;
    const struct event events[] = {
        {20, body_component(7, 2, "nic.sys", "A NIC")},
        {30, body_property(7, 1, 12, 4)},
        {75, body_property(7, 7, 0x800, 2)},
        {80, body_drops(7, 3)},
        {90, body_flow(7, "Upper", 1, 4)},
        {120, body_parsed(&ethernet, false, 100)},
        {150, body_parsed(&ethernet, true, 0)},
        {160, body_packet(&ethernet)},
        {170, body_packet(&air)},
        {180, body_nbl(&ethernet, info, false)},
        {210, body_payload(&ethernet, false)},
        {230, body_payload(&ethernet, true)},
        {250, body_context(&ethernet, 1, 5)},
        {270, body_component(8, 3, "late.sys", "Late")},
    };
    GArray *array = g_array_new(FALSE, FALSE, sizeof(struct event));
    g_array_append_vals(array, events, G_N_ELEMENTS(events));
    return array;
}

static void save_logs(const char *folder, const GArray *events)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_LZNT1, WRITER_XPRESS,
                                                      WRITER_XPRESS_HUFFMAN};
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(formats); i++) {
        const struct writer_options options = {
            .is_32bit = i & 1, .compression = formats[i / 2], .buffer_size = 1024};
        struct writer *writer = writer_new(&options);
        for (guint j = 0; j < events->len; j++) {
            const struct event *event = &g_array_index(events, struct event, j);
            const struct writer_event header = {.guid = writer_pktmon_guid, .id = event->id};
            writer_add(writer, j & 1, j * 10, &header, event->body);
        }
        g_autoptr(GByteArray) log = writer_finish(writer);
        save(folder, "fuzz_etl_log", i, log);
    }
}

static void save_events(const char *folder, const GArray *events)
{
    for (guint i = 0; i < events->len; i++) {
        const struct event *event = &g_array_index(events, struct event, i);
        g_autoptr(GByteArray) seed = g_byte_array_new();
        put_u8(seed, 0);
        put_u16(seed, event->id);
        put_u8(seed, 3);
        put_u16(seed, event->body->len);
        put_bytes(seed, event->body->data, event->body->len);
        save(folder, "fuzz_etl_events", i, seed);
    }
}

static void save_streams(const char *folder)
{
    static void (*const compressors[])(const uint8_t *, size_t, GByteArray *) = {
        [WRITER_LZNT1] = compress_lznt1,
        [WRITER_XPRESS] = compress_xpress,
        [WRITER_XPRESS_HUFFMAN] = compress_xpress_huffman,
    };
    static const char text[] = "abcabcabcabcabc, and so on, and so on, abcabc: once upon a time";
    for (uint32_t format = WRITER_LZNT1; format <= WRITER_XPRESS_HUFFMAN; format++) {
        g_autoptr(GByteArray) seed = g_byte_array_new();
        put_u32(seed, format | (uint32_t)sizeof(text) << 8);
        compressors[format]((const uint8_t *)text, sizeof(text), seed);
        save(folder, "fuzz_etl_decompress", format, seed);
    }
}

static bool keep_record(void *user, const struct etl_record *record, unsigned file)
{
    GByteArray *records = user;
    (void)file;
    put_bytes(records, record->bytes, record->size);
    g_byte_array_set_size(records, (records->len + 7) & ~7u);
    return false;
}

/* Real logs, and the records in them. */
static void save_samples(const char *folder, const char *samples)
{
    g_autoptr(GDir) listing = g_dir_open(samples, 0, NULL);
    unsigned number = 100;
    for (const char *name; listing && (name = g_dir_read_name(listing));) {
        g_autofree char *path = g_build_filename(samples, name, NULL);
        const char *const paths[] = {path, NULL};
        g_autoptr(GByteArray) records = g_byte_array_new();
        struct etl_log *log = etl_log_open(paths, NULL);
        if (!log)
            continue; /* the README */
        etl_log_scan(log, keep_record, NULL, records);
        g_byte_array_set_size(records, MIN(records->len, MAX_SAMPLE / 2));
        save(folder, "fuzz_etl_records", number, records);
        if (etl_log_stats(log)->bytes <= MAX_SAMPLE) {
            gsize size;
            g_autofree char *content = NULL;
            g_autoptr(GByteArray) whole = g_byte_array_new();
            if (g_file_get_contents(path, &content, &size, NULL))
                put_bytes(whole, content, size);
            save(folder, "fuzz_etl_log", number, whole);
        }
        etl_log_close(log);
        number++;
    }
}

/* Texts with all options, marked by a 0, and a few choices of words. */
static void save_constraints(const char *folder)
{
    static const char *const texts[] = {
        "Name -m 02-00-5E-10-00-01 ff:ff:ff:ff:ff:ff -v 100 -d ARP",
        "'My SMB' -i 10.10.10.10 10.0.0.0/8 -t TCP SYN ACK -p 445 50000 --dscp 46",
        "--ip-address 2001:db8::1 fe80::/10 --ip-protocol ICMPv6 --ethertype 0x86dd --encap 8472",
        "--heartbeat --transport UDP --port 3343 -e",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GByteArray) seed = g_byte_array_new();
        put_u8(seed, 0);
        put_bytes(seed, (const uint8_t *)texts[i], strlen(texts[i]));
        save(folder, "fuzz_constraint", i, seed);
    }
    for (unsigned i = 0; i < MAX_CHOSEN; i++) {
        g_autoptr(GByteArray) seed = g_byte_array_new();
        put_u8(seed, 1);
        put_u8(seed, i);
        put_u8(seed, i + 7);
        save(folder, "fuzz_constraint", 100 + i, seed);
    }
}

/* A record with a field of each type, and a record padded like that of a Custom Block. */
static void save_metadata(const char *folder, const char *target, bool with_size)
{
    uint8_t record[4096] = {0};
    struct pktmon_metadata_writer writer;
    pktmon_metadata_begin(&writer, record, sizeof(record), PKTMON_RECORD_PACKET);
    for (unsigned type = 1; type < 256; type++) {
        enum pktmon_kind kind = pktmon_field_kind((uint16_t)type);
        if (kind == PKTMON_KIND_STRING)
            pktmon_metadata_put_string(&writer, (enum pktmon_field)type, "eth0");
        else if (kind != PKTMON_KIND_NONE)
            pktmon_metadata_put(&writer, (enum pktmon_field)type, type);
    }
    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(GByteArray) seed = g_byte_array_new();
        if (with_size)
            put_u16(seed, (unsigned)writer.length + i * 3);
        put_bytes(seed, record, writer.length + i * 3);
        save(folder, target, i, seed);
    }
}

static void save_agent(const char *folder)
{
    static const uint8_t accept[] = {6, 0, 0, 0, 0xFF, 0xFF, 0, 0}; /* BPF_RET | BPF_K */
    g_autoptr(GByteArray) seed = g_byte_array_new();
    for (unsigned filter = 0; filter < 4; filter++) {
        put_u8(seed, 1);
        put_u8(seed, filter / 2);
        put_u8(seed, filter % 2);
        put_u8(seed, 1);
        put_bytes(seed, accept, sizeof(accept));
    }
    put_u8(seed, 0);
    put_u8(seed, 2);
    put_u64(seed, 0);
    save(folder, "fuzz_agent", 0, seed);
}

/* Attribute of rtnetlink; nested ones are given as their bytes. */
static void put_attribute(GByteArray *to, uint16_t type, const void *data, uint16_t size)
{
    put_u16(to, 4u + size);
    put_u16(to, type);
    put_bytes(to, data, size);
    while (to->len % 4)
        put_u8(to, 0);
}

/* RTM_NEWLINK with all attributes that are read: name, address, MTU, master, link, kinds. */
static void save_netlink(const char *folder)
{
    static const uint16_t words[] = {4, 10, 5, 37};
    g_autoptr(GByteArray) seed = g_byte_array_new(), kinds = g_byte_array_new();
    const uint32_t number = 1500;
    put_attribute(kinds, 1, "veth", 5);
    put_attribute(kinds, 4, "bridge", 7);
    put_u32(seed, 0); /* the length, set below */
    put_u16(seed, 16);
    put_u16(seed, 0);
    put_u64(seed, 0);
    put_u16(seed, 0);
    put_u16(seed, 1);
    put_u32(seed, 7);
    put_u64(seed, 0);
    put_attribute(seed, 3, "eth0", 5);
    put_attribute(seed, 1, "\2\0\0\0\0\1", 6);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        put_attribute(seed, words[i], &number, sizeof(number));
    put_attribute(seed, 18, kinds->data, (uint16_t)kinds->len);
    seed->data[0] = (uint8_t)seed->len;
    save(folder, "fuzz_netlink", 0, seed);
}

/* A record of each point, with a frame after it; the layout is in ebpf/records.h. */
static void save_ring(const char *folder)
{
    enum { RECORD_SIZE = 96, POINTS = 16, TIME = 0, ORIGLEN = 48, CAPLEN = 52, POINT = 88 };
    g_autoptr(GByteArray) frame = udp_frame(1, "payload"), seed = g_byte_array_new();
    for (unsigned point = 1; point < POINTS; point++) {
        uint8_t record[RECORD_SIZE] = {0};
        record[TIME] = (uint8_t)point;
        record[ORIGLEN] = record[CAPLEN] = (uint8_t)frame->len;
        record[POINT] = (uint8_t)point;
        put_u8(seed, point & 1);
        put_u16(seed, RECORD_SIZE + frame->len);
        put_bytes(seed, record, sizeof(record));
        put_bytes(seed, frame->data, frame->len);
    }
    save(folder, "fuzz_records", 0, seed);
}

/* Of each kind one as it is, and one that begins with its IP header. */
static void save_forms(const char *folder)
{
    GArray *frames = frames_make();
    for (guint i = 0; i < 2 * frames->len; i++) {
        const struct frame *frame = &g_array_index(frames, struct frame, i / 2);
        guint skip = i % 2 ? frame->network : 0;
        g_autoptr(GByteArray) seed = g_byte_array_new();
        put_u8(seed, skip ? 3 : 0); /* see fuzz_form.c */
        put_u16(seed, 8472);
        put_u8(seed, 60);
        put_bytes(seed, frame->bytes->data + skip, frame->bytes->len - skip);
        save(folder, "fuzz_form", i, seed);
    }
    frames_free(frames);
}

/* Any numbers will do: fuzz_assembler makes events of them. Few groups, and all kinds of options.
 */
static void save_assembler(const char *folder)
{
    GRand *rand = g_rand_new_with_seed(12);
    for (guint i = 0; i < 16; i++) {
        g_autoptr(GByteArray) seed = g_byte_array_new();
        put_u8(seed, i & 3);
        put_u8(seed, 20 * i);
        put_u8(seed, i);
        for (guint left = 300 + 300 * i; left > 0; left--)
            put_u8(seed, (uint8_t)g_rand_int(rand) & (left % 3 ? 0xff : 0x27));
        save(folder, "fuzz_assembler", i, seed);
    }
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    static const char *const targets[] = {
        "fuzz_agent",          "fuzz_assembler",  "fuzz_constraint", "fuzz_dissector",
        "fuzz_etl_decompress", "fuzz_etl_events", "fuzz_etl_log",    "fuzz_etl_records",
        "fuzz_filter",         "fuzz_form",       "fuzz_journey",    "fuzz_journey_edits",
        "fuzz_metadata",       "fuzz_netlink",    "fuzz_pcapng",     "fuzz_records"};
    if (argc != 3) {
        fprintf(stderr, "Usage: make_seeds FOLDER SAMPLES\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *path = g_build_filename(argv[1], targets[i], NULL);
        g_mkdir_with_parents(path, 0777);
    }
    g_autoptr(GArray) events = make_events();
    save_logs(argv[1], events);
    save_events(argv[1], events);
    save_streams(argv[1]);
    save_constraints(argv[1]);
    save_metadata(argv[1], "fuzz_metadata", false);
    save_metadata(argv[1], "fuzz_dissector", true);
    save_journeys(save, argv[1]);
    save_captures(save, argv[1]);
    save_agent(argv[1]);
    save_netlink(argv[1]);
    save_forms(argv[1]);
    save_assembler(argv[1]);
    save_ring(argv[1]);
    save_samples(argv[1], argv[2]);
    for (guint i = 0; i < events->len; i++)
        g_byte_array_free(g_array_index(events, struct event, i).body, TRUE);
    return EXIT_SUCCESS;
}
