/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * etl_log FILE MIB [compressed]: writes a synthetic log of Packet Monitor, of this size before
 * compression: packets of 128 bytes, each seen at two components, logged on four processors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

#define PROCESSORS  4
#define BUFFER_SIZE 65536
#define PACKET_SIZE 128
#define RECORD_SIZE (0x50 + 34 + PACKET_SIZE + 6) /* header, event, frame, alignment */
#define TAKE_EVERY  4096                          /* packets */

static void add_packet(struct writer *writer, uint64_t number, GByteArray *frame)
{
    unsigned cpu = (unsigned)(number / 2 % PROCESSORS);
    uint64_t packet = number / 2;
    const struct packet_body body = {
        .group = (uint64_t)cpu << 48 | packet,
        .number = 1,
        .appearance = (uint16_t)(1 + number % 2),
        .direction = 3,
        .type = 1,
        .component = (uint16_t)(10 + number % 2),
        .edge = 1,
        .original = 1500,
        .data = frame->data,
        .size = PACKET_SIZE,
    };
    /* Each packet has bytes of its own: its number, and some that compress badly. */
    memcpy(frame->data + 18, &packet, 2);
    for (int i = 0; i < 16; i++)
        frame->data[60 + i] = (uint8_t)(packet * 2654435761u >> i);
    add_pktmon(writer, cpu, (int64_t)(number * 10), 160, body_packet(&body));
}

static void write_out(FILE *file, GByteArray *bytes)
{
    if (fwrite(bytes->data, 1, bytes->len, file) != bytes->len) {
        perror("etl_log");
        exit(EXIT_FAILURE);
    }
    g_byte_array_free(bytes, TRUE);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "Usage: etl_log FILE MIB [compressed]\n");
        return EXIT_FAILURE;
    }
    const struct writer_options options = {.buffer_size = BUFFER_SIZE,
                                           .compression = argc > 3 ? WRITER_XPRESS : WRITER_PLAIN};
    uint64_t packets = g_ascii_strtoull(argv[2], NULL, 10) * 1024 * 1024 / RECORD_SIZE;
    g_autoptr(GByteArray) frame = udp_frame(1, "benchmark");
    FILE *file = fopen(argv[1], "wb");
    if (!file) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    g_byte_array_set_size(frame, PACKET_SIZE);
    struct writer *writer = writer_new(&options);
    for (uint64_t i = 0; i < packets; i++) {
        add_packet(writer, i, frame);
        if (i % TAKE_EVERY == 0)
            write_out(file, writer_take(writer));
    }
    add_pktmon(writer, 0, (int64_t)(packets * 10), 20, body_component(10, 2, "nic.sys", "NIC"));
    add_pktmon(writer, 0, (int64_t)(packets * 10), 20, body_component(11, 4, "tcpip.sys", "IP"));
    write_out(file, writer_finish(writer));
    return fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
