/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sessions POINTS EXPRESSION ...: runs a session for each expression of pcap-filter(7), all in this
 * process, each with a stream that keeps 128 bytes of each packet. Prints "ready", and after
 * SIGTERM the number of packets that all streams together got, and missed.
 */
#include <pktmon/pktmon.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_BYTES 128

struct watch {
    struct pktmon_session *session;
    struct pktmon_stream *stream;
    uint64_t packets;
};

static void on_event(void *context, const struct pktmon_event *event,
                     const struct pktmon_missed *missed)
{
    struct watch *watch = context;

    (void)missed;
    watch->packets += event->record == PKTMON_RECORD_PACKET;
}

static bool start(struct pktmon_monitor *monitor, struct watch *watch, const char *points,
                  const char *expression, GError **error)
{
    struct pktmon_session_options session;
    struct pktmon_stream_options stream;

    pktmon_session_options_init(&session);
    session.points = strcmp(points, "stack") == 0 ? PKTMON_POINTS_STACK : PKTMON_POINTS_DEVICES;
    pktmon_stream_options_init(&stream);
    stream.view = PKTMON_VIEW_APPEARANCES; /* its figures are per record */
    stream.truncation_size = PACKET_BYTES;
    stream.event = on_event;
    stream.context = watch;
    return (watch->stream = pktmon_stream_new(monitor, &stream, error)) &&
           (watch->session = pktmon_session_new(monitor, expression, &session, error)) &&
           pktmon_session_add_expression(watch->session, expression, false, error) &&
           pktmon_session_attach(watch->session, watch->stream, error) &&
           pktmon_session_set_active(watch->session, true, error);
}

static void end(struct watch *watches, int count)
{
    uint64_t packets = 0, missed = 0;

    for (int i = 0; i < count; i++) {
        pktmon_session_set_active(watches[i].session, false, NULL);
        const struct pktmon_missed lost = pktmon_stream_missed(watches[i].stream);
        packets += watches[i].packets;
        missed += lost.write + lost.read;
        pktmon_session_free(watches[i].session);
        pktmon_stream_free(watches[i].stream);
    }
    printf("%" PRIu64 " %" PRIu64 "\n", packets, missed);
}

int main(int argc, char **argv)
{
    int count = argc - 2, signal_number;
    g_autofree struct watch *watches = g_new0(struct watch, MAX(count, 1));
    struct pktmon_monitor *monitor = pktmon_monitor_new("ebpf", NULL);
    g_autoptr(GError) error = NULL;
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    for (int i = 0; i < count; i++) {
        if (!start(monitor, &watches[i], argv[1], argv[i + 2], &error)) {
            fprintf(stderr, "sessions: %s\n", error->message);
            return EXIT_FAILURE;
        }
    }
    puts("ready");
    fflush(stdout);
    sigwait(&ends, &signal_number);
    end(watches, count);
    pktmon_monitor_free(monitor);
    return EXIT_SUCCESS;
}
