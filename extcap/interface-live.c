/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon: the live network stack. */
#include <stdio.h>

#include "capture.h"
#include "interfaces.h"
#include "session.h"

static struct pktmon_session *volatile session_to_stop;

static void stop_session(void)
{
    if (session_to_stop) {
        pktmon_session_stop(session_to_stop);
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
        .inner = number[OPTION_INNER],
        .vxlan_port = number[OPTION_VXLAN_PORT],
        .sample = number[OPTION_SAMPLE],
        .max_cpu = number[OPTION_MAX_CPU],
        .buffer_size = number[OPTION_BUFFER_SIZE],
        .hook_queues = number[OPTION_HOOK_QUEUES],
        .provider = text[OPTION_PROVIDER],
    };
}

bool live_capture(const struct arguments *arguments, int fd, GError **error)
{
    const struct pktmon_session_options options = session_options(arguments);
    struct pktmon_session *session = pktmon_session_new(&options, error);

    if (!session) {
        return false;
    }
    session_to_stop = session;
    capture_set_stop_hook(stop_session);
    bool good = pktmon_session_run(session, fd, capture_carrier(arguments, fd), error);
    capture_set_stop_hook(NULL);
    session_to_stop = NULL;
    pktmon_session_free(session);
    return good;
}

void live_check_filter(const struct arguments *arguments)
{
    g_autofree char *words = pktmon_filter_check(arguments->text[OPTION_CAPTURE_FILTER]);

    if (words) {
        puts(words);
    }
}
