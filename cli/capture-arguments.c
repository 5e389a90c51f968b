/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture-arguments.h"

void cli_init_capture_arguments(struct cli_option_arguments *arguments, unsigned command,
                                const GOptionEntry *own)
{
    cli_init_option_arguments(arguments, own);
    for (const struct frontend_capture_option *row = frontend_capture_options; row->option.name;
         row++) {
        if (row->option.users & command)
            cli_add_option_argument(arguments, &row->option);
    }
}

static bool store_value(const struct cli_option_value *value,
                        struct pktmon_session_options *settings, GError **error)
{
    const struct frontend_capture_option *row = frontend_find_capture_option(value->option->name);
    if (row->option.kind != FRONTEND_OPTION_LIST)
        return frontend_store_capture_option(settings, row, cli_option_text(value), error);
    frontend_store_capture_list(settings, row, (const char *const *)value->list);
    return true;
}

bool cli_store_capture_arguments(const struct cli_option_arguments *arguments,
                                 struct pktmon_session_options *settings, GError **error)
{
    frontend_init_capture_settings(settings);
    for (guint i = 0; i < arguments->values->len; i++) {
        if (!store_value(g_ptr_array_index(arguments->values, i), settings, error))
            return false;
    }
    return true;
}
