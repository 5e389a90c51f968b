/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a provider gets of the live options of the sessions that share it, by the rule of each
 * option in pktmon/live-options.h. */
#include <glib.h>

#include "multiplex/shared-options.h"

static const struct pktmon_live_options first = {
    .points = PKTMON_POINTS_STACK,
    .sample = 10,
    .max_cpu = 50,
    .buffer_size = 64,
    .vxlan_port = 4789,
};

/* Another value than the first session's, for each option. */
static const struct pktmon_live_options second = {
    .points = PKTMON_POINTS_DEVICES,
    .sample = 100,
    .max_cpu = 20,
    .buffer_size = 32,
    .vxlan_port = 8472,
    .hook_queues = true,
    .keep_own = true,
};

static struct pktmon_live_options share(const struct pktmon_live_options *one,
                                        const struct pktmon_live_options *other)
{
    struct pktmon_live_options shared = shared_options_begin(one);

    shared_options_add(&shared, one, true);
    if (other)
        shared_options_add(&shared, other, false);
    return shared;
}

static void test_one_session(void)
{
    struct pktmon_live_options shared = share(&second, NULL);
    struct pktmon_live_options expected = second;

    expected.sample = 0; /* the session takes its sample itself */
    g_assert_true(shared_options_equal(&shared, &expected));
    shared = share(&first, NULL);
    g_assert_false(shared_options_equal(&shared, &expected));
}

static void test_two_sessions(void)
{
    struct pktmon_live_options shared = share(&first, &second);

    g_assert_cmpuint(shared.sample, ==, 0);
    g_assert_cmpuint(shared.max_cpu, ==, 50);
    g_assert_cmpuint(shared.buffer_size, ==, 64);
    g_assert_true(shared.keep_own);
}

static void test_no_ceiling(void)
{
    const struct pktmon_live_options without = {.points = PKTMON_POINTS_STACK};

    g_assert_cmpuint(share(&first, &without).max_cpu, ==, 0);
    g_assert_cmpuint(share(&without, &first).max_cpu, ==, 0);
}

/* Each option of the rule COMMON keeps sessions apart, and no other one does. */
static void test_fit(void)
{
    enum { ANY, LARGEST, FIRST, EACH, COMMON };

#define CHECK(type, name, sharing)                                                                 \
    {                                                                                              \
        struct pktmon_live_options changed = first;                                                \
        changed.name = second.name;                                                                \
        g_assert_false(shared_options_equal(&first, &changed));                                    \
        g_assert_true(shared_options_fit(&first, &changed) == (sharing != COMMON));                \
    }
    PKTMON_LIVE_OPTIONS(CHECK)
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shared-options/one-session", test_one_session);
    g_test_add_func("/shared-options/two-sessions", test_two_sessions);
    g_test_add_func("/shared-options/no-ceiling", test_no_ceiling);
    g_test_add_func("/shared-options/fit", test_fit);
    return g_test_run();
}
