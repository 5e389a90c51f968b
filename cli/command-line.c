/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command-line.h"

#include <string.h>

#include "pktmon/errors.h"

/* Options of other capture programs and of Windows' pktmon. */
static const struct {
    const char *options[4];
    const char *instead;
} strangers[] = {
    {{"-i", "--interface", "--comp", "--if"},
     "choose components with --components NAME,..., which \"pktmon list\" shows"},
    {{"-D", "--list-interfaces"}, "\"pktmon list\" shows what can be captured"},
    {{"-s", "--snapshot-length", "--snaplen"},
     "--pkt-size BYTES keeps the beginning of each packet, and -b filesize:KB starts a new file"},
    {{"--file-name", "--output-file", "-o"}, "name the file with -w FILE"},
    {{"--file-size"}, "start a new file with -b filesize:KB, and keep the newest with -b files:N"},
    {{"-r", "--read-file"}, "read a capture with \"tshark -r FILE\""},
    {{"-n", "-nn", "-p"},
     "leave it out: names are not resolved, and devices are not put into promiscuous mode"},
};

/* A short option may be followed by its value directly. */
static bool is_option(const char *word, const char *option)
{
    return option && (option[1] == '-' ? g_str_equal(word, option)
                                       : g_str_has_prefix(word, option) && word[1] != '-');
}

static const char *instead_of(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(strangers); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(strangers[i].options); j++) {
            if (is_option(word, strangers[i].options[j]))
                return strangers[i].instead;
        }
    }
    return NULL;
}

/* The option is somewhere in GLib's message. */
static bool explain_stranger(const char *program, const GError *wrong, GError **error)
{
    static const char *const of_live[] = {"pktmon capture", "pktmon watch", "pktmon counters",
                                          "pktmon list", NULL};
    if (!g_error_matches(wrong, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) ||
        !g_strv_contains(of_live, program))
        return false;
    g_auto(GStrv) words = g_strsplit(wrong->message, " ", -1);
    for (char **word = words; *word; word++) {
        const char *instead = **word == '-' ? instead_of(*word) : NULL;
        if (!instead)
            continue;
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s is not an option of \"%s\": %s.", *word, program, instead);
        return true;
    }
    return false;
}

static bool takes_value(const GOptionEntry *entry)
{
    return entry->arg != G_OPTION_ARG_NONE;
}

static bool name_takes_value(const GOptionEntry *entries, const char *name)
{
    for (; entries->long_name; entries++) {
        if (g_str_equal(entries->long_name, name))
            return takes_value(entries);
    }
    return false;
}

static const GOptionEntry *with_letter(const GOptionEntry *entries, char letter)
{
    for (; entries->long_name; entries++) {
        if (entries->short_name == letter)
            return entries;
    }
    return NULL;
}

/* Index in "-v3" or "-xv3" of the option that takes a value; 0: none. */
static size_t letter_with_value(const GOptionEntry *entries, const char *word)
{
    for (size_t i = 1; word[i]; i++) {
        const GOptionEntry *entry = with_letter(entries, word[i]);
        if (!entry || takes_value(entry))
            return entry ? i : 0;
    }
    return 0;
}

/* Splits "-v3" into "-v" and "3": GLib only parses the latter. pieces owns the new strings. */
static GPtrArray *without_glue(char **words, const GOptionEntry *entries, GPtrArray *pieces)
{
    GPtrArray *all = g_ptr_array_new();
    bool is_option = true, is_value = false; /* the word may be */
    for (; *words; words++) {
        const char *word = *words;
        bool is_long = g_str_has_prefix(word, "--");
        size_t at = 0;
        is_option = is_option && (is_value || !g_str_equal(word, "--"));
        if (is_option && !is_value && *word == '-' && !is_long)
            at = letter_with_value(entries, word);
        is_value = is_option && !is_value &&
                   (is_long ? name_takes_value(entries, word + 2) : at > 0 && word[at + 1] == '\0');
        if (at > 0 && !is_value) {
            g_ptr_array_add(pieces, g_strndup(word, at + 1));
            g_ptr_array_add(all, g_ptr_array_index(pieces, pieces->len - 1));
        }
        g_ptr_array_add(all, at > 0 && !is_value ? *words + at + 1 : *words);
    }
    g_ptr_array_add(all, NULL);
    return all;
}

/* The words that GLib leaves were on the command line, so they fit into argv. */
static bool parse_words(GOptionContext *context, const GOptionEntry *entries, int *argc,
                        char ***argv, GError **error)
{
    g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = without_glue(*argv, entries, pieces);
    int count = (int)all->len - 1;
    char **words = (char **)all->pdata;
    if (!g_option_context_parse(context, &count, &words, error))
        return false;
    memcpy(*argv, words, ((size_t)count + 1) * sizeof(*words));
    *argc = count;
    return true;
}

bool cli_parse_command_line(int *argc, char ***argv, const GOptionEntry *entries, const char *words,
                            const char *summary, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(words);
    g_autoptr(GError) wrong = NULL;
    g_autofree char *program = g_strdup_printf("pktmon %s", (*argv)[0]);
    g_set_prgname(program);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, summary);
    if (parse_words(context, entries, argc, argv, &wrong))
        return true;
    if (!explain_stranger(program, wrong, error))
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, "%s; see \"%s --help\".",
                    wrong->message, program);
    return false;
}
