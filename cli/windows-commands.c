/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of Windows' pktmon that control its driver: each names its counterpart here. */
#include "command.h"
#include "pktmon/errors.h"

#define COMPONENTS "\"pktmon list\" shows the components, and \"pktmon counters\" what passed them."

static const struct {
    const char *command;
    const char *instead;
} answers[] = {
    {"start", "A capture runs as long as its program: run \"pktmon capture -w "
              "FILE\", \"tshark -i pktmon\" to see it, or \"pktmon counters\" to count only."},
    {"stop", "No capture runs in the background: Ctrl-C ends the pktmon, tshark or pktmondump that "
             "captures."},
    {"status", "No capture runs in the background: \"pktmon list\" shows what can be captured, and "
               "\"pktmon counters --live\" what passes."},
    {"filter", "A filter belongs to one capture: give it as \"pktmon capture --filter '-t UDP -p "
               "53'\", or as -f 'udp port 53' in the syntax of pcap-filter(7)."},
    {"reset", "There is nothing to reset: each \"pktmon counters\" starts at zero."},
    {"etl2pcapng", "That is a program of its own; here \"pktmon etl2pcap LOG\" converts a log to "
                   "pcapng."},
    {"component", COMPONENTS},
    {"comp", COMPONENTS},
    {"unload",
     "There is no driver to unload: the kernel unloads the programs of a capture when it ends."},
};

bool cli_run_elsewhere(int argc, char **argv, GError **error)
{
    (void)argc;
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        if (g_str_equal(answers[i].command, argv[0]))
            g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED, answers[i].instead);
    }
    return false;
}
