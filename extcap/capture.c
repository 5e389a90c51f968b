/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "session.h"

#define NO_READER_NAP_US 20000

static const int stop_signals[] = {SIGTERM, SIGINT, SIGHUP};
static struct pktmon_session *volatile session_to_stop;
static volatile sig_atomic_t stop_wanted;

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
    if (session_to_stop) {
        pktmon_session_stop(session_to_stop);
    }
}

static void catch_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction stop = {.sa_handler = on_stop_signal};

    sigaction(SIGPIPE, &ignore, NULL); /* a closed pipe is seen as EPIPE */
    for (size_t i = 0; i < G_N_ELEMENTS(stop_signals); i++) {
        sigaction(stop_signals[i], &stop, NULL);
    }
}

/* A signal from now on stops the session, and one that came before it existed has done so. */
static void set_session_to_stop(struct pktmon_session *session)
{
    session_to_stop = session;
    if (session && stop_wanted) {
        pktmon_session_stop(session);
    }
}

static struct pktmon_session_options session_options(const struct arguments *arguments)
{
    const char *const *text = arguments->text;
    const uint32_t *number = arguments->number;

    return (struct pktmon_session_options){
        .type = number[OPTION_TYPE],
        .points = number[OPTION_POINTS],
        .components = text[OPTION_COMPONENTS],
        .netns = text[OPTION_NETNS],
        .pkt_size = number[OPTION_PKT_SIZE],
        .repeat_size = number[OPTION_REPEAT_SIZE],
        .has_repeat_size = arguments->given[OPTION_REPEAT_SIZE],
        .counters_interval_ms = number[OPTION_COUNTERS_INTERVAL],
        .counters_only = number[OPTION_COUNTERS_ONLY],
        .capture_filter = text[OPTION_CAPTURE_FILTER],
        .buffer_size = number[OPTION_BUFFER_SIZE],
        .provider = text[OPTION_PROVIDER],
    };
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

static enum pktmon_carrier choose_carrier(const struct arguments *arguments, int fd)
{
    struct stat status;

    if (arguments->given[OPTION_METADATA]) {
        return arguments->number[OPTION_METADATA];
    }
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? PKTMON_CARRIER_BLOCKS
                                                              : PKTMON_CARRIER_FRAMES;
}

static bool capture_to(int fd, const struct arguments *arguments, GError **error)
{
    const struct pktmon_session_options options = session_options(arguments);
    struct pktmon_session *session = pktmon_session_new(&options, error);

    if (!session) {
        return false;
    }
    set_session_to_stop(session);
    bool good = pktmon_session_run(session, fd, choose_carrier(arguments, fd), error);
    set_session_to_stop(NULL);
    pktmon_session_free(session);
    return good;
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
    bool good = capture_to(fd, arguments, error);
    close(fd);
    return good;
}
