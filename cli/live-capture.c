/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run of a capture: its events become files, a status line, and the reason to stop. */
#include "live.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "capture-status.h"
#include "plural.h"
#include "reader.h"
#include "ring-words.h"
#include "signals.h"
#include "table.h"

/* For who reads only the end of a pipe, such as dumpcap's ring files. */
#define DESCRIPTIONS_INTERVAL_US (10 * G_USEC_PER_SEC)

#define NS_PER_US 1000

struct capturing {
    struct pktmon_receiver receiver; /* first: the session hands it back to us */
    const struct live_capturing *options;
    struct pktmon_session *session;
    struct capture_status status;
    struct stop_watch watch;
    struct ring_files files;
    bool is_pipe;
    struct pktmon_stream *stream; /* NULL: nothing is written */
    bool keeps_packets;           /* there are files after it, which are for packets */
    struct ring_words words;      /* of these files */
    bool begun;
    bool done;           /* the output takes no more */
    GError *error;       /* why; NULL where the reader has gone */
    uint64_t newest;     /* time of the newest event */
    gint64 descriptions; /* us, monotonic: when they were repeated last */
};

/* --- what is written --- */

/* After a failure of the output the capture ends. Takes ownership of error. */
static void output_done(struct capturing *capturing, bool good, GError *error)
{
    if (good)
        return;
    capturing->done = true;
    capture_status_written(&capturing->status, pktmon_stream_written(capturing->stream));
    capture_status_failed(&capturing->status);
    if (pktmon_stream_closed(capturing->stream))
        g_clear_error(&error);
    if (capturing->error)
        g_clear_error(&error);
    else
        capturing->error = error;
    pktmon_session_stop(capturing->session);
}

static bool is_written(const struct capturing *capturing)
{
    return capturing->stream && !capturing->done;
}

static bool is_regular_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static bool has_filters(const struct pktmon_session_options *session)
{
    return (session->capture_filter && *session->capture_filter) ||
           (session->filters && *session->filters);
}

/* The file has its header while the capture starts: who reads along finds it. */
static void open_stream(struct capturing *capturing)
{
    GError *error = NULL;
    capturing->is_pipe = !is_regular_file(capturing->files.fd);
    const struct pktmon_stream_options options = {
        .fd = capturing->files.fd,
        .carrier = capturing->is_pipe ? PKTMON_CARRIER_FRAMES : PKTMON_CARRIER_BLOCKS,
        .live = true,
        .matches_only = has_filters(&capturing->options->session),
        .application = "pktmon " PKTMON_VERSION,
    };
    capturing->stream = pktmon_stream_new(&options, pktmon_session_registry(capturing->session),
                                          pktmon_session_capture(capturing->session));
    capturing->keeps_packets =
        file_limits_are_set(&capturing->files.limits) && !capturing->options->session.counters_only;
    ring_words_init(&capturing->words, capturing->stream, &capturing->files.limits);
    bool good = pktmon_stream_open(capturing->stream, &error);
    output_done(capturing, good, error);
}

static void begin_stream(struct capturing *capturing)
{
    GError *error = NULL;
    capturing->files.opened = capturing->descriptions = g_get_monotonic_time();
    if (capturing->done)
        return;
    bool good = pktmon_stream_begin(capturing->stream, capturing->newest, &error);
    output_done(capturing, good, error);
}

/* All that the capture is and cannot see is known now. */
static void begin(struct capturing *capturing)
{
    if (capturing->begun)
        return;
    capturing->begun = true;
    live_print_missing(pktmon_session_capture(capturing->session));
    capturing->watch = stop_watch_begin(&capturing->options->stop);
    if (capturing->stream)
        begin_stream(capturing);
}

static uint64_t size_of_file(const struct capturing *capturing)
{
    return capturing->stream ? pktmon_stream_size(capturing->stream) : 0;
}

/* What is not in the file is not counted. */
static void write_event(void *context, const struct pktmon_event *event)
{
    struct capturing *capturing = context;
    GError *error = NULL;
    uint64_t before = size_of_file(capturing);
    if (is_written(capturing)) {
        bool good = pktmon_stream_write(capturing->stream, event, &error);
        output_done(capturing, good, error);
    }
    if (capturing->done)
        return;
    capture_status_take(&capturing->status, event, size_of_file(capturing));
    if (event->record != PKTMON_RECORD_PACKET)
        ring_words_count(&capturing->words, size_of_file(capturing) - before);
}

static void flush(struct capturing *capturing)
{
    GError *error = NULL;
    if (is_written(capturing)) {
        bool good = pktmon_stream_flush(capturing->stream, &error);
        output_done(capturing, good, error);
    }
    if (!capturing->done)
        capture_status_written(&capturing->status, UINT64_MAX);
}

static bool open_next_file(struct capturing *capturing, GError **error)
{
    int fd = ring_files_create_next(&capturing->files, error);
    if (fd < 0)
        return false;
    flush(capturing); /* counts what is in the file that ends */
    bool good =
        !capturing->done && pktmon_stream_continue(capturing->stream, fd, capturing->newest, error);
    return ring_files_advance(&capturing->files, fd, good ? error : NULL) && good;
}

static bool is_full(const struct capturing *capturing)
{
    return is_written(capturing) && ring_files_are_due(&capturing->files, size_of_file(capturing));
}

/* Between two events: each is in one file, and none is in no file. */
static void change_files(struct capturing *capturing)
{
    GError *error = NULL;
    bool good = open_next_file(capturing, &error);
    output_done(capturing, good, error);
}

