/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-lines.h"

#include <string.h>

#include "etl-reader/events/link.h"
#include "model/plural.h"
#include "model/printable.h"
#include "tcpdump.h"

/* The most that is batched. */
#define MAX_PACKETS 1024
#define MAX_BYTES   (1u << 19)

/* The link types that tcpdump formats, each in a process of its own. */
static const uint16_t link_types[] = {ETL_LINKTYPE_ETHERNET, ETL_LINKTYPE_RAW,
                                      ETL_LINKTYPE_IEEE802_11};

struct waiting_line {
    size_t at;   /* position of its lines in the text */
    size_t data; /* position of its bytes */
    uint32_t size, original;
    uint32_t vxlan_at; /* position of the UDP port that is replaced by tcpdump's; 0 = none */
    uint16_t link_type;
    bool dropped;
    GString *text; /* NULL: tcpdump has none */
};

struct cli_packet_lines {
    const struct cli_packet_text_options *options;
    bool has_tcpdump;
    struct cli_tcpdump *tcpdumps[G_N_ELEMENTS(link_types)];
    GString *text;
    GByteArray *data;
    GArray *packets; /* of struct waiting_line */
    uint64_t brief;  /* packets that tcpdump failed to format */
};

struct cli_packet_lines *cli_packet_lines_new(const struct cli_packet_text_options *options)
{
    struct cli_packet_lines *lines = g_new0(struct cli_packet_lines, 1);
    lines->options = options;
    lines->has_tcpdump = cli_tcpdump_is_installed();
    for (size_t i = 0; i < G_N_ELEMENTS(link_types); i++)
        lines->tcpdumps[i] = cli_tcpdump_new(link_types[i], options);
    lines->text = g_string_new(NULL);
    lines->data = g_byte_array_new();
    lines->packets = g_array_new(FALSE, FALSE, sizeof(struct waiting_line));
    return lines;
}

void cli_packet_lines_free(struct cli_packet_lines *lines)
{
    if (!lines)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(link_types); i++)
        cli_tcpdump_free(lines->tcpdumps[i]);
    g_string_free(lines->text, TRUE);
    g_byte_array_free(lines->data, TRUE);
    g_array_free(lines->packets, TRUE);
    g_free(lines);
}

void cli_packet_lines_add_text(struct cli_packet_lines *lines, const char *text, size_t size)
{
    g_string_append_len(lines->text, text, (gssize)size);
}

void cli_packet_lines_add_packet(struct cli_packet_lines *lines, bool dropped, uint16_t link_type,
                                 const uint8_t *data, uint32_t size, uint32_t original)
{
    const struct waiting_line packet = {
        .at = lines->text->len,
        .data = lines->data->len,
        .size = size,
        .original = original,
        .vxlan_at = cli_find_vxlan_port(link_type, data, size, lines->options->vxlan_port),
        .link_type = link_type,
        .dropped = dropped,
    };
    g_byte_array_append(lines->data, data, size);
    g_array_append_val(lines->packets, packet);
}

bool cli_packet_lines_are_many(const struct cli_packet_lines *lines)
{
    return lines->packets->len >= MAX_PACKETS || lines->data->len >= MAX_BYTES ||
           lines->text->len >= MAX_BYTES;
}

/* --- lines of tcpdump --- */

static struct waiting_line *packet_at(const struct cli_packet_lines *lines, guint index)
{
    return &g_array_index(lines->packets, struct waiting_line, index);
}

static void put_port(uint8_t *at, unsigned port)
{
    at[0] = (uint8_t)(port >> 8);
    at[1] = (uint8_t)port;
}

/* tcpdump recognises VXLAN by its port: the given port is replaced while tcpdump reads the packet.
 */
static void change_ports(struct cli_packet_lines *lines, unsigned port)
{
    for (guint i = 0; i < lines->packets->len; i++) {
        const struct waiting_line *packet = packet_at(lines, i);
        if (packet->vxlan_at)
            put_port(lines->data->data + packet->data + packet->vxlan_at, port);
    }
}

