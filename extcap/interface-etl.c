/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon-etl: a Windows log. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture.h"
#include "convert.h"
#include "interfaces.h"
#include "session.h"

#define NO_FILTER                                                                                  \
    "A Windows log is opened whole: leave the capture filter empty and use a display filter."

static bool go_on(void *user, uint64_t done, uint64_t all)
{
    (void)done, (void)all;
    return !capture_stop_wanted() && capture_is_read(*(const int *)user);
}

/* Wireshark shows what stands on the standard error as a failure, so this goes to the log. */
static void log_warnings(void *user, const struct pktmon_provider *provider)
{
    g_autoptr(GPtrArray) warnings = pktmon_etl_warnings(provider);

    (void)user;
    for (guint i = 0; i < warnings->len; i++) {
        g_warning("%s", (const char *)g_ptr_array_index(warnings, i));
    }
}

/* A reader of the pipe that neither reads nor goes away must not keep what the user has ended. */
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
    capture_set_stop_hook(end_soon);
}

/* That the user ended it, or that nobody reads it any more, is no failure. */
static bool is_stopped(int fd, GError **error)
{
    bool stopped = capture_stop_wanted() || !capture_is_read(fd);

    if (stopped) {
        g_clear_error(error);
    }
    return stopped;
}

bool etl_capture(const struct arguments *arguments, int fd, GError **error)
{
    const char *const paths[] = {arguments->text[OPTION_FILE], NULL};
    struct pktmon_etl_conversion conversion = {.fd = fd,
                                               .carrier = capture_carrier(arguments, fd),
                                               .application = "pktmondump " PKTMON_VERSION,
                                               .progress = go_on,
                                               .user = &fd};

    if (!paths[0] || !*paths[0]) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "Choose the Windows log to open: give --file.");
        return false;
    }
    if (arguments->given[OPTION_CAPTURE_FILTER]) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, NO_FILTER);
        return false;
    }
    pktmon_etl_options_init(&conversion.events);
    conversion.events.flow = arguments->number[OPTION_TYPE] != PKTMON_CAPTURE_DROP;
    conversion.events.drops = arguments->number[OPTION_TYPE] != PKTMON_CAPTURE_FLOW;
    pktmon_etl_limits_set(&conversion.events.limits, arguments->number[OPTION_MAX_MEMORY],
                          arguments->number[OPTION_MAX_TEXT], arguments->number[OPTION_MAX_OUTPUT]);
    set_end();
    return pktmon_etl_convert(paths, &conversion, log_warnings, error) || is_stopped(fd, error);
}

void etl_check_filter(const struct arguments *arguments)
{
    if (*arguments->text[OPTION_CAPTURE_FILTER]) {
        puts(NO_FILTER);
    }
}
