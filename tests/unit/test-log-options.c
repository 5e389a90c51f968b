/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options of Windows logs: complete, consistent, and stored where it says. */
#include <glib.h>

#include "frontend/log-options.h"
#include "pktmon/errors.h"

#define ANY_PROGRAM (FRONTEND_DUMP | FRONTEND_ETL2PCAP | FRONTEND_ETL2TXT)
#define MIB         (UINT64_C(1) << 20)

static const struct frontend_log_option *find(const char *name)
{
    const struct frontend_log_option *found = frontend_find_log_option(name);
    g_assert_nonnull(found);
    return found;
}

/* Each row has everything that the dialog and --help need. */
static void test_rows(void)
{
    for (const struct frontend_log_option *one = frontend_log_options; one->option.name; one++) {
        const struct frontend_option *option = &one->option;
        const char *usual = frontend_option_usual_value(option);
        uint32_t number;
        g_test_message("%s", option->name);
        g_assert_true(find(option->name) == one); /* no name twice */
        g_assert_nonnull(option->help);
        g_assert_true((option->kind == FRONTEND_OPTION_FLAG) == (option->unit == NULL));
        g_assert_true(option->users & ANY_PROGRAM);
        g_assert_true((option->group == NULL) == (option->display == NULL));
        g_assert_true((option->kind == FRONTEND_OPTION_CHOICE) == (option->choices != NULL));
        g_assert_true((option->kind == FRONTEND_OPTION_NUMBER) == (option->maximum > 0));
        g_assert_true(!usual || frontend_option_parse(option, usual, &number, NULL));
    }
}

static void test_limits(void)
{
    struct frontend_log_settings settings = {0};
    struct etl_options options = {0};
    const struct etl_limits *limits = &options.limits;
    GError *error = NULL;
    frontend_apply_log_settings(&settings, &options);
    g_assert_cmpuint(limits->memory + limits->text + limits->output, ==, 0);
    g_assert_true(frontend_store_log_option(&settings, find("max-memory"), "16", &error));
    g_assert_true(frontend_store_log_option(&settings, find("max-text"), "58", &error));
    g_assert_true(frontend_store_log_option(&settings, find("max-output"), "1073741824", &error));
    g_assert_no_error(error);
    frontend_apply_log_settings(&settings, &options);
    g_assert_cmpuint(limits->memory, ==, 16 * MIB);
    g_assert_cmpuint(limits->text, ==, 58 << 10);
    g_assert_cmpuint(limits->output, ==, 1073741824 * MIB);
}

static void test_packets(void)
{
    struct frontend_log_settings settings = {0};
    struct etl_options options = {0};
    g_autoptr(GError) error = NULL;
    frontend_apply_log_settings(&settings, &options);
    g_assert_true(options.flow && options.drops);
    g_assert_true(frontend_store_log_option(&settings, find("drop-only"), "true", NULL));
    frontend_apply_log_settings(&settings, &options);
    g_assert_true(!options.flow && options.drops);
    g_assert_true(frontend_check_log_settings(&settings, NULL));
    g_assert_true(frontend_store_log_option(&settings, find("flow-only"), "true", NULL));
    g_assert_false(frontend_check_log_settings(&settings, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
}

/* Wireshark passes this for an empty field of its dialog. */
static void test_empty(void)
{
    struct frontend_log_settings settings = {.max_output = 1};
    g_assert_true(frontend_store_log_option(&settings, find("max-output"), "", NULL));
    g_assert_cmpuint(settings.max_output, ==, 0);
}

static void test_metadata(void)
{
    struct frontend_log_settings settings = {0};
    g_assert_true(frontend_store_log_option(&settings, find("metadata"), "blocks", NULL));
    g_assert_true(settings.has_metadata);
    g_assert_cmpint(frontend_log_carrier(&settings, -1), ==, PKTMON_CARRIER_BLOCKS);
    g_assert_true(frontend_store_log_option(&settings, find("metadata"), "frames", NULL));
    g_assert_cmpint(frontend_log_carrier(&settings, -1), ==, PKTMON_CARRIER_FRAMES);
    g_assert_true(frontend_store_log_option(&settings, find("metadata"), NULL, NULL));
    g_assert_false(settings.has_metadata);
}

static void test_refusals(void)
{
    static const struct {
        const char *name, *value, *message;
    } cases[] = {
        {"max-memory", "15",
         "--max-memory needs a whole number from 16 to 1048576, and \"15\" is not one."},
        {"max-text", "59", "--max-text needs a whole number from 1 to 58, and \"59\" is not one."},
        {"max-output", "-1",
         "--max-output needs a whole number from 1 to 1073741824, and \"-1\" is not one."},
        {"metadata", "both",
         "--metadata does not take \"both\" in this version: use one of frames, blocks, each."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct frontend_log_settings settings = {.max_memory = 17, .max_text = 3, .max_output = 5};
        const struct frontend_log_settings before = settings;
        g_autoptr(GError) error = NULL;
        g_assert_false(
            frontend_store_log_option(&settings, find(cases[i].name), cases[i].value, &error));
        g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
        g_assert_cmpstr(error->message, ==, cases[i].message);
        g_assert_cmpmem(&before, sizeof(before), &settings, sizeof(settings));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log_options/rows", test_rows);
    g_test_add_func("/log_options/limits", test_limits);
    g_test_add_func("/log_options/packets", test_packets);
    g_test_add_func("/log_options/empty", test_empty);
    g_test_add_func("/log_options/metadata", test_metadata);
    g_test_add_func("/log_options/refusals", test_refusals);
    return g_test_run();
}
