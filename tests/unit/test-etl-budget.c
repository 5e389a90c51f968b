/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of a conversion, by the size of the log and by options. */
#include <glib.h>

#include "etl-reader/budget.h"

#define MIB (UINT64_C(1) << 20)

static const struct etl_limits by_size;

static void spend_all_but_one(struct etl_budget *budget, uint64_t output)
{
    etl_budget_spend(budget, output - 1);
    g_assert_false(etl_budget_is_spent(budget));
    etl_budget_spend(budget, 1);
    g_assert_true(etl_budget_is_spent(budget));
    etl_budget_free(budget);
}

static void test_by_size(void)
{
    struct etl_budget *small = etl_budget_new(&by_size, 1000);
    struct etl_budget *large = etl_budget_new(&by_size, UINT64_MAX);
    g_assert_cmpuint(etl_budget_text(small), ==, 32768);
    g_assert_cmpuint(etl_budget_buffers(small), ==, (128 * MIB + 16000) / 2);
    g_assert_cmpuint(etl_budget_buffers(large), ==, 512 * MIB);
    g_assert_false(etl_budget_is_spent(large));
    spend_all_but_one(small, 32 * MIB + 256000);
    etl_budget_free(large);
}

/* A log that is small when decompressed needs no larger limit. */
static void test_by_decoded_size(void)
{
    struct etl_budget *budget = etl_budget_new(&by_size, MIB);
    etl_budget_set_decoded(budget, 2 * MIB);
    spend_all_but_one(budget, (32 + 64) * MIB);
}

static void test_options(void)
{
    struct etl_limits limits = {0};
    g_assert_true(etl_limits_set(&limits, 100, 2, 3));
    struct etl_budget *budget = etl_budget_new(&limits, 1000);
    g_assert_cmpuint(etl_budget_buffers(budget), ==, 50 * MIB);
    g_assert_cmpuint(etl_budget_text(budget), ==, 2048);
    etl_budget_set_decoded(budget, 1);
    spend_all_but_one(budget, 3 * MIB);
    g_assert_false(etl_limits_set(&limits, 15, 0, 0));
    g_assert_false(etl_limits_set(&limits, 0, 59, 0));
    g_assert_true(etl_limits_set(&limits, 0, 0, 0));
    g_assert_cmpuint(limits.memory, ==, 100 * MIB);
}

static void test_environment(void)
{
    struct etl_limits limits = {0};
    g_setenv("PKTMON_ETL_MAX_MEMORY", "64", TRUE);
    g_setenv("PKTMON_ETL_MAX_TEXT", "many", TRUE);
    g_setenv("PKTMON_ETL_MAX_OUTPUT", "7", TRUE);
    etl_limits_read_environment(&limits);
    g_assert_cmpuint(limits.memory, ==, 64 * MIB);
    g_assert_cmpuint(limits.text, ==, 0);
    g_assert_cmpuint(limits.output, ==, 7 * MIB);
}

static void test_descriptions(void)
{
    const struct etl_limits limits = {.memory = 1000};
    struct etl_budget *budget = etl_budget_new(&limits, 0);
    g_assert_true(etl_budget_keep(budget, 499));
    g_assert_false(etl_budget_keep(budget, SIZE_MAX));
    g_assert_false(etl_budget_keep(budget, 2));
    g_assert_true(etl_budget_keep(budget, 1));
    const char *first = etl_budget_share(budget, g_strdup("Alpha"));
    g_assert_true(first == etl_budget_share(budget, g_strdup("Alpha")));
    g_assert_cmpstr(etl_budget_share(budget, g_strdup("Beta")), ==, "Beta");
    g_assert_null(etl_budget_share(budget, NULL));
    etl_budget_free(budget);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/budget/by-size", test_by_size);
    g_test_add_func("/etl/budget/by-decoded-size", test_by_decoded_size);
    g_test_add_func("/etl/budget/options", test_options);
    g_test_add_func("/etl/budget/environment", test_environment);
    g_test_add_func("/etl/budget/descriptions", test_descriptions);
    return g_test_run();
}
