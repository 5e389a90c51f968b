/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the library name no option of a command line; those that a program prints do. */
#include <glib.h>

#include "frontend/message.h"

static void test_options(void)
{
    static const struct {
        const char *message, *shown;
    } cases[] = {
        {"This kernel is older than Linux 6.1: update it, or capture with the provider pcap.",
         "This kernel is older than Linux 6.1: update it, or capture with --provider pcap."},
        {"7 events of eth0 did not fit in the buffer: choose a larger buffer size, or a smaller "
         "packet size.",
         "7 events of eth0 did not fit in the buffer: choose a larger --buffer-size, or a "
         "smaller "
         "--pkt-size."},
        {"an NFQUEUE is bound there; the option for hooks with queues attaches them anyway",
         "an NFQUEUE is bound there; --hook-queues attaches them anyway"},
        {"2 messages of events were shortened; raise the message limit.",
         "2 messages of events were shortened; raise the limit with --max-text."},
        {"Nothing here is about an option.", "Nothing here is about an option."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = frontend_message_text(cases[i].message);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

/* A message may contain the name of anybody's device or file. */
static void test_controls(void)
{
    g_autofree char *shown = frontend_message_text("There is no \x1b[2Jdevice");
    g_assert_cmpstr(shown, ==, "There is no ?[2Jdevice");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/options", test_options);
    g_test_add_func("/message/controls", test_controls);
    return g_test_run();
}
