/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verifier-log.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Of a log, which may have megabytes. */
#define TAIL 8192
/* Two such lines fit into a message (AGENT_TEXT_SIZE). */
#define LINE      "%.120s"
#define MOST_NAME 32
/* This many digits in a row may be a secret. */
#define SECRET_DIGITS 10

static bool has_secret(const char *line)
{
    size_t run = 0;

    for (; *line && run < SECRET_DIGITS; line++)
        run = g_ascii_isxdigit(*line) ? run + 1 : 0;
    return run == SECRET_DIGITS;
}

/* Prefix of source lines. */
#define SOURCE "; "

static bool is_source(const char *line)
{
    return g_str_has_prefix(line, SOURCE);
}

static bool is_finding(const char *line)
{
    return *line && !is_source(line) && !strstr(line, "PROG LOAD LOG --") &&
           !g_str_has_prefix(line, "processed ");
}

static const char *last_line(char *const *lines, bool (*is_it)(const char *line))
{
    const char *last = NULL;

    for (; *lines; lines++) {
        if (is_it(*lines))
            last = *lines;
    }
    return last && !has_secret(last) ? last : NULL;
}

char *agent_last_finding(const char *text)
{
    size_t length = strlen(text);
    g_auto(GStrv) lines = g_strsplit(text + length - MIN(length, TAIL), "\n", -1);
    const char *finding = last_line(lines, is_finding), *source = last_line(lines, is_source);
    const char *name = strchr(text, '\'');
    int name_length = name ? (int)MIN(strcspn(name + 1, "'"), MOST_NAME) : 0;
    g_autofree char *place =
        source ? g_strdup_printf(", at \"" LINE "\"", source + strlen(SOURCE)) : NULL;

    if (!finding || !name)
        return NULL;
    return g_strdup_printf("%.*s: " LINE "%s", name_length, name + 1, finding, place ? place : "");
}
