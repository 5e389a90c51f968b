/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "extcap-capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extcap-interfaces.h"
#include "frontend/log-file.h"
#include "frontend/output-descriptor.h"
#include "frontend/signals.h"
#include "pktmon/errors.h"

#define NO_READER_NAP_US 20000
#define DECLINE_US       (2 * G_USEC_PER_SEC)

/* Opens an existing file or pipe without O_CREAT, which fs.protected_fifos refuses in /tmp. A pipe
 * without a reader gives ENXIO instead of blocking, so that a signal just before is not missed. */
static int open_path(const char *path)
{
    int flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path, flags | O_TRUNC);

    if (fd < 0 && errno == ENOENT)
        fd = open(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    return fd;
}

/* Waits for the reader of a pipe. -1 without an error: stopped while waiting. */
static int open_output(const char *path, GError **error)
{
    int fd;

    if (g_str_equal(path, "-"))
        return STDOUT_FILENO;
    while ((fd = open_path(path)) < 0 && errno == ENXIO && !frontend_is_stop_wanted())
        g_usleep(NO_READER_NAP_US);
    if (fd >= 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    } else if (!frontend_is_stop_wanted()) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s cannot be written (%s): give --fifo another file.", path,
                    g_strerror(errno));
    }
    return fd;
}

void extcap_decline_capture(const struct extcap_arguments *arguments)
{
    const char *path = arguments->text[EXTCAP_OPTION_FIFO];
    gint64 end = g_get_monotonic_time() + DECLINE_US;
    struct stat status;
    int fd;

    if (!arguments->number[EXTCAP_OPTION_CAPTURE] || !path || stat(path, &status) ||
        !S_ISFIFO(status.st_mode)) {
        return;
    }
    while ((fd = open_path(path)) < 0 && errno == ENXIO && g_get_monotonic_time() < end)
        g_usleep(NO_READER_NAP_US);
    if (fd >= 0)
        close(fd);
}

bool extcap_run_capture(const struct extcap_arguments *arguments, GError **error)
{
    if (!arguments->text[EXTCAP_OPTION_FIFO]) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--capture needs --fifo with the file or pipe to write to.");
        return false;
    }
    if (!frontend_start_log(arguments->text[EXTCAP_OPTION_LOG_FILE],
                            arguments->number[EXTCAP_OPTION_LOG_LEVEL], error)) {
        return false;
    }
    frontend_ignore_write_signals();
    frontend_catch_stop_signals();
    /* Before anything can fail: dumpcap also reports a pipe that was never opened. */
    int fd = open_output(arguments->text[EXTCAP_OPTION_FIFO], error);
    if (fd < 0)
        return frontend_is_stop_wanted();
    const struct extcap_interface *interface =
        extcap_find_interface(arguments->text[EXTCAP_OPTION_INTERFACE]);
    bool ok = interface->capture(arguments, fd, error);
    close(fd);
    return ok;
}
