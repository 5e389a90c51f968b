/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limits.h"

#include <string.h>

#include "pktmon/errors.h"

/* 68 years, 2 TB: dumpcap's maximum. A million times this fits into 64 bits. */
#define MAXIMUM INT32_MAX

bool cli_limit_parse_number(const char *option, const char *name, const char *text,
                            const char *unit, uint64_t minimum, uint64_t *value, GError **error)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(text, 10, minimum, MAXIMUM, &number, NULL)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s %s:%s needs a whole number from %d to %d, and \"%s\" is not one.", option,
                    name, unit, (int)minimum, MAXIMUM, text);
        return false;
    }
    *value = number;
    return true;
}

static char *names_of(const struct cli_limit *limits)
{
    GString *names = g_string_new(NULL);
    for (; limits->name; limits++)
        g_string_append_printf(names, "%s%s:%s", names->len ? ", " : "", limits->name,
                               limits->unit);
    return g_string_free(names, FALSE);
}

bool cli_limit_parse(const char *option, const char *word, const struct cli_limit *limits,
                     GError **error)
{
    size_t length = strcspn(word, ":");
    for (const struct cli_limit *limit = limits; limit->name; limit++) {
        if (strlen(limit->name) == length && g_str_has_prefix(word, limit->name))
            return cli_limit_parse_number(option, limit->name,
                                          word[length] ? word + length + 1 : "", limit->unit, 1,
                                          limit->value, error);
    }
    g_autofree char *names = names_of(limits);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "%s has no \"%s\": use one of %s, with a number in place of the unit.", option,
                word, names);
    return false;
}
