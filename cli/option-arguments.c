/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "option-arguments.h"

static void free_value(void *data)
{
    struct cli_option_value *value = data;
    g_free(value->text);
    g_strfreev(value->list);
    g_free(value);
}

static const char *help_text(struct cli_option_arguments *arguments,
                             const struct frontend_option *option)
{
    const char *usual = frontend_option_usual_value(option);
    GString *text = g_string_new(option->help);
    if (option->kind == FRONTEND_OPTION_NUMBER)
        g_string_append_printf(text, "; from %u to %u", option->minimum, option->maximum);
    if (usual)
        g_string_append_printf(text, " (default: %s)", usual);
    g_ptr_array_add(arguments->texts, text->str);
    return g_string_free(text, FALSE);
}

static GOptionEntry entry_of(struct cli_option_arguments *arguments, struct cli_option_value *value)
{
    const struct frontend_option *option = value->option;
    GOptionEntry entry = {.long_name = option->name,
                          .short_name = option->letter,
                          .arg = G_OPTION_ARG_STRING,
                          .arg_data = &value->text,
                          .description = help_text(arguments, option),
                          .arg_description = option->unit};
    if (option->kind == FRONTEND_OPTION_FLAG) {
        entry.arg = G_OPTION_ARG_NONE;
        entry.arg_data = &value->flag;
    } else if (option->kind == FRONTEND_OPTION_LIST) {
        entry.arg = G_OPTION_ARG_STRING_ARRAY;
        entry.arg_data = &value->list;
    }
    return entry;
}

void cli_init_option_arguments(struct cli_option_arguments *arguments, const GOptionEntry *own)
{
    *arguments = (struct cli_option_arguments){
        .entries = g_array_new(TRUE, FALSE, sizeof(GOptionEntry)),
        .values = g_ptr_array_new_with_free_func(free_value),
        .texts = g_ptr_array_new_with_free_func(g_free),
    };
    for (; own->long_name; own++)
        g_array_append_val(arguments->entries, *own);
}

void cli_clear_option_arguments(struct cli_option_arguments *arguments)
{
    g_clear_pointer(&arguments->entries, g_array_unref);
    g_clear_pointer(&arguments->values, g_ptr_array_unref);
    g_clear_pointer(&arguments->texts, g_ptr_array_unref);
}

void cli_add_option_argument(struct cli_option_arguments *arguments,
                             const struct frontend_option *option)
{
    struct cli_option_value *value = g_new0(struct cli_option_value, 1);
    value->option = option;
    g_ptr_array_add(arguments->values, value);
    const GOptionEntry entry = entry_of(arguments, value);
    g_array_append_val(arguments->entries, entry);
}

const GOptionEntry *cli_option_entries(const struct cli_option_arguments *arguments)
{
    return (const GOptionEntry *)arguments->entries->data;
}

const char *cli_option_text(const struct cli_option_value *value)
{
    return value->flag ? "true" : value->text;
}

static bool is_given(const struct cli_option_value *value)
{
    return value->text || value->list || value->flag;
}

bool cli_has_option_arguments(const struct cli_option_arguments *arguments)
{
    for (guint i = 0; i < arguments->values->len; i++) {
        if (is_given(g_ptr_array_index(arguments->values, i)))
            return true;
    }
    return false;
}
