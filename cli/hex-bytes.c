/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hex-bytes.h"

#include <stdint.h>
#include <string.h>

#include "pktmon/errors.h"

#define MAX_PACKET  262144u /* bytes: the most that a capture keeps of a packet */
#define MAX_PACKETS 65536u  /* a short packet takes more memory than its text */

#define HEX_DIGITS "0123456789abcdefABCDEF"
#define LINE_SIZE  16 /* bytes per line of the lines that "*" stands for */
#define OD_DIGITS  7  /* in offsets of od and hexdump */

/* Separators of bytes, also those of a list in C or a script. */
#define SEPARATORS " \t\r,;:-\"'{}[]()"

/* Format of the lines of a dump. */
struct dump {
    unsigned base; /* of the offsets: 8 for od */
    bool swapped;  /* in words of two bytes, the second byte first */
};

struct hex_reading {
    GPtrArray *packets;
    GByteArray *packet; /* the current packet; NULL = none */
    unsigned line;      /* number, from 1 */
    struct dump dump;
    bool repeats; /* after "*": lines equal to the previous one were left out */
    GError **error;
};

static bool refuse(const struct hex_reading *reading, const char *what)
{
    g_set_error(reading->error, PKTMON_ERROR, PKTMON_ERROR_INPUT, "Line %u %s.", reading->line,
                what);
    return false;
}

static void end_packet(struct hex_reading *reading)
{
    reading->packet = NULL;
}

static bool put_byte(struct hex_reading *reading, uint8_t byte)
{
    if (!reading->packet) {
        if (reading->packets->len >= MAX_PACKETS)
            return refuse(reading, "begins one packet more than the 65536 that can be shown at "
                                   "once: convert the rest separately");
        reading->packet = g_byte_array_new();
        g_ptr_array_add(reading->packets, reading->packet);
    }
    if (reading->packet->len >= MAX_PACKET)
        return refuse(reading, "exceeds the 262144 bytes that a packet may have");
    g_byte_array_append(reading->packet, &byte, 1);
    return true;
}

/* "0x45" and "\x45" are 45. */
static const char *skip_prefix(const char *at, const char *end)
{
    bool prefix = end - at > 2 && (at[0] == '0' || at[0] == '\\') && (at[1] == 'x' || at[1] == 'X');
    return prefix ? at + 2 : at;
}

static bool put_bytes(struct hex_reading *reading, const char *at, const char *end)
{
    while (at < end) {
        if (strchr(SEPARATORS, *at)) {
            at++;
            continue;
        }
        at = skip_prefix(at, end);
        if (g_ascii_isxdigit(*at) && (end - at == 1 || strchr(SEPARATORS, at[1])))
            return refuse(reading, "has an odd number of digits: give two digits for each byte");
        if (end - at < 2 || !g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1]))
            return refuse(reading, "is not hexadecimal, two digits for each byte");
        if (!put_byte(reading,
                      (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]))))
            return false;
        at += 2;
    }
    return true;
}

/* --- Dumps --- */

/* "0x0010:  4500 ..." of tcpdump and Windows, "00000010: 4500" of xxd, "0010   45 00" of Wireshark,
 * "000010 45 00" and "0000020 45 00" of od, "0000010 0045" of hexdump. */
struct offset {
    uint64_t value;
    unsigned length; /* digits */
    bool colon;
    const char *rest;
};

static bool read_offset(const char *line, unsigned base, struct offset *offset)
{
    const char *at = line + strspn(line, " \t");
    const char *digits = skip_prefix(at, at + strlen(at));
    char *end;
    offset->value = g_ascii_strtoull(digits, &end, base);
    size_t length = (size_t)(end - digits);
    offset->length = (unsigned)length;
    offset->colon = *end == ':';
    offset->rest = end + offset->colon;
    size_t spaces = strspn(offset->rest, " \t\r");
    if (!g_ascii_isxdigit(*digits) || length < 4 || length > 8)
        return false;
    if (offset->rest[spaces] == '\0')
        return offset->colon || length > 4;
    return offset->colon ? spaces > 0 : spaces > (length == 4 ? 1 : 0);
}

/* The bytes end where their text column begins. */
static const char *end_of_bytes(const struct offset *offset, const char *bytes)
{
    const char *gap = strstr(bytes, offset->colon ? "  " : "   ");
    const char *bar = strchr(bytes, '|');
    const char *end = bytes + strlen(bytes);
    if (gap && gap < end)
        end = gap;
    return bar && bar < end ? bar : end;
}

/* Adds the lines that "*" stands for, up to the offset. */
static bool repeat_line(struct hex_reading *reading, uint64_t offset)
{
    bool repeats = reading->repeats && reading->packet && reading->packet->len >= LINE_SIZE;
    reading->repeats = false;
    while (repeats && reading->packet->len + LINE_SIZE <= offset) {
        uint8_t line[LINE_SIZE];
        memcpy(line, reading->packet->data + reading->packet->len - LINE_SIZE, LINE_SIZE);
        for (size_t i = 0; i < LINE_SIZE; i++) {
            if (!put_byte(reading, line[i]))
                return false;
        }
    }
    return true;
}

/* "0021" is 21, 00. Padding after the last byte, which the next offset does not count, is dropped.
 */
static bool put_words(struct hex_reading *reading, const char *words)
{
    for (; *words; words += strspn(words, " \t\r")) {
        if (strspn(words, HEX_DIGITS) != 4)
            return refuse(reading, "is not hexadecimal, four digits for each word");
        if (!put_bytes(reading, words + 2, words + 4) || !put_bytes(reading, words, words + 2))
            return false;
        words += 4;
    }
    return true;
}

