/* SPDX-License-Identifier: GPL-2.0-or-later */
/* example-file FILE: captures drops to a pcapng file until Ctrl-C.
 * Build: cc example-file.c $(pkg-config --cflags --libs libpktmon) */
#include <pktmon/pktmon.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct pktmon_session *session;

static void stop(int number)
{
    (void)number;
    pktmon_session_stop(session); /* async-signal-safe */
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    struct pktmon_session_options options;
    GError *error = NULL;

    if (fd < 0) {
        fprintf(stderr, "Usage: example-file FILE, a file that can be written\n");
        return EXIT_FAILURE;
    }
    pktmon_session_options_init(&options);
    options.type = PKTMON_CAPTURE_DROP;
    options.counters_interval_ms = 1000;

    struct pktmon_monitor *monitor = pktmon_monitor_new(NULL, &error);
    session = monitor ? pktmon_session_new(monitor, "drops", &options, &error) : NULL;
    if (session)
        signal(SIGINT, stop);
    signal(SIGPIPE, SIG_IGN); /* FILE may be a pipe: if its reader goes, the run ends */
    bool ok = session && pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error);

    if (!ok) {
        fprintf(stderr, "example-file: %s\n", error->message);
        g_clear_error(&error);
    }
    signal(SIGINT, SIG_DFL);
    pktmon_session_free(session);
    pktmon_monitor_free(monitor);
    close(fd);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
