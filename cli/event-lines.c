/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event-lines.h"

#include <inttypes.h>

#include "frontend/output-descriptor.h"
#include "journey-json.h"
#include "journey-text.h"
#include "line-output.h"
#include "model/plural.h"
#include "pktmon/errors.h"

#define BATCH_SIZE  32768
#define LIMIT       (8u << 20) /* bytes that may wait for the reader: some seconds of lines */
#define PATIENCE_MS 2000       /* at the end, for a reader that does not go on */

struct cli_event_lines {
    struct cli_event_lines_options options;
    struct cli_text_options text_options;
    struct cli_text_packets packets;
    struct cli_json_options json_options;
    struct cli_line_output *output;
    GString *pending; /* whole lines */
    uint64_t pending_lines;
    uint64_t left_out;     /* lines, since the last one that was shown */
    uint64_t left_out_all; /* reported, in all */
    uint64_t newest;       /* time of an event */
};

struct cli_event_lines *cli_event_lines_new(const struct cli_event_lines_options *options)
{
    struct cli_event_lines *lines = g_new0(struct cli_event_lines, 1);
    lines->options = *options;
    lines->text_options =
        (struct cli_text_options){.vxlan_port = options->vxlan_port, .packets = &lines->packets};
    cli_text_options_fit(&lines->text_options, options->fd);
    lines->json_options = (struct cli_json_options){.vxlan_port = options->vxlan_port};
    lines->output = cli_line_output_new(options->fd, LIMIT);
    lines->pending = g_string_new(NULL);
    return lines;
}

void cli_event_lines_free(struct cli_event_lines *lines)
{
    if (!lines)
        return;
    cli_line_output_free(lines->output);
    g_string_free(lines->pending, TRUE);
    g_free(lines);
}

void cli_event_lines_set_registry(struct cli_event_lines *lines,
                                  const struct pktmon_registry *registry)
{
    lines->text_options.registry = lines->json_options.registry = registry;
}

static void hand_over(struct cli_event_lines *lines)
{
    cli_line_output_add(lines->output, lines->pending, lines->pending_lines);
    lines->pending_lines = 0;
}

static void append(struct cli_event_lines *lines, const struct pktmon_event *event)
{
    bool is_said = lines->options.json
                       ? cli_json_append_event(lines->pending, &lines->json_options, event)
                       : cli_text_append_event(lines->pending, &lines->text_options, event);
    lines->pending_lines += is_said;
}

static void report_left_out(struct cli_event_lines *lines)
{
    if (lines->left_out == 0)
        return;
    g_autofree char *message =
        g_strdup_printf("%" PRIu64 " %s left out here, because the lines are read too slowly: "
                        "choose fewer packets, or write them to a file with -w.",
                        lines->left_out, PLURAL(lines->left_out, "line is", "lines are"));
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = lines->newest,
        .notice = {.provider = "pktmon watch", .level = PKTMON_LEVEL_WARNING, .message = message}};
    append(lines, &event);
    lines->left_out_all += lines->left_out;
    lines->left_out = 0;
}

/* Once lines were left out, much room is waited for: gaps shall be few. */
static bool is_too_much(struct cli_event_lines *lines)
{
    size_t needed = lines->left_out > 0 ? LIMIT / 2 : lines->pending->len;
    return !cli_line_output_has_room(lines->output, needed);
}

/* Counters are in the file. */
static bool is_shown(const struct pktmon_event *event)
{
    return event->record == PKTMON_RECORD_JOURNEY || event->record == PKTMON_RECORD_PACKET ||
           event->record == PKTMON_RECORD_EVENT;
}

void cli_event_lines_take(struct cli_event_lines *lines, const struct pktmon_event *event)
{
    if (!is_shown(event))
        return;
    lines->newest = MAX(lines->newest, event->time);
    if (is_too_much(lines)) {
        lines->left_out++;
        return;
    }
    report_left_out(lines);
    append(lines, event);
    if (lines->pending->len >= BATCH_SIZE)
        hand_over(lines);
}

void cli_event_lines_flush(struct cli_event_lines *lines)
{
    if (!is_too_much(lines))
        report_left_out(lines);
    hand_over(lines);
}

bool cli_event_lines_are_closed(const struct cli_event_lines *lines)
{
    return cli_line_output_is_closed(lines->output) || frontend_has_reader_gone(lines->options.fd);
}

bool cli_event_lines_finish(struct cli_event_lines *lines, uint64_t *left_out, GError **error)
{
    cli_event_lines_flush(lines);
    *left_out = cli_line_output_finish(lines->output, PATIENCE_MS);
    *left_out += lines->left_out + lines->left_out_all;
    int failure = cli_line_output_error(lines->output);
    if (failure)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "Standard output cannot be written (%s): make room, or send it elsewhere.",
                    g_strerror(failure));
    return failure == 0;
}
