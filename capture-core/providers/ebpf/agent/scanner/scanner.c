/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of the scanner: when it searches, and the requests of the holder. */
#include "scanner.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "links.h"
#include "providers/ebpf/agent/agent-privilege.h"
#include "providers/ebpf/agent/handover.h"
#include "providers/netdev/helper.h"
#include "providers/netdev/mounts.h"
#include "report.h"
#include "scan.h"
#include "xdp-statistics.h"

/* Other users' actions make the scanner search again: however often that is, it takes no more than
 * one part in this many of a CPU. */
#define SCAN_SHARE   100
#define MOUNTS_SHARE 10
#define LIST_SHARE   10
/* Namespaces of processes come and go without notification: this is how often they are searched for
 * at most. */
#define SCAN_INTERVAL_MS 1000
/* How many searches may run early because of an event; one more is granted each interval. */
#define MAX_EARLY 4

/* Each reason has early searches of its own: a user who makes namespaces must not delay the end of
 * others', which the holder's links keep alive until a search finds them unused. */
enum scan_reason { REASON_UNKNOWN_NETNS, REASON_GONE, REASONS };

/* When the kernel notifies of a new namespace, its maker is still at work: wait, to find it under
 * its name. */
#define SETTLE_MS 20

#define US_PER_MS 1000

/* g_get_monotonic_time(): when to search all processes, when to check that found namespaces still
 * exist, and when, if needed, to read mounts and all links. */
static int64_t next_scan, next_check, next_mounts, next_list;
static int early[REASONS] = {MAX_EARLY, MAX_EARLY};
static bool mounts_changed;

/* The CPU time of this process, which does not depend on others. */
static int64_t used_us(void)
{
    struct timespec used = {};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000) + used.tv_nsec / 1000;
}

/* Runs function. Returns the earliest time for its next run. */
static int64_t run(void (*function)(void), int share)
{
    int64_t begin = used_us();

    function();
    return g_get_monotonic_time() + (used_us() - begin) * share;
}

static void scan_again(void)
{
    next_scan = MAX(run(scanner_scan_all, SCAN_SHARE),
                    g_get_monotonic_time() + SCAN_INTERVAL_MS * US_PER_MS);
    if (!scanner_has_remote_links())
        scanner_list_all_links();
}

/* Something has happened that calls for a search of all processes. */
static void scan_soon(enum scan_reason reason, int64_t wait_ms)
{
    int64_t time = g_get_monotonic_time() + wait_ms * US_PER_MS;

    if (early[reason] == 0 || time >= next_scan)
        return;
    early[reason]--;
    next_scan = time;
}

static void search_if_due(void)
{
    int64_t now = g_get_monotonic_time();

    if (now >= next_check) {
        for (size_t i = 0; i < REASONS; i++)
            early[i] = MIN(early[i] + 1, MAX_EARLY);
        next_check = now + SCAN_INTERVAL_MS * US_PER_MS;
        if (scanner_has_lost_netns())
            scan_soon(REASON_GONE, 0);
    }
    if (now >= next_scan)
        scan_again();
}

static void scan_changed_mounts(void)
{
    mounts_changed = false;
    scanner_scan_mounts();
    if (scanner_is_handing_over() && scanner_has_lost_netns())
        scan_soon(REASON_GONE, 0);
}

/* Runs delayed work that is due. */
static void catch_up(void)
{
    int64_t now = g_get_monotonic_time();

    if (mounts_changed && now >= next_mounts)
        next_mounts = run(scan_changed_mounts, MOUNTS_SHARE);
    if (scanner_has_lost_links() && now >= next_list)
        next_list = run(scanner_list_all_links, LIST_SHARE);
    if (scanner_is_handing_over())
        search_if_due();
}

static void read_links(void)
{
    scanner_read_links();
    if (scanner_take_unknown_netns())
        scan_soon(REASON_UNKNOWN_NETNS, SETTLE_MS);
}

static int wait_ms(void)
{
    int64_t next = INT64_MAX;

    if (scanner_is_handing_over())
        next = MIN(next_scan, next_check);
    if (mounts_changed)
        next = MIN(next, next_mounts);
    if (scanner_has_lost_links())
        next = MIN(next, next_list);
    if (next == INT64_MAX)
        return -1;
    return CLAMP((next - g_get_monotonic_time()) / US_PER_MS + 1, 0, SCAN_INTERVAL_MS);
}

/* --- requests from the holder --- */

static void answer_list(const struct agent_scan_request *request)
{
    (void)request;
    scanner_scan_all();
}

static void answer_hand_over(const struct agent_scan_request *request)
{
    scanner_hand_over(request->wanted);
}

static void answer_select(const struct agent_scan_request *request)
{
    scanner_select(request->cookie, request->wanted);
}

static void answer_rest(const struct agent_scan_request *request)
{
    (void)request;
    scanner_rest();
}

static void answer_xdp(const struct agent_scan_request *request)
{
    (void)request;
    scanner_report_xdp_drops();
}

static void (*const answers[])(const struct agent_scan_request *request) = {
    [AGENT_SCAN_LIST] = answer_list,     [AGENT_SCAN_HAND_OVER] = answer_hand_over,
    [AGENT_SCAN_SELECT] = answer_select, [AGENT_SCAN_REST] = answer_rest,
    [AGENT_SCAN_XDP] = answer_xdp,
};

static void read_request(int holder)
{
    struct agent_handover reply = {.type = AGENT_HANDOVER_DONE};
    struct agent_scan_request request;
    int file;

    agent_receive_handover(holder, &request, sizeof(request), &file);
    if (file != AGENT_NO_FILE)
        close(file);
    if (request.type >= G_N_ELEMENTS(answers) || !answers[request.type])
        exit(EXIT_FAILURE);
    answers[request.type](&request);
    reply.request = request.type;
    agent_send_handover(holder, &reply, sizeof(reply), AGENT_NO_FILE);
}

enum scan_event {
    EVENT_REQUEST,
    EVENT_LINKS,
    EVENT_NAMED,
    EVENT_MOUNTS,
    EVENT_READER_GONE,
    EVENTS
};

/* Waits for a request, a change of the named namespaces or of mounts, or a change of some link. */
static void serve(int holder)
{
    struct pollfd polls[EVENTS] = {
        [EVENT_REQUEST] = {.fd = holder, .events = POLLIN},
        [EVENT_LINKS] = {.fd = scanner_links_descriptor(), .events = POLLIN},
        [EVENT_NAMED] = {.fd = scanner_watch_names(), .events = POLLIN},
        [EVENT_MOUNTS] = {.fd = netdev_watch_mounts(), .events = POLLPRI},
        [EVENT_READER_GONE] = {.fd = HELPER_SOCKET},
    };
    int ready = poll(polls, EVENTS, wait_ms());

    if ((ready < 0 && errno != EINTR) || polls[EVENT_READER_GONE].revents)
        exit(EXIT_FAILURE);
    if (polls[EVENT_LINKS].revents)
        read_links();
    if (polls[EVENT_NAMED].revents)
        scanner_clear_names_watch();
    mounts_changed |= polls[EVENT_NAMED].revents || polls[EVENT_MOUNTS].revents;
    catch_up();
    if (polls[EVENT_REQUEST].revents)
        read_request(holder);
}

void scanner_run(int holder)
{
    agent_keep_privilege(AGENT_SCANNER);
    for (;;)
        serve(holder);
}
