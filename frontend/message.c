/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "message.h"

#include <stdio.h>

#include "model/printable.h"
#include "pktmon/errors.h"

/* Words of the library that mean an option, and the option as it is typed. */
static const struct {
    const char *words, *typed;
} options[] = {
    {"the provider pcap", "--provider pcap"},
    {"buffer size", "--buffer-size"},
    {"packet size", "--pkt-size"},
    {"the option for hooks with queues", "--hook-queues"},
    {"the memory limit", "the limit with --max-memory"},
    {"the message limit", "the limit with --max-text"},
    {"the output limit", "the limit with --max-output"},
    {"leave out the link type", "leave out --link-type"},
};

char *frontend_message_text(const char *message)
{
    g_autofree char *clean = printable(message, -1);
    GString *text = g_string_new(clean);
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        g_string_replace(text, options[i].words, options[i].typed, 0);
    return g_string_free(text, FALSE);
}

bool frontend_refuse(GError **error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    g_propagate_error(error,
                      g_error_new_valist(PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, format, values));
    va_end(values);
    return false;
}

void frontend_print_error(const char *program, const GError *error)
{
    g_autofree char *text = frontend_message_text(error->message);
    fprintf(stderr, "%s: %s\n", program, text);
}