static void drop_filler(struct hex_reading *reading, const struct offset *offset)
{
    if (reading->dump.swapped && reading->packet && offset->value + 1 == reading->packet->len &&
        offset->value % 2 == 1)
        g_byte_array_set_size(reading->packet, (guint)offset->value);
}

static bool read_dump_line(struct hex_reading *reading, const char *line)
{
    struct offset offset;
    if (!read_offset(line, reading->dump.base, &offset)) {
        reading->repeats |= g_str_has_prefix(line, "*"); /* otherwise text around a dump */
        return true;
    }
    if (offset.value == 0)
        end_packet(reading);
    if (!repeat_line(reading, offset.value))
        return false;
    drop_filler(reading, &offset);
    if (offset.value != (reading->packet ? reading->packet->len : 0))
        return refuse(reading, "has an offset that is not the number of bytes before it");
    const char *bytes = offset.rest + strspn(offset.rest, " \t\r");
    return reading->dump.swapped ? put_words(reading, bytes)
                                 : put_bytes(reading, bytes, end_of_bytes(&offset, bytes));
}

/* --- Lines --- */

/* Iterates over lines in place: a list of them could take many times the memory. */
struct lines {
    const char *next; /* NULL: no more lines */
    const char *end;  /* of the text */
    unsigned number;  /* of the last line returned, from 1 */
};

static struct lines split_lines(char *text)
{
    char *end = text;
    for (; *end; end++)
        *end = *end == '\n' ? '\0' : *end;
    return (struct lines){.next = text, .end = end};
}

/* NULL: no more lines. */
static const char *take_line(struct lines *lines)
{
    const char *line = lines->next;
    if (!line)
        return NULL;
    const char *end = line + strlen(line);
    lines->next = end < lines->end ? end + 1 : NULL;
    lines->number++;
    return line;
}

/* --- Format of a dump --- */

/* Digits per group of a line: 4 of hexdump and od -x, 6 of od. 0: the groups differ, or there are
 * none. */
static size_t digits_of_groups(const char *bytes)
{
    size_t digits = 0;
    for (; *bytes; bytes += strspn(bytes, " \t\r")) {
        size_t here = strspn(bytes, HEX_DIGITS);
        if (here == 0 || (digits > 0 && here != digits))
            return 0;
        digits = here;
        bytes += here;
    }
    return digits;
}

/* Number of bytes of a line that has only bytes. */
static size_t bytes_of_line(const char *bytes)
{
    size_t digits = 0;
    for (; *bytes; bytes++)
        digits += g_ascii_isxdigit(*bytes) != 0;
    return digits / 2;
}

static const char *take_offset(struct lines *lines, struct offset *offset)
{
    const char *line;
    while ((line = take_line(lines)) && !read_offset(line, 16, offset)) {
    }
    return line;
}

/* od writes octal offsets: then the offset after sixteen bytes is 20. */
static bool is_octal(struct lines rest, const struct offset *first)
{
    struct offset hexadecimal, octal;
    size_t bytes = bytes_of_line(first->rest);
    const char *line = take_offset(&rest, &hexadecimal);
    return line && hexadecimal.length == OD_DIGITS && hexadecimal.value != bytes &&
           read_offset(line, 8, &octal) && octal.value == bytes;
}

/* Offsets of six or seven digits without a colon are those of od and hexdump. Seven hexadecimal
 * digits are hexdump's, whose words are always little-endian. */
static bool choose_dump(struct hex_reading *reading, struct lines lines)
{
    struct offset first;
    reading->dump.base = 16;
    while (take_offset(&lines, &first) && first.value != 0) {
    }
    reading->line = lines.number;
    size_t spaces = strspn(first.rest, " \t");
    size_t digits = digits_of_groups(first.rest + spaces);
    bool is_of_these = !first.colon && (first.length == OD_DIGITS || first.length == OD_DIGITS - 1);
    if (!is_of_these || digits == 0)
        return true;
    bool octal = first.length == OD_DIGITS && is_octal(lines, &first);
    reading->dump.base = octal ? 8 : 16;
    reading->dump.swapped = digits == 4 && first.length == OD_DIGITS && !octal;
    return digits == 2 || reading->dump.swapped ||
           refuse(reading, "has words, whose bytes may be in any order: dump the packet with "
                           "\"hexdump -C\", \"od -Ax -tx1\" or \"xxd\"");
}

static bool is_dump(struct lines lines)
{
    struct offset offset;
    const char *line;
    while ((line = take_offset(&lines, &offset)) && offset.value != 0) {
    }
    return line != NULL;
}

static bool read_plain_line(struct hex_reading *reading, const char *line)
{
    if (line[strspn(line, " \t\r")] == '\0')
        end_packet(reading);
    return put_bytes(reading, line, line + strlen(line));
}

static bool read_lines(struct hex_reading *reading, struct lines lines)
{
    bool dump = is_dump(lines);
    const char *line;
    if (dump && !choose_dump(reading, lines))
        return false;
    while ((line = take_line(&lines))) {
        reading->line = lines.number;
        if (!(dump ? read_dump_line : read_plain_line)(reading, line))
            return false;
    }
    return true;
}

GPtrArray *cli_read_hex_bytes(char *text, GError **error)
{
    struct hex_reading reading = {
        .packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref),
        .error = error};
    if (read_lines(&reading, split_lines(text)))
        return reading.packets;
    g_ptr_array_unref(reading.packets);
    return NULL;
}
