/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interfaces.h"
#include "log.h"

#define NO_READER_NAP_US 20000
#define DECLINE_US       (2 * G_USEC_PER_SEC)

static const int stop_signals[] = {SIGTERM, SIGINT, SIGHUP};
static void (*volatile stop_hook)(void);
static volatile sig_atomic_t stop_wanted;

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
    if (stop_hook) {
        stop_hook();
    }
}

static void catch_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction stop = {.sa_handler = on_stop_signal};

    sigaction(SIGPIPE, &ignore, NULL); /* a closed pipe is seen as EPIPE */
    sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow as EFBIG */
    for (size_t i = 0; i < G_N_ELEMENTS(stop_signals); i++) {
        sigaction(stop_signals[i], &stop, NULL);
    }
}

void capture_set_stop_hook(void (*hook)(void))
{
    stop_hook = hook;
    if (hook && stop_wanted) {
        hook();
    }
}

bool capture_is_read(int fd)
{
    struct pollfd reader = {.fd = fd};

    return poll(&reader, 1, 0) <= 0 || !(reader.revents & (POLLERR | POLLHUP));
}

bool capture_stop_wanted(void)
{
    return stop_wanted;
}

/* An existing file or pipe is opened without O_CREAT, which fs.protected_fifos would refuse in
 * /tmp. A pipe without a reader gives ENXIO instead of blocking, so that a signal that comes just
 * before is not overlooked. */
static int open_path(const char *path)
{
    int flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path, flags | O_TRUNC);

    if (fd < 0 && errno == ENOENT) {
        fd = open(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    }
    return fd;
}

/* Waits for the reader of a pipe. -1 without an error: stopped before there was one. */
static int open_output(const char *path, GError **error)
{
    int fd;

    if (g_str_equal(path, "-")) {
        return STDOUT_FILENO;
    }
    while ((fd = open_path(path)) < 0 && errno == ENXIO && !stop_wanted) {
        g_usleep(NO_READER_NAP_US);
    }
    if (fd >= 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    } else if (!stop_wanted) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s cannot be written (%s): give --fifo another file.", path,
                    g_strerror(errno));
    }
    return fd;
}

void capture_decline(const struct arguments *arguments)
{
    const char *path = arguments->text[OPTION_FIFO];
    gint64 end = g_get_monotonic_time() + DECLINE_US;
    struct stat status;
    int fd;

    if (!arguments->number[OPTION_CAPTURE] || !path || stat(path, &status) ||
        !S_ISFIFO(status.st_mode)) {
        return;
    }
    while ((fd = open_path(path)) < 0 && errno == ENXIO && g_get_monotonic_time() < end) {
        g_usleep(NO_READER_NAP_US);
    }
    if (fd >= 0) {
        close(fd);
    }
}

enum pktmon_carrier capture_carrier(const struct arguments *arguments, int fd)
{
    struct stat status;

    if (arguments->given[OPTION_METADATA]) {
        return arguments->number[OPTION_METADATA];
    }
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? PKTMON_CARRIER_BLOCKS
                                                              : PKTMON_CARRIER_FRAMES;
}

bool capture_run(const struct arguments *arguments, GError **error)
{
    if (!arguments->text[OPTION_FIFO]) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--capture needs --fifo with the file or pipe to write to.");
        return false;
    }
    if (!log_start(arguments->text[OPTION_LOG_FILE], arguments->number[OPTION_LOG_LEVEL], error)) {
        return false;
    }
    catch_signals();
    /* Before anything can fail: a pipe that nobody opened makes dumpcap complain as well. */
    int fd = open_output(arguments->text[OPTION_FIFO], error);
    if (fd < 0) {
        return stop_wanted;
    }
    const struct interface *interface = interface_find(arguments->text[OPTION_INTERFACE]);
    bool good = interface->capture(arguments, fd, error);
    close(fd);
    return good;
}
