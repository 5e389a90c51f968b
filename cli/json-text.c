/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json-text.h"

#include <stdbool.h>
#include <string.h>

#include "model/printable.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* A call of GLib for each word would take most of the time of a line. */
static void append(GString *json, const char *text, size_t size)
{
    if (json->allocated_len - json->len <= size) {
        g_string_append_len(json, text, (gssize)size);
        return;
    }
    memcpy(json->str + json->len, text, size);
    json->len += size;
    json->str[json->len] = '\0';
}

static void append_char(GString *json, char character)
{
    append(json, &character, 1);
}

static void begin(GString *json, const char *key)
{
    char last = json->len > 0 ? json->str[json->len - 1] : '{';
    if (last != '{' && last != '[' && last != '\n')
        append_char(json, ',');
    if (!key)
        return;
    append_char(json, '"');
    append(json, key, strlen(key));
    append(json, "\":", 2);
}

void cli_json_open(GString *json, const char *key, char bracket)
{
    begin(json, key);
    append_char(json, bracket);
}

void cli_json_close(GString *json, char bracket)
{
    append_char(json, bracket == '{' ? '}' : ']');
}

/* With at least so many digits. */
static void append_number(GString *json, uint64_t number, int digits)
{
    char text[20];
    char *at = text + sizeof(text);
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
        digits--;
    } while (number > 0 || digits > 0);
    append(json, at, (size_t)(text + sizeof(text) - at));
}

void cli_json_put_number(GString *json, const char *key, uint64_t number)
{
    begin(json, key);
    append_number(json, number, 1);
}

void cli_json_put_id(GString *json, const char *key, uint64_t number)
{
    begin(json, key);
    append_char(json, '"');
    append_number(json, number, 1);
    append_char(json, '"');
}

void cli_json_put_time(GString *json, const char *key, uint64_t time)
{
    begin(json, key);
    append_char(json, '"');
    append_number(json, time / NS_PER_SECOND, 1);
    append_char(json, '.');
    append_number(json, time % NS_PER_SECOND, 9);
    append_char(json, '"');
}

void cli_json_put_true(GString *json, const char *key)
{
    begin(json, key);
    append(json, "true", 4);
}

static bool is_plain(char byte)
{
    return byte >= ' ' && byte < 0x7F && byte != '"' && byte != '\\';
}

static void append_escape(GString *json, gunichar character)
{
    if (character == '"' || character == '\\')
        g_string_append_printf(json, "\\%c", (char)character);
    else if (character < 0x10000)
        g_string_append_printf(json, "\\u%04x", character);
    else /* a pair of surrogates */
        g_string_append_printf(json, "\\u%04x\\u%04x", 0xD800 + ((character - 0x10000) >> 10),
                               0xDC00 + ((character - 0x10000) & 0x3FF));
}

/* Returns what follows the character. */
static const char *append_character(GString *json, const char *text)
{
    gunichar character = g_utf8_get_char_validated(text, -1);
    if (character == (gunichar)-1 || character == (gunichar)-2) {
        append_escape(json, 0xFFFD);
        return text + 1;
    }
    const char *next = g_utf8_next_char(text);
    if (character == '"' || character == '\\' || !is_printable(character))
        append_escape(json, character);
    else
        append(json, text, (size_t)(next - text));
    return next;
}

void cli_json_put_text(GString *json, const char *key, const char *text)
{
    if (!text)
        return;
    begin(json, key);
    append_char(json, '"');
    while (*text) {
        size_t plain = 0;
        while (is_plain(text[plain]))
            plain++;
        append(json, text, plain);
        text += plain;
        if (*text)
            text = append_character(json, text);
    }
    append_char(json, '"');
}
