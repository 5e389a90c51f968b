/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmondump: the live network stack, and Windows logs, as interfaces of Wireshark (extcap). Thin:
 * it parses, and answers Wireshark's questions or captures. Without privilege of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "discovery.h"
#include "interfaces.h"
#include "least.h"
#include "options.h"
#include "provider.h"

/* What can be asked for, the first one given counts. */
static const struct {
    enum option_id option;
    void (*answer)(const struct arguments *arguments);
    bool of_interface;
} questions[] = {
    {OPTION_HELP, discovery_help, false},
    {OPTION_VERSION, discovery_version, false},
    {OPTION_INTERFACES, discovery_interfaces, false},
    {OPTION_DLTS, discovery_dlts, true},
    {OPTION_CONFIG, discovery_config, true},
};

static bool check_interface(const struct arguments *arguments, GError **error)
{
    const char *name = arguments->text[OPTION_INTERFACE];

    if (interface_find(name)) {
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "There is no interface \"%s\" here: use %s.", name, interfaces->value);
    return false;
}

static bool answer_or_capture(const struct arguments *arguments, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
        if (arguments->number[questions[i].option]) {
            if (questions[i].of_interface && !check_interface(arguments, error)) {
                return false;
            }
            questions[i].answer(arguments);
            return true;
        }
    }
    if (!check_interface(arguments, error)) {
        return false;
    }
    if (arguments->number[OPTION_CAPTURE]) {
        return capture_run(arguments, error);
    }
    if (arguments->text[OPTION_CAPTURE_FILTER]) {
        interface_find(arguments->text[OPTION_INTERFACE])->check_filter(arguments);
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "Nothing to do: give --capture and --fifo, or see pktmondump --help.");
    return false;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    g_autoptr(GError) error = NULL;

    if (!pktmon_keep_least()) {
        fprintf(stderr, "pktmondump: Its capabilities cannot be given up: %s.\n", strerror(errno));
        return EXIT_FAILURE;
    }
    bool understood = options_parse(&arguments, argc, argv, &error);
    if (!understood) {
        capture_decline(&arguments);
    }
    if (!understood || !answer_or_capture(&arguments, &error)) {
        fprintf(stderr, "pktmondump: %s\n", error->message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
