/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the scanner looks around, and what the holder asks of it. */
#include "scanner.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "../handover.h"

/* Namespaces of processes come and go without a word: they are looked for this often, or less
 * where there are so many processes that it would cost more than one part in SCAN_SHARE. */
#define SCAN_INTERVAL_MS 1000
#define SCAN_SHARE       100
/* When the kernel tells of a new namespace its maker is still at work: wait for it, to find it
 * under its name. */
#define SETTLE_MS 20

/* By g_get_monotonic_time(): when to look at all processes again, and when whether those that were
 * found are still there. */
static int64_t next_scan, next_check;

static void scan_again(void)
{
    int64_t begin = g_get_monotonic_time();

    namespaces_scan();
    if (!links_hear_all())
        links_list_all();
    next_scan = g_get_monotonic_time();
    next_scan += MAX(SCAN_INTERVAL_MS * 1000, (next_scan - begin) * SCAN_SHARE);
}

static void look_around(void)
{
    int64_t now = g_get_monotonic_time();

    if (now >= next_scan)
        scan_again();
    else if (now >= next_check)
        namespaces_check();
    else
        return;
    next_check = g_get_monotonic_time() + SCAN_INTERVAL_MS * 1000;
}

static void hear_of_links(void)
{
    links_read();
    if (links_met_stranger())
        next_scan = MIN(next_scan, g_get_monotonic_time() + SETTLE_MS * 1000);
}

static int wait_ms(void)
{
    int64_t left = (MIN(next_scan, next_check) - g_get_monotonic_time()) / 1000 + 1;

    return report_is_handing_over() ? CLAMP(left, 0, SCAN_INTERVAL_MS) : -1;
}

/* --- what the holder asks --- */

static void answer_list(const struct scan_request *request)
{
    (void)request;
    namespaces_scan();
}

static void answer_hand_over(const struct scan_request *request)
{
    report_hand_over(request->wanted);
}

static void answer_select(const struct scan_request *request)
{
    report_select(request->cookie, request->wanted);
}

static void answer_rest(const struct scan_request *request)
{
    (void)request;
    report_rest();
}

static void answer_xdp(const struct scan_request *request)
{
    (void)request;
    xdp_say_drops();
}

static void (*const answers[])(const struct scan_request *request) = {
    [SCAN_LIST] = answer_list,     [SCAN_HAND_OVER] = answer_hand_over,
    [SCAN_SELECT] = answer_select, [SCAN_REST] = answer_rest,
    [SCAN_XDP] = answer_xdp,
};

static void read_request(int holder)
{
    struct handover reply = {.type = HANDOVER_DONE};
    struct scan_request request;
    int file;

    handover_receive(holder, &request, sizeof(request), &file);
    if (file != HANDOVER_NO_FILE)
        close(file);
    if (request.type >= G_N_ELEMENTS(answers) || !answers[request.type])
        exit(EXIT_FAILURE);
    answers[request.type](&request);
    reply.request = request.type;
    handover_send(holder, &reply, sizeof(reply), HANDOVER_NO_FILE);
}

enum event { EVENT_REQUEST, EVENT_LINKS, EVENT_NAMED, EVENT_MOUNTS, EVENT_READER_GONE, EVENTS };

/* Waits for a request, a change of the named namespaces or of mounts, or a change of some link. */
static void serve(int holder)
{
    struct pollfd polls[EVENTS] = {
        [EVENT_REQUEST] = {.fd = holder, .events = POLLIN},
        [EVENT_LINKS] = {.fd = links_descriptor(), .events = POLLIN},
        [EVENT_NAMED] = {.fd = namespaces_watch(), .events = POLLIN},
        [EVENT_MOUNTS] = {.fd = mounts_watch(), .events = POLLPRI},
        [EVENT_READER_GONE] = {.fd = AGENT_SOCKET},
    };
    int ready = poll(polls, EVENTS, wait_ms());

    if ((ready < 0 && errno != EINTR) || polls[EVENT_READER_GONE].revents)
        exit(EXIT_FAILURE);
    if (polls[EVENT_LINKS].revents)
        hear_of_links();
    if (polls[EVENT_NAMED].revents)
        namespaces_watch_clear();
    if (polls[EVENT_NAMED].revents || polls[EVENT_MOUNTS].revents)
        namespaces_scan_mounts();
    if (report_is_handing_over())
        look_around();
    if (polls[EVENT_REQUEST].revents)
        read_request(holder);
}

void scanner_run(int holder)
{
    report_open(holder);
    for (;;)
        serve(holder);
}
