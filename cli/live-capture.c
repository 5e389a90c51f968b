/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a capture: writes its events to files, keeps the status line, and checks the stop
 * conditions. */
#include "live.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "capture-status.h"
#include "capture/callback-sink.h"
#include "capture/file-sink.h"
#include "event-lines.h"
#include "frontend/capture-check.h"
#include "frontend/message.h"
#include "frontend/output-descriptor.h"
#include "frontend/signals.h"
#include "frontend/stop-session.h"
#include "model/plural.h"
#include "packet-groups.h"
#include "pktmon/monitor.h"
#include "ring-records.h"
#include "session/session-run.h"

#define NS_PER_US 1000

struct capturing {
    const struct cli_live_capturing *options;
    struct pktmon_session *session;
    struct cli_capture_status status;
    struct cli_stop_watch watch;
    struct cli_packet_groups *groups;
    bool is_new; /* the event is one more packet */
    struct cli_ring_files files;
    struct file_sink *file; /* the session's; NULL: nothing is written */
    bool keeps_packets;     /* ring files: other records must not push packets out of them */
    struct cli_ring_records records; /* for ring files */
    struct cli_event_lines *lines;   /* NULL: nothing is shown */
    bool begun;
    bool failed;     /* nothing more can be written */
    uint64_t newest; /* time of the newest event */
};

/* --- output --- */

/* A start takes seconds, in which there are no lines. */
static void begin_lines(struct capturing *capturing)
{
    const struct cli_stop_conditions *stop = &capturing->options->stop;
    bool has_condition = stop->packets || stop->seconds || stop->kilobytes || stop->reason;
    if (!capturing->lines)
        return;
    cli_event_lines_set_registry(capturing->lines, pktmon_session_registry(capturing->session));
    fprintf(stderr, "Watching until Ctrl-C%s.\n", has_condition ? ", or a condition is met" : "");
}

/* Called when the capture has started: its description and what it cannot see are known. */
static void begin(void *context)
{
    struct capturing *capturing = context;
    if (capturing->begun)
        return;
    capturing->begun = true;
    capturing->files.opened = g_get_monotonic_time();
    cli_live_print_missing(pktmon_session_capture_info(capturing->session));
    begin_lines(capturing);
    capturing->watch = cli_stop_watch_begin(&capturing->options->stop);
}

static uint64_t size_of_file(const struct capturing *capturing)
{
    return capturing->file ? file_sink_size(capturing->file) : 0;
}

/* Events that did not reach the file are not counted. */
static void write_event(void *context, const struct pktmon_event *event)
{
    struct capturing *capturing = context;
    uint64_t before = size_of_file(capturing);
    if (capturing->file && !file_sink_write(capturing->file, event))
        return;
    cli_status_add_event(&capturing->status, event, capturing->is_new, size_of_file(capturing));
    if (!cli_is_packet(event))
        cli_ring_records_count(&capturing->records, size_of_file(capturing) - before);
}

static bool is_full(const struct capturing *capturing)
{
    return capturing->file && !capturing->failed &&
           cli_ring_files_are_due(&capturing->files, size_of_file(capturing));
}

static bool open_next_file(struct capturing *capturing, GError **error)
{
    int fd = cli_ring_files_create_next(&capturing->files, error);
    if (fd < 0)
        return false;
    /* Counts the events of the finished file. */
    bool ok = file_sink_flush(capturing->file);
    if (ok)
        cli_status_mark_written(&capturing->status, UINT64_MAX);
    ok = ok && file_sink_continue(capturing->file, fd, capturing->newest);
    return cli_ring_files_advance(&capturing->files, fd, ok ? error : NULL) || !ok;
}

/* Called between two events, so that each is in exactly one file. */
static void change_files(struct capturing *capturing)
{
    GError *error = NULL;
    if (!open_next_file(capturing, &error))
        file_sink_fail(capturing->file, error);
}

/* Reports the records that did not fit in ring files. */
static void finish(void *context)
{
    struct capturing *capturing = context;
    if (!capturing->keeps_packets)
        return;
    uint64_t left =
        cli_ring_records_end(&capturing->records, capturing->newest, write_event, capturing);
    if (left > 0)
        fprintf(stderr,
                "Not written: %" PRIu64
                " %s, which may take a quarter of each file: choose a larger -b filesize.\n",
                left, PLURAL(left, "counter or event", "counters and events"));
}