/* tcpdump prints nothing for an empty packet. */
static bool is_for(const struct waiting_line *packet, uint16_t link_type)
{
    return packet->link_type == link_type && packet->size > 0;
}

static void decode_type(struct cli_packet_lines *lines, size_t type)
{
    g_autoptr(GArray) asked = g_array_new(FALSE, TRUE, sizeof(struct cli_tcpdump_packet));
    for (guint i = 0; i < lines->packets->len; i++) {
        const struct waiting_line *packet = packet_at(lines, i);
        const struct cli_tcpdump_packet one = {.data = lines->data->data + packet->data,
                                               .size = packet->size,
                                               .original = packet->original};
        if (is_for(packet, link_types[type]))
            g_array_append_val(asked, one);
    }
    if (asked->len == 0)
        return;
    struct cli_tcpdump_packet *answers = (struct cli_tcpdump_packet *)(void *)asked->data;
    cli_tcpdump_decode(lines->tcpdumps[type], answers, asked->len);
    for (guint i = 0; i < lines->packets->len; i++) {
        struct waiting_line *packet = packet_at(lines, i);
        if (!is_for(packet, link_types[type]))
            continue;
        packet->text = answers++->text;
        lines->brief += !packet->text;
    }
}

static void decode(struct cli_packet_lines *lines)
{
    if (!lines->has_tcpdump) {
        lines->brief += lines->packets->len;
        return;
    }
    change_ports(lines, CLI_TCPDUMP_VXLAN_PORT);
    for (size_t i = 0; i < G_N_ELEMENTS(link_types); i++)
        decode_type(lines, i);
    change_ports(lines, lines->options->vxlan_port);
}

/* --- notation of Windows --- */

#define MAC_TEXT 17 /* 00:11:22:33:44:55 */

static bool is_of_number(char character)
{
    return g_ascii_isxdigit(character) || character == ':';
}

static bool is_mac(const char *text)
{
    for (size_t i = 0; i < MAC_TEXT; i++) {
        if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit(text[i]))
            return false;
    }
    return !is_of_number(text[MAC_TEXT]);
}

/* Where the payload's text begins, which is not changed. */
static const char *end_of_headers(const char *text)
{
    static const char *const protocols[] = {": HTTP",  ": SMTP", ": FTP",  ": RTSP",
                                            ": SIP: ", ": SSH",  ": IRC: "};
    const char *end = text + strlen(text);
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        const char *found = strstr(text, protocols[i]);
        end = found && found < end ? found : end;
    }
    return end;
}

/* "BSSID:", "SA:" of 802.11: no hexadecimal digits. */
static bool is_after_label(const char *text, const char *at)
{
    return at - text >= 2 && at[-1] == ':' && g_ascii_isupper(at[-2]);
}

/* 00:11:22:AA:BB:CC -> 00-11-22-AA-BB-CC. An IPv6 address has more groups, or an empty one. */
static void write_macs(char *text)
{
    const char *end = end_of_headers(text);
    for (char *at = text; at + MAC_TEXT <= end; at++) {
        bool within = at > text && is_of_number(at[-1]) && !is_after_label(text, at);
        if (within || !is_mac(at))
            continue;
        for (size_t i = 0; i < MAC_TEXT; i++)
            at[i] = at[i] == ':' ? '-' : g_ascii_toupper(at[i]);
        at += MAC_TEXT - 1;
    }
}

/* A line without indentation belongs to an event. */
static void put_decoded(const char *decoded, GString *text)
{
    g_auto(GStrv) lines = g_strsplit(decoded, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (line > lines && **line != ' ' && **line != '\t')
            g_string_append_c(text, '\t');
        size_t margin = strspn(*line, "\t");
        g_autofree char *clean = printable_line(*line + margin, -1);
        g_string_append_len(text, *line, (gssize)margin);
        g_string_append(text, clean);
        g_string_append_c(text, '\n');
    }
}

