/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface pktmon-etl: converts a Windows log. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "extcap-capture.h"
#include "etl-reader/convert.h"
#include "extcap-interfaces.h"
#include "frontend/capture-options.h"
#include "frontend/output-descriptor.h"
#include "frontend/signals.h"
#include "pktmon/session.h"

#define NO_FILTER                                                                                  \
    "A Windows log is opened whole: leave the capture filter empty and use a display filter."

static bool go_on(void *user, uint64_t done, uint64_t all)
{
    (void)done, (void)all;
    return !frontend_is_stop_wanted() && !frontend_has_reader_gone(*(const int *)user);
}

/* Wireshark shows standard error as a failure, so warnings go to the log. */
static void log_warnings(void *user, const struct provider *provider)
{
    g_autoptr(GPtrArray) warnings = etl_warnings(provider);

    (void)user;
    for (guint i = 0; i < warnings->len; i++)
        g_warning("%s", (const char *)g_ptr_array_index(warnings, i));
}

/* A reader that neither reads nor closes the pipe must not block the end. */
#define STOP_S 2

static void on_alarm(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

static void end_soon(void)
{
    alarm(STOP_S);
}

static void set_end(void)
{
    const struct sigaction action = {.sa_handler = on_alarm};

    sigaction(SIGALRM, &action, NULL);
    frontend_set_stop_hook(end_soon);
}

/* A stop by the user, or a reader that has gone, is no failure. */
static bool is_stopped(int fd, GError **error)
{
    bool stopped = frontend_is_stop_wanted() || frontend_has_reader_gone(fd);

    if (stopped)
        g_clear_error(error);
    return stopped;
}

bool extcap_capture_log(const struct extcap_arguments *arguments, int fd, GError **error)
{
    const char *const paths[] = {arguments->text[EXTCAP_OPTION_FILE], NULL};
    struct etl_conversion conversion = {.view = arguments->capture.view,
                                        .dropped_only =
                                            arguments->capture.type == PKTMON_CAPTURE_DROPPED,
                                        .fd = fd,
                                        .carrier = frontend_log_carrier(&arguments->log, fd),
                                        .application = "pktmondump " PKTMON_VERSION,
                                        .progress = go_on,
                                        .user = &fd};

    if (!paths[0] || !*paths[0]) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "Choose the Windows log to open: give --file.");
        return false;
    }
    if (arguments->given[EXTCAP_OPTION_CAPTURE_FILTER]) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, NO_FILTER);
        return false;
    }
    if (conversion.dropped_only && conversion.view == PKTMON_VIEW_APPEARANCES) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, "%s",
                    frontend_no_dropped_appearances);
        return false;
    }
    etl_options_init(&conversion.events);
    frontend_apply_log_settings(&arguments->log, &conversion.events);
    conversion.events.flow = arguments->capture.type != PKTMON_CAPTURE_DROP;
    conversion.events.drops = arguments->capture.type != PKTMON_CAPTURE_FLOW;
    set_end();
    return etl_convert(paths, &conversion, log_warnings, error) || is_stopped(fd, error);
}

void extcap_check_log_filter(const struct extcap_arguments *arguments)
{
    if (*arguments->text[EXTCAP_OPTION_CAPTURE_FILTER])
        puts(NO_FILTER);
}
