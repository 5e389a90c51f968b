/* SPDX-License-Identifier: GPL-2.0-or-later */
/* example [FILTER [SECONDS]]: prints the packets that match a filter in the syntax of Windows'
 * `pktmon filter add`. Build: cc example.c $(pkg-config --cflags --libs libpktmon) */
#include <pktmon/pktmon.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const fates[] = {
#define X(NAME, number, name) [number] = (name),
    PKTMON_FATES(X)
#undef X
};

/* Runs in the stream's thread. The event is valid for this call only. */
static void on_event(void *context, const struct pktmon_event *event,
                     const struct pktmon_missed *missed)
{
    const struct pktmon_journey *journey = event->journey;

    (void)context;
    (void)missed; /* up to this event; capture() prints the numbers at the end */
    if (event->record != PKTMON_RECORD_JOURNEY)
        return;
    printf("packet %" PRIu64 " of %u bytes: %s: %s\n", journey->group, journey->origlen,
           journey->path, fates[journey->fate]);
}

static bool list_data_sources(struct pktmon_monitor *monitor, GError **error)
{
    struct pktmon_registry *sources = pktmon_monitor_data_sources(monitor, error);

    if (!sources)
        return false;
    g_autoptr(GPtrArray) list = pktmon_registry_list(sources);
    printf("%u data sources\n", list->len);
    pktmon_registry_free(sources);
    return true;
}

static bool capture(struct pktmon_session *session, struct pktmon_stream *stream,
                    const char *filter, int seconds, GError **error)
{
    struct pktmon_constraint constraint;

    if (!pktmon_constraint_parse(&constraint, filter, error) ||
        !pktmon_session_add_constraint(session, &constraint, error) ||
        !pktmon_session_attach(session, stream, error) ||
        !pktmon_session_set_active(session, true, error))
        return false;
    g_usleep((gulong)seconds * G_USEC_PER_SEC);
    if (!pktmon_session_set_active(session, false, error))
        return false;

    const struct pktmon_missed missed = pktmon_stream_missed(stream);
    printf("missed: %" PRIu64 " before the stream, %" PRIu64 " by it\n", missed.write, missed.read);
    return true;
}

int main(int argc, char **argv)
{
    const char *filter = argc > 1 ? argv[1] : "-t icmp";
    int seconds = argc > 2 ? atoi(argv[2]) : 5;
    struct pktmon_session *session = NULL;
    struct pktmon_stream *stream = NULL;
    struct pktmon_stream_options options;
    GError *error = NULL;

    pktmon_stream_options_init(&options); /* 128 bytes of each packet, a buffer of 16 MiB */
    options.event = on_event;

    struct pktmon_monitor *monitor = pktmon_monitor_new(NULL, &error);
    bool ok = monitor && list_data_sources(monitor, &error) &&
              (session = pktmon_session_new(monitor, "example", NULL, &error)) &&
              (stream = pktmon_stream_new(monitor, &options, &error)) &&
              capture(session, stream, filter, seconds, &error);

    if (!ok) {
        fprintf(stderr, "example: %s\n", error->message);
        g_clear_error(&error);
    }
    pktmon_session_free(session);
    pktmon_stream_free(stream);
    pktmon_monitor_free(monitor);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
