/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log-arguments.h"

void cli_init_log_arguments(struct cli_option_arguments *arguments, unsigned command,
                            const GOptionEntry *own)
{
    cli_init_option_arguments(arguments, own);
    for (const struct frontend_log_option *row = frontend_log_options; row->option.name; row++) {
        if (row->option.users & command)
            cli_add_option_argument(arguments, &row->option);
    }
}

bool cli_store_log_arguments(const struct cli_option_arguments *arguments,
                             struct frontend_log_settings *settings, GError **error)
{
    *settings = (struct frontend_log_settings){0};
    for (guint i = 0; i < arguments->values->len; i++) {
        const struct cli_option_value *value = g_ptr_array_index(arguments->values, i);
        const struct frontend_log_option *row = frontend_find_log_option(value->option->name);
        if (!frontend_store_log_option(settings, row, cli_option_text(value), error))
            return false;
    }
    return frontend_check_log_settings(settings, error);
}
