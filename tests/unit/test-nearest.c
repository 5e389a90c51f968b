/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suggestions for a mistyped name. */
#include "model/nearest.h"

static void test_nearest(void)
{
    static const char *const names[] = {"NETFILTER_DROP", "NO_SOCKET", "TCP_FLAGS", "TCP_RESET",
                                        "IP_INHDR"};
    static const struct {
        const char *word, *meant;
    } cases[] = {
        {"NETFILTER_DRP", "NETFILTER_DROP"},
        {"netfilter-drop", "NETFILTER_DROP"},
        {"netfilter", "NETFILTER_DROP"},
        {"NOSOCKET", "NO_SOCKET"},
        {"tcp_rst", "TCP_RESET"},
        {"IP_INHDR", "IP_INHDR"},
        {"SOMETHING", NULL},
        {"", NULL},
        {"a word that is much longer than any name of a reason will be in the next twenty years",
         NULL},
    };
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        g_ptr_array_add(all, (void *)names[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(nearest_word(cases[i].word, all), ==, cases[i].meant);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nearest/nearest", test_nearest);
    return g_test_run();
}
