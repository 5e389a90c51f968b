/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_event_log FILE [TIME_ZONE_INFORMATION] < EVENTS: writes a log of Packet Monitor's events.
 * Each line of EVENTS is "TICKS ID BODY": the ticks in 100 ns since the start of 2024, the body in
 * hexadecimal, as the time zone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

#define TIME_ZONE_SIZE 172

static GByteArray *bytes_of(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();
    for (; hex[0] && hex[1]; hex += 2)
        put_u8(bytes, (unsigned)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1])));
    return bytes;
}

static void add_events(struct writer *writer)
{
    g_autofree char *text = NULL;
    size_t size = 0;
    while (getline(&text, &size, stdin) > 0) {
        g_auto(GStrv) words = g_strsplit(g_strchomp(text), " ", 3);
        if (g_strv_length(words) < 2)
            continue;
        add_pktmon(writer, 0, g_ascii_strtoll(words[0], NULL, 10), (uint16_t)atoi(words[1]),
                   bytes_of(words[2] ? words[2] : ""));
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GByteArray) zone = bytes_of(argc > 2 ? argv[2] : "");
    const struct writer_options options = {
        .compression = WRITER_XPRESS,
        .buffer_size = 65536,
        .time_zone = zone->len == TIME_ZONE_SIZE ? zone->data : NULL,
    };
    if (argc < 2) {
        fprintf(stderr, "Usage: make_event_log FILE [TIME_ZONE_INFORMATION]\n");
        return EXIT_FAILURE;
    }
    struct writer *writer = writer_new(&options);
    add_events(writer);
    g_autoptr(GByteArray) log = writer_finish(writer);
    return g_file_set_contents(argv[1], (const char *)log->data, log->len, NULL) ? EXIT_SUCCESS
                                                                                 : EXIT_FAILURE;
}
