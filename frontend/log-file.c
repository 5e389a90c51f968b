/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log-file.h"

#include <errno.h>
#include <stdio.h>

#include "message.h"
#include "pktmon/errors.h"

struct frontend_log {
    FILE *file; /* NULL: none */
    enum frontend_log_level level;
};

static const struct {
    GLogLevelFlags flag;
    enum frontend_log_level level;
    const char *name;
} levels[] = {
    {G_LOG_LEVEL_ERROR, FRONTEND_LOG_ERROR, "ERROR"},
    {G_LOG_LEVEL_CRITICAL, FRONTEND_LOG_CRITICAL, "CRITICAL"},
    {G_LOG_LEVEL_WARNING, FRONTEND_LOG_WARNING, "WARNING"},
    {G_LOG_LEVEL_MESSAGE, FRONTEND_LOG_MESSAGE, "MESSAGE"},
    {G_LOG_LEVEL_INFO, FRONTEND_LOG_INFO, "INFO"},
    {G_LOG_LEVEL_DEBUG, FRONTEND_LOG_DEBUG, "DEBUG"},
};

static const char *field_value(const GLogField *fields, gsize count, const char *key)
{
    for (gsize i = 0; i < count; i++) {
        if (g_str_equal(fields[i].key, key) && fields[i].length < 0)
            return fields[i].value;
    }
    return "";
}

static void write_line(FILE *file, const char *level, const GLogField *fields, gsize count)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%F %T.%f");

    g_autofree char *message = frontend_message_text(field_value(fields, count, "MESSAGE"));

    fprintf(file, "%s %s %s: %s\n", time, level, field_value(fields, count, "GLIB_DOMAIN"),
            message);
    fflush(file);
}

static GLogWriterOutput write_message(GLogLevelFlags flags, const GLogField *fields, gsize count,
                                      gpointer user_data)
{
    const struct frontend_log *log = user_data;
    size_t i = 0;

    while (i < G_N_ELEMENTS(levels) - 1 && !(flags & levels[i].flag))
        i++;
    if (log->file && levels[i].level >= log->level)
        write_line(log->file, levels[i].name, fields, count);
    return G_LOG_WRITER_HANDLED;
}

bool frontend_start_log(const char *path, enum frontend_log_level level, GError **error)
{
    static struct frontend_log log;

    log.level = level;
    if (path) {
        log.file = fopen(path, "we");
        if (!log.file) {
            g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                        "The log file %s cannot be written (%s): choose another with --log-file.",
                        path, g_strerror(errno));
            return false;
        }
    }
    g_log_set_writer_func(write_message, &log, NULL);
    return true;
}
