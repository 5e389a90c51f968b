/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon hex2pkt: a packet in hexadecimal as text. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "command-line.h"
#include "hex-bytes.h"
#include "etl-reader/events/link.h"
#include "model/big-endian.h"
#include "packet-lines.h"
#include "model/plural.h"
#include "model/printable.h"
#include "providers/provider.h"

/* Enough for some packets; a whole capture has its own formats. */
#define MOST_INPUT (16u << 20)

/* The types of Windows' pktmon. */
static const struct {
    const char *word;
    uint16_t link_type; /* 0: text */
} types[] = {
    {"Ethernet", ETL_LINKTYPE_ETHERNET},
    {"IP", ETL_LINKTYPE_RAW},
    {"HTTP", 0},
};

struct cli_hex2pkt_command {
    char *type_word;
    uint16_t link_type;
    char **words;
};

static bool choose_type(struct cli_hex2pkt_command *arguments, GError **error)
{
    const char *word = arguments->type_word ? arguments->type_word : types[0].word;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_ascii_strcasecmp(word, types[i].word) != 0)
            continue;
        arguments->link_type = types[i].link_type;
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "--type is Ethernet, IP or HTTP, and \"%s\" is none of them.", word);
    return false;
}

static bool parse(struct cli_hex2pkt_command *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"type", 't', 0, G_OPTION_ARG_STRING, &arguments->type_word,
         "First header of the packet: Ethernet, IP or HTTP (default: Ethernet, or IP if only that "
         "fits)",
         "TYPE"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->words, NULL, NULL},
        {0},
    };
    return cli_parse_command_line(
               &argc, &argv, entries, "[HEX...] - show a packet in hexadecimal as text",
               "Without HEX, standard input is read: bytes, with an empty line between "
               "packets, or the\nhexadecimal lines of etl2txt, tcpdump -x, xxd, hexdump, "
               "od -tx1 or Wireshark.",
               error) &&
           choose_type(arguments, error);
}

static char *read_input(GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char part[65536];
    ssize_t size;
    if (isatty(STDIN_FILENO))
        fputs("Paste the packet in hexadecimal, then press Ctrl-D.\n", stderr);
    while ((size = read(STDIN_FILENO, part, sizeof(part))) != 0) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size > 0)
            g_string_append_len(text, part, size);
        if (size > 0 && text->len <= MOST_INPUT)
            continue;
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "The packet cannot be read from standard input (%s).",
                    size < 0 ? g_strerror(errno) : "more than 16 MiB");
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE); /* up to a NUL, which is not hexadecimal */
}

/* HTTP is text already. */
static void put_http(const GByteArray *packet, GString *text)
{
    g_autofree char *whole = g_utf8_make_valid((const char *)packet->data, packet->len);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(whole), "\n", -1);
    g_string_append_printf(text, "HTTP, length: %u\n", packet->len);
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = printable_line(g_strchomp(*line), -1);
        g_string_append_printf(text, "\t%s\n", clean);
    }
}

/* Packets are indented below their events; here there are no events. */
static void put_lines(const GString *lines)
{
    g_auto(GStrv) each = g_strsplit(lines->str, "\n", -1);
    for (char **line = each; *line && **line; line++)
        puts(**line == '\t' ? *line + 1 : *line);
}

static bool is_ethertype(unsigned number)
{
    static const uint16_t ethertypes[] = {0x0800, 0x0806, 0x8100, 0x86DD, 0x8847,
                                          0x8863, 0x8864, 0x888E, 0x88A8, 0x88CC};
    for (size_t i = 0; i < G_N_ELEMENTS(ethertypes); i++) {
        if (ethertypes[i] == number)
            return true;
    }
    return false;
}

/* tcpdump -x prints no link header. Without one, the length in the IP header is the number of
 * bytes, or greater if the packet was truncated. */
static bool begins_with_ip(const GByteArray *packet)
{
    const uint8_t *data = packet->data;
    if (packet->len < 20 || is_ethertype(be16(data + 12)))
        return false;
    if (data[0] >> 4 == 4)
        return (data[0] & 15) >= 5 && be16(data + 2) >= packet->len;
    return packet->len >= 40 && data[0] >> 4 == 6 && be16(data + 4) + 40u >= packet->len;
}