static void put_own_port(const struct waiting_line *packet, unsigned port)
{
    static const char known[] = ".4789: ";
    char own[sizeof(".65535: ")];
    char *at = packet->vxlan_at ? strstr(packet->text->str, known) : NULL;
    if (!at)
        return;
    g_snprintf(own, sizeof(own), ".%u: ", port);
    gssize position = at - packet->text->str;
    g_string_erase(packet->text, position, (gssize)strlen(known));
    g_string_insert(packet->text, position, own);
}

static void put_packet(struct cli_packet_lines *lines, struct waiting_line *packet, GString *text)
{
    const uint8_t *data = lines->data->data + packet->data;
    g_string_append(text, packet->dropped ? "\tDrop: " : "\t");
    if (packet->text) {
        put_own_port(packet, lines->options->vxlan_port);
        g_autofree char *valid = g_utf8_make_valid(packet->text->str, (gssize)packet->text->len);
        write_macs(valid);
        put_decoded(valid, text);
        g_string_free(packet->text, TRUE);
    } else {
        cli_append_packet_text(text, lines->options, packet->link_type, data, packet->size,
                               packet->original);
    }
    if (lines->options->hex)
        cli_append_packet_hex(text, data, packet->size);
}

size_t cli_packet_lines_take(struct cli_packet_lines *lines, GString *text)
{
    size_t done = 0, before = text->len;
    decode(lines);
    for (guint i = 0; i < lines->packets->len; i++) {
        struct waiting_line *packet = packet_at(lines, i);
        g_string_append_len(text, lines->text->str + done, (gssize)(packet->at - done));
        done = packet->at;
        put_packet(lines, packet, text);
    }
    size_t of_packets = text->len - before - done;
    g_string_append_len(text, lines->text->str + done, (gssize)(lines->text->len - done));
    g_string_truncate(lines->text, 0);
    g_byte_array_set_size(lines->data, 0);
    g_array_set_size(lines->packets, 0);
    return of_packets;
}

/* The most serious failure. */
static enum cli_tcpdump_failure failure_of(const struct cli_packet_lines *lines)
{
    enum cli_tcpdump_failure worst = CLI_TCPDUMP_ENDED;
    for (size_t i = 0; i < G_N_ELEMENTS(link_types); i++)
        worst = MAX(worst, cli_tcpdump_get_failure(lines->tcpdumps[i]));
    return worst;
}

/* Text before and after the number of packets. */
static const struct {
    const char *before, *after;
} failures[] = {
    [CLI_TCPDUMP_ENDED] = {"tcpdump could not show",
                           "which are shown in short form here: look at them in Wireshark."},
    [CLI_TCPDUMP_FORBIDDEN] =
        {"tcpdump was ended because it tried to open a socket or to start or end a process, which "
         "its confinement forbids, and did not show",
         "which are shown in short form here: they may have been made to attack it; look at them "
         "only in an isolated environment."},
    [CLI_TCPDUMP_UNCONFINED] =
        {"tcpdump is not run, because it cannot be confined here (Landlock and "
         "seccomp are missing), and did not show",
         "which are shown in short form here: use a kernel with both, or look at them in "
         "Wireshark."},
    [CLI_TCPDUMP_NO_PROGRAM] =
        {"tcpdump does not run in its confinement, where it reads programs and "
         "libraries of /usr and /lib alone, and did not show",
         "which are shown in short form here: install it there, or look at them in Wireshark."},
};

char *cli_packet_lines_explain(const struct cli_packet_lines *lines)
{
    if (lines->brief == 0)
        return NULL;
    if (!lines->has_tcpdump)
        return g_strdup("tcpdump is not installed, so packets are shown in short form; install it "
                        "to see them as Windows shows them.");
    enum cli_tcpdump_failure failure = failure_of(lines);
    return g_strdup_printf("%s %" G_GUINT64_FORMAT " %s, %s", failures[failure].before,
                           lines->brief, PLURAL(lines->brief, "packet", "packets"),
                           failures[failure].after);
}
