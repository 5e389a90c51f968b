/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of capture options: complete, consistent, and stored where the capture reads it. */
#include <glib.h>
#include <string.h>

#include "frontend/capture-options.h"
#include "providers/provider.h"

#define ANY_COMMAND (FRONTEND_DUMP | FRONTEND_CAPTURE | FRONTEND_COUNTERS | FRONTEND_LIST)

static const struct frontend_capture_option *find(const char *name)
{
    const struct frontend_capture_option *found = frontend_find_capture_option(name);
    g_assert_nonnull(found);
    return found;
}

static size_t size_of(const struct frontend_capture_option *option)
{
    static const size_t sizes[] = {[FRONTEND_MEMBER_BOOL] = sizeof(bool),
                                   [FRONTEND_MEMBER_UINT16] = sizeof(uint16_t),
                                   [FRONTEND_MEMBER_UINT32] = sizeof(uint32_t),
                                   [FRONTEND_MEMBER_TEXT] = sizeof(char *),
                                   [FRONTEND_MEMBER_LIST] = sizeof(char **)};
    return sizes[option->type];
}

/* Each row has everything that the dialog, --help and the page need. */
static void test_rows(void)
{
    for (const struct frontend_capture_option *one = frontend_capture_options; one->option.name;
         one++) {
        const struct frontend_option *option = &one->option;
        g_test_message("%s", option->name);
        g_assert_true(find(option->name) == one); /* no name twice */
        g_assert_nonnull(option->help);
        g_assert_false(g_str_has_suffix(option->help, "."));
        g_assert_true(option->users & ANY_COMMAND);
        g_assert_true(!(option->users & FRONTEND_DUMP) || (option->group && option->display));
        g_assert_true((option->kind == FRONTEND_OPTION_FLAG) == (option->unit == NULL));
        g_assert_true((option->kind == FRONTEND_OPTION_CHOICE) == (option->choices != NULL));
        g_assert_true((option->kind == FRONTEND_OPTION_NUMBER) == (option->maximum > 0));
        g_assert_cmpuint(option->minimum, <=, option->maximum);
        g_assert_cmpuint(one->offset + size_of(one), <=, sizeof(struct pktmon_session_options));
    }
}

static void test_defaults(void)
{
    for (const struct frontend_capture_option *one = frontend_capture_options; one->option.name;
         one++) {
        const char *usual = frontend_option_usual_value(&one->option);
        uint32_t number;
        if (usual)
            g_assert_true(frontend_option_parse(&one->option, usual, &number, NULL));
    }
}

/* If two rows stored their options in the same place, one would be lost. */
static void test_members(void)
{
    uint8_t taken[sizeof(struct pktmon_session_options)] = {0};
    for (const struct frontend_capture_option *one = frontend_capture_options; one->option.name;
         one++) {
        for (size_t i = 0; i < size_of(one); i++)
            g_assert_cmpuint(taken[one->offset + i]++, ==, 0);
    }
}

static void test_store(void)
{
    struct pktmon_session_options settings;
    GError *error = NULL;
    frontend_init_capture_settings(&settings);
    g_assert_cmpint(settings.type, ==, PKTMON_CAPTURE_ALL);
    g_assert_cmpint(settings.points, ==, PKTMON_POINTS_STACK);
    g_assert_cmpuint(settings.counters_interval_ms, ==, 10000);
    g_assert_cmpuint(settings.buffer_size, ==, 64);
    g_assert_cmpint(settings.view, ==, PKTMON_VIEW_PACKETS);
    g_assert_cmpuint(settings.hold_ms, ==, 200);
    g_assert_cmpstr(settings.provider, ==, "auto");
    g_assert_true(frontend_store_capture_option(&settings, find("type"), "drop", &error));
    g_assert_true(frontend_store_capture_option(&settings, find("vxlan-port"), "8472", &error));
    g_assert_true(frontend_store_capture_option(&settings, find("pkt-size"), "128", &error));
    g_assert_true(frontend_store_capture_option(&settings, find("inner"), "true", &error));
    g_assert_true(frontend_store_capture_option(&settings, find("netns"), "blue", &error));
    g_assert_no_error(error);
    g_assert_cmpint(settings.type, ==, PKTMON_CAPTURE_DROP);
    g_assert_cmpuint(settings.vxlan_port, ==, 8472);
    g_assert_cmpuint(settings.pkt_size, ==, 128);
    g_assert_true(settings.inner);
    g_assert_cmpstr(settings.netns, ==, "blue");
}

/* Wireshark passes these for an empty field of its dialog. */
static void test_empty(void)
{
    struct pktmon_session_options settings;
    frontend_init_capture_settings(&settings);
    g_assert_false(settings.has_repeat_size);
    g_assert_true(frontend_store_capture_option(&settings, find("repeat-size"), "0", NULL));
    g_assert_true(settings.has_repeat_size);
    g_assert_true(frontend_store_capture_option(&settings, find("repeat-size"), "", NULL));
    g_assert_false(settings.has_repeat_size);
    g_assert_true(frontend_store_capture_option(&settings, find("buffer-size"), "1", NULL));
    g_assert_true(frontend_store_capture_option(&settings, find("buffer-size"), "", NULL));
    g_assert_cmpuint(settings.buffer_size, ==, 64);
    g_assert_true(frontend_store_capture_option(&settings, find("components"), "", NULL));
    g_assert_null(settings.components);
}

static void test_refusals(void)
{
    static const struct {
        const char *name, *value, *message;
    } cases[] = {
        {"pkt-size", "262145",
         "--pkt-size needs a whole number from 0 to 262144, and \"262145\" is not one."},
        {"sample", "0",
         "--sample needs a whole number from 1 to 4294967295, and \"0\" is not one."},
        {"vxlan-port", "65536",
         "--vxlan-port needs a whole number from 1 to 65535, and \"65536\" is not one."},
        {"type", "some",
         "--type does not take \"some\" in this version: use one of all, flow, drop, dropped."},
        {"inner", "maybe", "--inner is true or false, and \"maybe\" is neither."},
        {"netns", "\xff", "The value of --netns is not valid UTF-8: correct it."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pktmon_session_options settings, before;
        g_autoptr(GError) error = NULL;
        frontend_init_capture_settings(&settings);
        memcpy(&before, &settings, sizeof(settings));
        g_assert_false(
            frontend_store_capture_option(&settings, find(cases[i].name), cases[i].value, &error));
        g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
        g_assert_cmpstr(error->message, ==, cases[i].message);
        g_assert_cmpmem(&before, sizeof(before), &settings, sizeof(settings));
    }
}

static void test_file_names(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(frontend_check_file_name("--fifo", "-", NULL));
    g_assert_true(frontend_check_file_name("--fifo", "./-x", NULL));
    g_assert_false(frontend_check_file_name("--fifo", "--points", &error));
    g_assert_cmpstr(error->message, ==,
                    "--fifo needs a file name, and \"--points\" looks like an option: write "
                    "./--points if it is a file.");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/capture_options/rows", test_rows);
    g_test_add_func("/capture_options/defaults", test_defaults);
    g_test_add_func("/capture_options/members", test_members);
    g_test_add_func("/capture_options/store", test_store);
    g_test_add_func("/capture_options/empty", test_empty);
    g_test_add_func("/capture_options/refusals", test_refusals);
    g_test_add_func("/capture_options/file_names", test_file_names);
    return g_test_run();
}
