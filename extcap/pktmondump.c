/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmondump: the live network stack and Windows logs as interfaces of Wireshark (extcap). It
 * parses its command line, and answers a question of Wireshark or captures. It has no privilege
 * itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extcap-capture.h"
#include "discovery.h"
#include "extcap-interfaces.h"
#include "frontend/least-privilege.h"
#include "frontend/message.h"
#include "extcap-arguments.h"
#include "pktmon/errors.h"

/* Questions that it answers; the first one given counts. */
static const struct {
    enum extcap_option_id option;
    void (*answer)(const struct extcap_arguments *arguments);
    bool of_interface;
} questions[] = {
    {EXTCAP_OPTION_HELP, extcap_print_help, false},
    {EXTCAP_OPTION_VERSION, extcap_print_version, false},
    {EXTCAP_OPTION_INTERFACES, extcap_print_interfaces, false},
    {EXTCAP_OPTION_DLTS, extcap_print_dlts, true},
    {EXTCAP_OPTION_CONFIG, extcap_print_config, true},
};

static bool check_interface(const struct extcap_arguments *arguments, GError **error)
{
    const char *name = arguments->text[EXTCAP_OPTION_INTERFACE];

    if (extcap_find_interface(name))
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "There is no interface \"%s\" here: use %s.", name, extcap_interfaces->value);
    return false;
}

static bool answer_or_capture(const struct extcap_arguments *arguments, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
        if (arguments->number[questions[i].option]) {
            if (questions[i].of_interface && !check_interface(arguments, error))
                return false;
            questions[i].answer(arguments);
            return true;
        }
    }
    if (!check_interface(arguments, error))
        return false;
    if (arguments->number[EXTCAP_OPTION_CAPTURE])
        return extcap_run_capture(arguments, error);
    if (arguments->text[EXTCAP_OPTION_CAPTURE_FILTER]) {
        extcap_find_interface(arguments->text[EXTCAP_OPTION_INTERFACE])->check_filter(arguments);
        return true;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "Nothing to do: give --capture and --fifo, or see pktmondump --help.");
    return false;
}

int main(int argc, char **argv)
{
    struct extcap_arguments arguments;
    g_autoptr(GError) error = NULL;

    if (!frontend_keep_least()) {
        fprintf(stderr, "pktmondump: Its capabilities cannot be dropped: %s.\n", strerror(errno));
        return EXIT_FAILURE;
    }
    bool understood = extcap_parse_options(&arguments, argc, argv, &error);
    if (!understood)
        extcap_decline_capture(&arguments);
    if (!understood || !answer_or_capture(&arguments, &error)) {
        frontend_print_error("pktmondump", error);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
