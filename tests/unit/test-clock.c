/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>

#include "model/clock.h"

#define MS PKTMON_NS_PER_MS

static void test_clock_step(void)
{
    int64_t reported = 1000, step = 0;

    g_assert_false(clock_stepped(&reported, 1000 + 9 * (int64_t)MS, &step));
    g_assert_false(clock_stepped(&reported, 1000 - 9 * (int64_t)MS, &step));
    g_assert_cmpint(reported, ==, 1000);
    g_assert_true(clock_stepped(&reported, 1000 + 10 * (int64_t)MS, &step));
    g_assert_cmpint(step, ==, 10 * (int64_t)MS);
    g_assert_false(clock_stepped(&reported, 1000 + 10 * (int64_t)MS, &step));
    g_assert_true(clock_stepped(&reported, 1000, &step));
    g_assert_cmpint(step, ==, -10 * (int64_t)MS);
}

static void test_timer(void)
{
    struct clock_timer timer;

    clock_timer_set(&timer, 10, 100 * MS);
    g_assert_cmpuint(clock_timer_left_ms(&timer, 105 * MS - 1), ==, 6);
    g_assert_false(clock_timer_due(&timer, 109 * MS));
    g_assert_cmpuint(clock_timer_left_ms(&timer, 111 * MS), ==, 0);
    g_assert_true(clock_timer_due(&timer, 112 * MS));
    g_assert_false(clock_timer_due(&timer, 119 * MS));
    g_assert_true(
        clock_timer_due(&timer, 155 * MS)); /* late: missed intervals are not made up for */
    g_assert_false(clock_timer_due(&timer, 164 * MS));
    g_assert_true(clock_timer_due(&timer, 165 * MS));

    clock_timer_set(&timer, 0, 100 * MS);
    g_assert_false(clock_timer_due(&timer, UINT64_MAX));
    g_assert_cmpuint(clock_timer_left_ms(&timer, 0), ==, UINT32_MAX);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/step", test_clock_step);
    g_test_add_func("/clock/timer", test_timer);
    return g_test_run();
}