static uint16_t link_type_of(const struct cli_hex2pkt_command *arguments, const GByteArray *packet)
{
    return !arguments->type_word && begins_with_ip(packet) ? ETL_LINKTYPE_RAW
                                                           : arguments->link_type;
}

/* Length of the first header. */
static guint header_of(uint16_t link_type, const GByteArray *packet)
{
    const guint ethernet = 14, ip4 = 20, ip6 = 40;
    if (link_type == ETL_LINKTYPE_ETHERNET)
        return ethernet;
    return packet->len > 0 && packet->data[0] >> 4 == 6 ? ip6 : ip4;
}

/* A packet shorter than its first header cannot be shown: an error if it is the only one, else a
 * warning. */
static bool check_headers(const GPtrArray *packets, const struct cli_hex2pkt_command *arguments,
                          GError **error)
{
    guint cut = 0;
    for (guint i = 0; i < packets->len; i++) {
        const GByteArray *packet = g_ptr_array_index(packets, i);
        cut += packet->len < header_of(link_type_of(arguments, packet), packet);
    }
    const GByteArray *first = g_ptr_array_index(packets, 0);
    const uint16_t link_type = link_type_of(arguments, first);
    if (cut == packets->len)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "The packet is too short: it has %u %s, and the header of %s (--type) has %u.",
                    first->len, PLURAL(first->len, "byte", "bytes"),
                    link_type == ETL_LINKTYPE_ETHERNET ? "Ethernet" : "IP",
                    header_of(link_type, first));
    else if (cut > 0)
        fprintf(stderr, "Warning: %u %s too short for a header.\n", cut,
                PLURAL(cut, "packet is", "packets are"));
    return cut < packets->len;
}

static void put_waiting(struct cli_packet_lines *lines)
{
    g_autoptr(GString) text = g_string_new(NULL);
    cli_packet_lines_take(lines, text);
    put_lines(text);
}

static void show_packets(const GPtrArray *packets, const struct cli_hex2pkt_command *arguments)
{
    const struct cli_packet_text_options options = {.vxlan_port = CLI_TCPDUMP_VXLAN_PORT};
    struct cli_packet_lines *lines = cli_packet_lines_new(&options);
    for (guint i = 0; i < packets->len; i++) {
        const GByteArray *packet = g_ptr_array_index(packets, i);
        cli_packet_lines_add_packet(lines, false, link_type_of(arguments, packet), packet->data,
                                    packet->len, packet->len);
        if (cli_packet_lines_are_many(lines))
            put_waiting(lines);
    }
    put_waiting(lines);
    g_autofree char *warning = cli_packet_lines_explain(lines);
    if (warning)
        fprintf(stderr, "Warning: %s\n", warning);
    cli_packet_lines_free(lines);
}

static void show_http(const GPtrArray *packets)
{
    for (guint i = 0; i < packets->len; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        put_http(g_ptr_array_index(packets, i), text);
        fputs(text->str, stdout);
    }
}

static bool show(const struct cli_hex2pkt_command *arguments, GError **error)
{
    g_autofree char *text =
        arguments->words ? g_strjoinv(" ", arguments->words) : read_input(error);
    g_autoptr(GPtrArray) packets = text ? cli_read_hex_bytes(text, error) : NULL;
    if (!packets)
        return false;
    if (packets->len == 0) {
        g_set_error(
            error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
            "There is no packet: give its bytes in hexadecimal, as words or on standard input.");
        return false;
    }
    if (!arguments->link_type)
        show_http(packets);
    else if (check_headers(packets, arguments, error))
        show_packets(packets, arguments);
    else
        return false;
    return true;
}

bool cli_run_hex2pkt(int argc, char **argv, GError **error)
{
    struct cli_hex2pkt_command arguments = {0};
    bool done = parse(&arguments, argc, argv, error) && show(&arguments, error);
    g_free(arguments.type_word);
    g_strfreev(arguments.words);
    return done;
}