static void repeat_descriptions(struct capturing *capturing)
{
    GError *error = NULL;
    gint64 now = g_get_monotonic_time();
    if (!is_written(capturing) || !capturing->is_pipe ||
        now - capturing->descriptions < DESCRIPTIONS_INTERVAL_US)
        return;
    capturing->descriptions = now;
    bool good = pktmon_stream_repeat_descriptions(capturing->stream, capturing->newest, &error);
    output_done(capturing, good, error);
}

/* A closed pipe is noticed even while there is nothing to write to it. */
static void look_for_reader(struct capturing *capturing)
{
    if (capturing->is_pipe && reader_has_gone(capturing->files.fd)) {
        capturing->done = true;
        pktmon_session_stop(capturing->session);
    }
}

/* What of the words of ring files found no room is said here. */
static void end_words(struct capturing *capturing)
{
    if (!capturing->keeps_packets || !is_written(capturing))
        return;
    uint64_t left = ring_words_end(&capturing->words, capturing->newest, write_event, capturing);
    if (left > 0)
        fprintf(stderr,
                "Not written: %" PRIu64
                " %s, as these have a quarter of each file: choose a larger "
                "-b filesize.\n",
                left, PLURAL(left, "counter or event", "counters and events"));
}

static void end_stream(struct capturing *capturing)
{
    GError *error = NULL;
    end_words(capturing);
    if (!is_written(capturing))
        return;
    bool good = pktmon_stream_end(capturing->stream, capturing->newest, &error);
    output_done(capturing, good, error);
    if (good)
        capture_status_written(&capturing->status, UINT64_MAX);
}

/* --- what the session hands over --- */

static void look_for_end(struct capturing *capturing)
{
    if (stop_watch_ends(&capturing->watch, capturing->files.bytes + size_of_file(capturing)))
        pktmon_session_stop(capturing->session);
}

/* Another file begins with a packet, so that no file that is kept is without one. */
static void take_for_ring(struct capturing *capturing, const struct pktmon_event *event)
{
    bool full = is_full(capturing);
    if (event->record != PKTMON_RECORD_PACKET) {
        if (ring_words_admit(&capturing->words, event, full))
            write_event(capturing, event);
        return;
    }
    if (full)
        change_files(capturing);
    write_event(capturing, event);
    if (full)
        ring_words_begin_file(&capturing->words, capturing->newest, write_event, capturing);
}

/* The file of the last event is not left for an empty one. */
static void take_for_file(struct capturing *capturing, const struct pktmon_event *event)
{
    if (is_full(capturing))
        change_files(capturing);
    write_event(capturing, event);
}

/* What goes on when the command has ended is told here, too. */
static void print_notice(const struct pktmon_event *event)
{
    if (event->record != PKTMON_RECORD_EVENT || event->notice.id != PKTMON_NOTICE_HOOKS_STAY)
        return;
    g_autofree char *text = printable(event->notice.message);
    fprintf(stderr, "%s\n", text);
}

static void take_event(struct pktmon_receiver *receiver, const struct pktmon_event *event)
{
    struct capturing *capturing = (struct capturing *)receiver;
    begin(capturing);
    print_notice(event);
    if (capturing->done)
        return; /* nor is it counted */
    if (event->record == PKTMON_RECORD_PACKET && !stop_watch_admits(&capturing->watch, event))
        return;
    capturing->newest = MAX(capturing->newest, event->time);
    if (capturing->keeps_packets)
        take_for_ring(capturing, event);
    else
        take_for_file(capturing, event);
    look_for_end(capturing);
}

static void caught_up(struct pktmon_receiver *receiver)
{
    struct capturing *capturing = (struct capturing *)receiver;
    begin(capturing);
    repeat_descriptions(capturing);
    flush(capturing);
    look_for_reader(capturing);
    look_for_end(capturing);
    capture_status_refresh(&capturing->status);
    if (signals_user_came())
        capture_status_print(&capturing->status, NULL);
}

/* --- the run --- */

static bool end(struct capturing *capturing, bool good, GError **error)
{
    g_autoptr(GError) not_closed = NULL;
    end_stream(capturing);
    ring_words_clear(&capturing->words);
    pktmon_stream_free(capturing->stream);
    bool closed = ring_files_close(&capturing->files, capturing->begun, &not_closed);
    g_autofree char *files = ring_files_summary(&capturing->files);
    if (capturing->begun)
        capture_status_print(&capturing->status, files);
    ring_files_clear(&capturing->files);
    if (!good || (!capturing->error && closed))
        return good;
    g_propagate_error(error, capturing->error ? g_steal_pointer(&capturing->error)
                                              : g_steal_pointer(&not_closed));
    return false;
}

static bool run(struct capturing *capturing, GError **error)
{
    const struct live_capturing *options = capturing->options;
    /* Before the capture, so that a path that is none is told at once. */
    if (!ring_files_open(&capturing->files, options->path, &options->files, error))
        return false;
    pktmon_session_add_output(capturing->session, capturing->files.fd);
    capture_status_init(&capturing->status, options->session.counters_only);
    if (capturing->files.fd >= 0)
        open_stream(capturing);
    signals_stop(capturing->session);
    signals_note_user();
    /* A file that does not even take its header is told of at once. */
    bool good =
        capturing->done || pktmon_session_run_to(capturing->session, &capturing->receiver, error);
    signals_forget();
    good = end(capturing, good, error);
    capture_status_clear(&capturing->status);
    return good;
}

bool live_capture(const struct live_capturing *options, GError **error)
{
    struct capturing capturing = {
        .receiver = {.event = take_event, .caught_up = caught_up},
        .options = options,
        .session = pktmon_session_new(&options->session, error),
        .newest = (uint64_t)g_get_real_time() * NS_PER_US, /* no event is older */
    };
    if (!capturing.session)
        return false;
    bool good = run(&capturing, error);
    pktmon_session_free(capturing.session);
    g_clear_error(&capturing.error);
    return good;
}
