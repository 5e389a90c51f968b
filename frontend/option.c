/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "option.h"

#include "message.h"
#include "providers/provider.h"

typedef bool value_parser(const struct frontend_option *option, const char *text, uint32_t *number,
                          GError **error);

static bool parse_text(const struct frontend_option *option, const char *text, uint32_t *number,
                       GError **error)
{
    (void)number;
    return g_utf8_validate(text, -1, NULL) ||
           frontend_refuse(error, "The value of --%s is not valid UTF-8: correct it.",
                           option->name);
}

bool frontend_check_file_name(const char *option, const char *name, GError **error)
{
    return *name != '-' || name[1] == '\0' ||
           frontend_refuse(
               error,
               "%s needs a file name, and \"%s\" looks like an option: write ./%s if it is a file.",
               option, name, name);
}

static bool parse_file(const struct frontend_option *option, const char *text, uint32_t *number,
                       GError **error)
{
    g_autofree char *typed = g_strconcat("--", option->name, NULL);
    (void)number;
    return frontend_check_file_name(typed, text, error);
}

/* Any name will do: opening it tells whether it is a file. */
static bool parse_input(const struct frontend_option *option, const char *text, uint32_t *number,
                        GError **error)
{
    (void)option, (void)text, (void)number, (void)error;
    return true;
}

static char *choice_names(const struct frontend_option *option)
{
    GString *names = g_string_new(NULL);
    for (const struct frontend_choice *choice = option->choices; choice->value; choice++)
        g_string_append_printf(names, "%s%s", names->len ? ", " : "", choice->value);
    return g_string_free(names, FALSE);
}

static bool parse_choice(const struct frontend_option *option, const char *text, uint32_t *number,
                         GError **error)
{
    for (const struct frontend_choice *choice = option->choices; choice->value; choice++) {
        if (g_str_equal(choice->value, text)) {
            *number = choice->number;
            return true;
        }
    }
    g_autofree char *names = choice_names(option);
    return frontend_refuse(error, "--%s does not take \"%s\" in this version: use one of %s.",
                           option->name, text, names);
}

static bool parse_number(const struct frontend_option *option, const char *text, uint32_t *number,
                         GError **error)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, option->minimum, option->maximum, &value, NULL))
        return frontend_refuse(error,
                               "--%s needs a whole number from %u to %u, and \"%s\" is not one.",
                               option->name, option->minimum, option->maximum, text);
    *number = (uint32_t)value;
    return true;
}

static bool parse_flag(const struct frontend_option *option, const char *text, uint32_t *number,
                       GError **error)
{
    *number = g_str_equal(text, "true");
    return *number || g_str_equal(text, "false") ||
           frontend_refuse(error, "--%s is true or false, and \"%s\" is neither.", option->name,
                           text);
}

static value_parser *const value_parsers[] = {
    [FRONTEND_OPTION_TEXT] = parse_text,     [FRONTEND_OPTION_LIST] = parse_text,
    [FRONTEND_OPTION_FILE] = parse_file,     [FRONTEND_OPTION_INPUT] = parse_input,
    [FRONTEND_OPTION_CHOICE] = parse_choice, [FRONTEND_OPTION_NUMBER] = parse_number,
    [FRONTEND_OPTION_FLAG] = parse_flag,
};

bool frontend_option_parse(const struct frontend_option *option, const char *text, uint32_t *number,
                           GError **error)
{
    *number = 0;
    return value_parsers[option->kind](option, text, number, error);
}

/* The dialog shows a number that is used when none is given as a placeholder. */
const char *frontend_option_usual_value(const struct frontend_option *option)
{
    const char *placeholder = option->placeholder;
    if (option->kind == FRONTEND_OPTION_FLAG)
        return NULL;
    if (option->default_value || option->kind != FRONTEND_OPTION_NUMBER)
        return option->default_value;
    return placeholder && g_ascii_isdigit(*placeholder) ? placeholder : NULL;
}
