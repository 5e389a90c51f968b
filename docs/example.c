/* SPDX-License-Identifier: GPL-2.0-or-later */
/* example FILTER SECONDS: prints the packets that match a filter in the words of `pktmon filter
 * add`
 * ("-p 443 -t tcp"). Built by: cc example.c $(pkg-config --cflags --libs libpktmon) */
#include <pktmon/pktmon.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs in the stream's thread; the event is ours for the length of the call. */
static void on_event(void *context, const struct pktmon_event *event,
                     const struct pktmon_missed *missed)
{
    struct pktmon_realtime_stream *const *stream = context;
    const struct pktmon_component *component =
        pktmon_realtime_stream_component(*stream, event->component);

    (void)missed; /* until this event; all of them are asked for at the end */
    if (event->record == PKTMON_RECORD_PACKET) {
        printf("packet %" PRIu64 ".%u of %u bytes at %s%s%s\n", event->packet.group,
               event->packet.appearance, event->packet.origlen,
               component ? component->name : "no component",
               event->packet.dropped ? ", dropped: " : "",
               event->packet.drop_reason ? event->packet.drop_reason : "");
    }
}

int main(int argc, char **argv)
{
    struct pktmon_realtime_stream *stream = NULL;
    struct pktmon_live_session *session = NULL;
    struct pktmon_realtime_stream_options options;
    struct pktmon_constraint constraint;
    GError *error = NULL;

    pktmon_realtime_stream_options_init(&options); /* 128 bytes of each packet, 16 MiB */
    options.event = on_event;
    options.context = &stream;
    struct pktmon_monitor *monitor = pktmon_monitor_new(NULL, &error);
    struct pktmon_registry *sources = monitor ? pktmon_monitor_data_sources(monitor, &error) : NULL;
    bool good = sources != NULL;
    if (good) {
        GPtrArray *list = pktmon_registry_list(sources);
        printf("%u data sources\n", list->len);
        g_ptr_array_unref(list);
    }
    good = good && pktmon_constraint_parse(&constraint, argc > 1 ? argv[1] : "-t icmp", &error) &&
           (session = pktmon_monitor_session_new(monitor, "example", NULL, &error)) != NULL &&
           (stream = pktmon_realtime_stream_new(monitor, &options, &error)) != NULL &&
           pktmon_live_session_add_constraint(session, &constraint, &error) &&
           pktmon_live_session_attach(session, stream, &error) &&
           pktmon_live_session_set_active(session, true, &error);
    if (good) {
        g_usleep((gulong)(argc > 2 ? atoi(argv[2]) : 5) * G_USEC_PER_SEC);
        good = pktmon_live_session_set_active(session, false, &error);
        const struct pktmon_missed missed = pktmon_realtime_stream_missed(stream);
        printf("missed: %" PRIu64 " before the stream, %" PRIu64 " by it\n", missed.write,
               missed.read);
    }
    if (!good) {
        fprintf(stderr, "example: %s\n", error->message);
        g_clear_error(&error);
    }
    pktmon_live_session_free(session);
    pktmon_realtime_stream_free(stream);
    pktmon_registry_free(sources);
    pktmon_monitor_free(monitor);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
