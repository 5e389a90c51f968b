/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printable.h"

#include <string.h>

bool is_printable(gunichar character)
{
    switch (g_unichar_type(character)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return false;
    default:
        return true;
    }
}

static char *replace_shapeless(const char *text, gssize size, char replacement)
{
    g_autofree char *valid = g_utf8_make_valid(text, size);
    GString *clean = g_string_sized_new(strlen(valid));

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);

        g_string_append_unichar(clean, is_printable(character) ? character : (guchar)replacement);
    }
    return g_string_free(clean, FALSE);
}

char *printable(const char *text, gssize size)
{
    return replace_shapeless(text, size, '?');
}

char *printable_line(const char *text, gssize size)
{
    return replace_shapeless(text, size, ' ');
}
