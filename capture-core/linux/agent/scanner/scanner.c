/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the scanner looks around, and what the holder asks of it. */
#include "scanner.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "../handover.h"

/* What others do makes the scanner look again: however often they do it, looking takes no more than
 * one part in so many of a CPU. */
#define SCAN_SHARE   100
#define MOUNTS_SHARE 10
#define LIST_SHARE   10
/* Namespaces of processes come and go without a word: they are looked for this often at most. */
#define SCAN_INTERVAL_MS 1000
/* So many times the scanner looks earlier, because something happened; one more each interval. */
#define MAX_EARLY 4
/* When the kernel tells of a new namespace its maker is still at work: wait for it, to find it
 * under its name. */
#define SETTLE_MS 20

#define US_PER_MS 1000

/* By g_get_monotonic_time(): when to look at all processes, when whether those that were found are
 * still there, and when, if there is need, at mounts and at all links. */
static int64_t next_scan, next_check, next_mounts, next_list;
static int early = MAX_EARLY;
static bool mounts_changed;

/* Runs it; the earliest time for the next one. */
static int64_t run(void (*function)(void), int share)
{
    int64_t begin = g_get_monotonic_time(), end;

    function();
    end = g_get_monotonic_time();
    return end + (end - begin) * share;
}

static void scan_again(void)
{
    next_scan = MAX(run(namespaces_scan, SCAN_SHARE),
                    g_get_monotonic_time() + SCAN_INTERVAL_MS * US_PER_MS);
    if (!links_hear_all())
        links_list_all();
}

/* Something has happened that a look at all processes may explain. */
static void scan_soon(int64_t wait_ms)
{
    int64_t time = g_get_monotonic_time() + wait_ms * US_PER_MS;

    if (early == 0 || time >= next_scan)
        return;
    early--;
    next_scan = time;
}

static void look_around(void)
{
    int64_t now = g_get_monotonic_time();

    if (now >= next_check) {
        early = MIN(early + 1, MAX_EARLY);
        next_check = now + SCAN_INTERVAL_MS * US_PER_MS;
        if (namespaces_have_gone())
            scan_soon(0);
    }
    if (now >= next_scan)
        scan_again();
}

static void look_at_mounts(void)
{
    mounts_changed = false;
    namespaces_scan_mounts();
    if (report_is_handing_over() && namespaces_have_gone())
        scan_soon(0);
}

/* What is put off until its time. */
static void catch_up(void)
{
    int64_t now = g_get_monotonic_time();

    if (mounts_changed && now >= next_mounts)
        next_mounts = run(look_at_mounts, MOUNTS_SHARE);
    if (links_were_missed() && now >= next_list)
        next_list = run(links_list_all, LIST_SHARE);
    if (report_is_handing_over())
        look_around();
}

static void hear_of_links(void)
{
    links_read();
    if (links_met_stranger())
        scan_soon(SETTLE_MS);
}

static int wait_ms(void)
{
    int64_t next = INT64_MAX;

    if (report_is_handing_over())
        next = MIN(next_scan, next_check);
    if (mounts_changed)
        next = MIN(next, next_mounts);
    if (links_were_missed())
        next = MIN(next, next_list);
    if (next == INT64_MAX)
        return -1;
    return CLAMP((next - g_get_monotonic_time()) / US_PER_MS + 1, 0, SCAN_INTERVAL_MS);
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
    mounts_changed |= polls[EVENT_NAMED].revents || polls[EVENT_MOUNTS].revents;
    catch_up();
    if (polls[EVENT_REQUEST].revents)
        read_request(holder);
}

void scanner_run(int holder)
{
    report_open(holder);
    privilege_keep(AGENT_SCANNER);
    for (;;)
        serve(holder);
}
