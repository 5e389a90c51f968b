/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of Windows' pktmon that steer its driver: each says what does the same here. */
#include "command.h"
#include "provider.h"

static const struct {
    const char *command;
    const char *instead;
} answers[] = {
    {"start", "A capture lasts as long as the program that makes it: run \"pktmon capture -w "
              "FILE\", \"tshark -i pktmon\" to see it, or \"pktmon counters\" to count only."},
    {"stop", "Nothing captures in the background: Ctrl-C ends the pktmon, tshark or pktmondump "
             "that captures."},
    {"status", "Nothing captures in the background: \"pktmon list\" shows what can be captured, "
               "and \"pktmon counters --live\" what passes."},
    {"filter", "A filter belongs to one capture: give it as \"pktmon capture --filter '-t UDP -p "
               "53'\", or as -f 'udp port 53' in the syntax of pcap-filter(7)."},
    {"reset", "There is nothing to reset: each \"pktmon counters\" begins at zero."},
    {"unload", "There is no driver to unload: the kernel drops the programs of a capture when it "
               "ends."},
};

bool command_elsewhere(int argc, char **argv, GError **error)
{
    (void)argc;
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        if (g_str_equal(answers[i].command, argv[0]))
            g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED, answers[i].instead);
    }
    return false;
}