static void fail(void *context, uint64_t written)
{
    struct capturing *capturing = context;
    capturing->failed = true;
    cli_status_mark_written(&capturing->status, written);
    cli_status_mark_failed(&capturing->status);
}

/* --- events --- */

static void look_for_end(struct capturing *capturing)
{
    if (cli_stop_watch_ends(&capturing->watch, capturing->files.bytes + size_of_file(capturing)))
        pktmon_session_stop(capturing->session);
}

/* A new ring file begins with a packet, so that each file has one. */
static void take_for_ring(struct capturing *capturing, const struct pktmon_event *event)
{
    bool full = is_full(capturing);
    if (!cli_is_packet(event)) {
        if (cli_ring_records_admit(&capturing->records, event, full))
            write_event(capturing, event);
        return;
    }
    if (full)
        change_files(capturing);
    write_event(capturing, event);
    if (full)
        cli_ring_records_begin_file(&capturing->records, capturing->newest, write_event, capturing);
}

/* The next file is opened for an event, so that the last file is not empty. */
static void take_for_file(struct capturing *capturing, const struct pktmon_event *event)
{
    if (is_full(capturing))
        change_files(capturing);
    write_event(capturing, event);
}

/* What continues after the command has ended is also reported on standard error. */
static void print_notice(void *context, const struct pktmon_event *event)
{
    (void)context;
    if (event->record != PKTMON_RECORD_EVENT || event->notice.id != PKTMON_NOTICE_HOOKS_STAY)
        return;
    g_autofree char *text = frontend_message_text(event->notice.message);
    fprintf(stderr, "%s\n", text);
}

/* Packets beyond the last one are not known. */
static bool is_one_more(struct capturing *capturing, const struct pktmon_event *event)
{
    if (!cli_is_packet(event))
        return false;
    return capturing->watch.full ? !cli_packet_groups_has(capturing->groups, event)
                                 : cli_packet_groups_add(capturing->groups, event);
}

static void take_event(void *context, const struct pktmon_event *event)
{
    struct capturing *capturing = context;
    begin(capturing);
    print_notice(NULL, event);
    capturing->is_new = is_one_more(capturing, event);
    if (cli_is_packet(event) && !cli_stop_watch_admits(&capturing->watch, event, capturing->is_new))
        return;
    capturing->newest = MAX(capturing->newest, event->time);
    if (capturing->keeps_packets)
        take_for_ring(capturing, event);
    else
        take_for_file(capturing, event);
    if (capturing->lines)
        cli_event_lines_take(capturing->lines, event);
    look_for_end(capturing);
}

static void show_lines(struct capturing *capturing)
{
    if (!capturing->lines)
        return;
    cli_event_lines_flush(capturing->lines);
    if (cli_event_lines_are_closed(capturing->lines))
        pktmon_session_stop(capturing->session);
}

static void report_progress(void *context)
{
    struct capturing *capturing = context;
    begin(capturing);
    cli_status_mark_written(&capturing->status, UINT64_MAX);
    show_lines(capturing);
    look_for_end(capturing);
    cli_status_refresh(&capturing->status);
    if (frontend_take_user_signal())
        cli_status_print(&capturing->status, NULL);
}

/* --- run --- */

static struct capture_sink *new_file_sink(struct capturing *capturing)
{
    const struct file_sink_options options = {
        .fd = capturing->files.fd,
        .carrier = frontend_choose_carrier(capturing->files.fd),
        .application = "pktmon " PKTMON_VERSION,
        .quiet = capturing->options->settings.view != PKTMON_VIEW_APPEARANCES,
        .hooks = {.begin = begin,
                  .take = take_event,
                  .miss = print_notice,
                  .caught_up = report_progress,
                  .finish = finish,
                  .fail = fail,
                  .context = capturing},
    };
    capturing->file = file_sink_new(&options);
    capturing->keeps_packets = cli_file_limits_are_set(&capturing->files.limits) &&
                               !capturing->options->settings.counters_only;
    cli_ring_records_init(&capturing->records, capturing->file, &capturing->files.limits);
    return file_sink_base(capturing->file);
}

