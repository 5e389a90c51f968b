/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "numbers.h"

#include "pktmon/errors.h"

static char *range_of(const struct cli_number_option *option)
{
    if (option->maximum == G_MAXINT64)
        return g_strdup_printf("of %" G_GINT64_FORMAT " or more", option->minimum);
    return g_strdup_printf("from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, option->minimum,
                           option->maximum);
}

bool cli_number_parse(const struct cli_number_option *option, const char *text, gint64 *value,
                      GError **error)
{
    *value = option->usual;
    if (!text || g_ascii_string_to_signed(text, 10, option->minimum, option->maximum, value, NULL))
        return true;
    g_autofree char *range = range_of(option);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "%s needs a whole number %s, and \"%s\" is not one.", option->option, range, text);
    return false;
}