static struct capture_sink *new_sink(struct capturing *capturing)
{
    const struct callback_sink_calls calls = {
        .event = take_event, .caught_up = report_progress, .context = capturing};
    return capturing->files.fd >= 0 ? new_file_sink(capturing) : callback_sink_new(&calls);
}

static bool end(struct capturing *capturing, bool ok, GError **error)
{
    g_autoptr(GError) not_closed = NULL;
    if (capturing->begun && !capturing->failed)
        cli_status_mark_written(&capturing->status, UINT64_MAX);
    cli_ring_records_clear(&capturing->records);
    bool closed = cli_ring_files_close(&capturing->files, capturing->begun, &not_closed);
    g_autofree char *files = cli_ring_files_describe(&capturing->files);
    if (capturing->begun)
        cli_status_print(&capturing->status, files);
    cli_ring_files_clear(&capturing->files);
    if (ok && !closed)
        g_propagate_error(error, g_steal_pointer(&not_closed));
    return ok && closed;
}

/* False: they could not all be written. */
static bool end_lines(struct capturing *capturing, bool ok, GError **error)
{
    g_autoptr(GError) not_shown = NULL;
    if (!capturing->lines)
        return ok;
    uint64_t left_out;
    bool shown = cli_event_lines_finish(capturing->lines, &left_out, &not_shown);
    if (left_out > 0 && shown && !cli_event_lines_are_closed(capturing->lines))
        fprintf(stderr,
                "Not shown: %" PRIu64 " %s, which %s read too slowly: choose fewer packets, or "
                "write them to a file with -w.\n",
                left_out, PLURAL(left_out, "line", "lines"), PLURAL(left_out, "was", "were"));
    cli_event_lines_free(capturing->lines);
    if (ok && !shown)
        g_propagate_error(error, g_steal_pointer(&not_shown));
    return ok && shown;
}

/* The status line would be among the lines. */
static bool open_lines(struct capturing *capturing, GError **error)
{
    const struct cli_live_capturing *options = capturing->options;
    const struct cli_event_lines_options lines = {
        .fd = STDOUT_FILENO,
        .json = options->json,
        .vxlan_port = options->settings.vxlan_port,
    };
    if (!options->prints)
        return true;
    capturing->status.in_place = false;
    if (!pktmon_session_add_output(capturing->session, STDOUT_FILENO, error))
        return false;
    capturing->lines = cli_event_lines_new(&lines);
    return true;
}

static bool run(struct capturing *capturing, GError **error)
{
    const struct cli_live_capturing *options = capturing->options;
    /* Before the capture starts, so that a wrong path is reported at once. */
    if (!cli_ring_files_open(&capturing->files, options->path, &options->files, error))
        return false;
    cli_status_init(&capturing->status, options->settings.counters_only);
    capturing->groups = cli_packet_groups_new();
    frontend_catch_stop_signals();
    frontend_stop_session_by_signal(capturing->session);
    frontend_catch_user_signal();
    bool ok = open_lines(capturing, error) &&
              pktmon_session_add_output(capturing->session, capturing->files.fd, error) &&
              session_run(capturing->session, new_sink(capturing), error);
    frontend_stop_session_by_signal(NULL);
    ok = end_lines(capturing, ok, error);
    ok = end(capturing, ok, error);
    cli_status_clear(&capturing->status);
    g_clear_pointer(&capturing->groups, cli_packet_groups_free);
    return ok;
}

bool cli_live_capture(const struct cli_live_capturing *options, GError **error)
{
    if (!frontend_check_capture_settings(&options->settings, error))
        return false;
    struct pktmon_monitor *monitor = pktmon_monitor_new(NULL, error);
    struct capturing capturing = {
        .options = options,
        .newest = (uint64_t)g_get_real_time() * NS_PER_US, /* no event is older */
    };
    if (!monitor)
        return false;
    capturing.session = pktmon_session_new(monitor, "capture", &options->settings, error);
    bool ok = capturing.session && run(&capturing, error);
    pktmon_session_free(capturing.session);
    pktmon_monitor_free(monitor);
    return ok;
}
