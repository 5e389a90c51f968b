/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests from the reader, and reports from the scanner. Messages of the reader are untrusted
 * input; those of the scanner are hardly more trusted, because it parses what others made. */
#include "holder.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent-privilege.h"
#include "allowance.h"
#include "filter-bodies.h"
#include "forget.h"
#include "handover.h"
#include "held.h"
#include "ingress.h"
#include "netfilter.h"
#include "output-walk.h"
#include "privilege/user-limits.h"
#include "programs.h"
#include "providers/ebpf/agent-protocol.h"
#include "providers/netdev/helper.h"
#include "refusal.h"
#include "reply.h"
#include "socket-links.h"

static int scanner = -1;
static pid_t scanner_process;
static bool started, stopped;

/* --- reports from the scanner --- */

static void take_cgroup(const struct agent_handover *handed, int file)
{
    (void)handed;
    agent_attach_sockets(file);
}

static void take_netns(const struct agent_handover *handed, int file)
{
    agent_attach_netfilter(agent_add_held_netns(handed), file);
}

static void take_netns_unused(const struct agent_handover *handed, int file)
{
    struct agent_held_netns *netns = agent_find_held(handed->cookie);

    (void)file;
    if (!netns)
        return;
    agent_detach_netfilter(netns);
    agent_for_each_device_of(netns, agent_detach_ingress);
}

static void take_netns_gone(const struct agent_handover *handed, int file)
{
    struct agent_held_netns *netns = agent_find_held(handed->cookie);

    (void)file;
    /* A namespace without an id is released before it is destroyed. */
    if (netns && !agent_has_staying_netfilter(netns))
        agent_forget_held(netns);
}

static void take_device(const struct agent_handover *handed, int file)
{
    struct agent_held_netns *netns;
    struct agent_held_device *device = agent_add_held_device(handed, &netns);

    if (device)
        agent_attach_ingress(netns, device, file);
}

static void take_device_gone(const struct agent_handover *handed, int file)
{
    struct agent_held_netns *netns = agent_find_held(handed->cookie);

    (void)file;
    if (netns)
        agent_forget_held_device(netns, handed->ifindex);
}

static void (*const takers[])(const struct agent_handover *handed, int file) = {
    [AGENT_HANDOVER_CGROUP] = take_cgroup,
    [AGENT_HANDOVER_NETNS] = take_netns,
    [AGENT_HANDOVER_NETNS_UNUSED] = take_netns_unused,
    [AGENT_HANDOVER_NETNS_GONE] = take_netns_gone,
    [AGENT_HANDOVER_DEVICE] = take_device,
    [AGENT_HANDOVER_DEVICE_GONE] = take_device_gone,
};

/* Receives one message. Returns the request that it answers, or 0. */
static uint32_t receive_from_scanner(void)
{
    struct agent_handover handed;
    int file;

    agent_receive_handover(scanner, &handed, sizeof(handed), &file);
    handed.name[sizeof(handed.name) - 1] = '\0';
    if (handed.type != AGENT_HANDOVER_DONE &&
        (handed.type >= G_N_ELEMENTS(takers) || !takers[handed.type]))
        exit(EXIT_FAILURE);
    /* Whatever was in flight when the capture stopped is not attached to any more. */
    if (handed.type != AGENT_HANDOVER_DONE && started && !stopped)
        takers[handed.type](&handed, file);
    if (file != AGENT_NO_FILE)
        close(file);
    return handed.type == AGENT_HANDOVER_DONE ? handed.request : 0;
}

static void request_from_scanner(const struct agent_scan_request *request)
{
    agent_send_handover(scanner, request, sizeof(*request), AGENT_NO_FILE);
    while (receive_from_scanner() != request->type)
        ;
}

static void request_scan(enum agent_scan_type type)
{
    request_from_scanner(&(struct agent_scan_request){.type = type});
}

/* Requests everything wanted. */
static void request_handover(const struct agent_start *wanted)
{
    request_from_scanner(&(struct agent_scan_request){.type = AGENT_SCAN_HAND_OVER,
                                                      .wanted = !wanted->leaves_out_netns});
}

/* --- requests from the reader --- */

static void send_started(uint64_t began)
{
    struct agent_message message = {.type = AGENT_STARTED, .started = {.began = began}};
    int descriptors[AGENT_MAPS + RECORD_MAX_RINGS];
    int count =
        agent_fill_descriptors(descriptors, &message.started.rings, &message.started.ring_size);
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(descriptors))];
    } control = {};
    struct iovec part = {.iov_base = &message, .iov_len = sizeof(message)};
    struct msghdr parcel = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = CMSG_SPACE(count * sizeof(int))};

    message.started.filtered = agent_is_filtered();
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    if (sendmsg(HELPER_SOCKET, &parcel, MSG_NOSIGNAL) < 0)
        exit(EXIT_SUCCESS);
}

static void answer_list(const struct agent_request *request)
{
    (void)request;
    request_scan(AGENT_SCAN_LIST);
    agent_send(&(struct agent_message){.type = AGENT_LISTED});
}

/* Other values than 0 and 1 are undefined behaviour in a bool. */
static void check_live_options(const struct pktmon_live_options *live)
{
#define IS_BOOL(type)                     _Generic((type){0}, bool : true, default : false)
#define IS_MALFORMED(type, name, sharing) || (IS_BOOL(type) && *(const uint8_t *)&live->name > 1)
    if (false PKTMON_LIVE_OPTIONS(IS_MALFORMED))
        agent_fail("The options of the capture are malformed.");
}

static void answer_start(const struct agent_request *request)
{
    const struct agent_start *wanted = &request->start;

    check_live_options(&wanted->live);
    if (started || stopped)
        agent_fail("The capture has already been started.");
    if (wanted->live.buffer_size == 0 || wanted->live.buffer_size > CONFINE_MAX_BUFFER_MIB)
        agent_fail("The buffer size must be 1 to %d MiB.", CONFINE_MAX_BUFFER_MIB);
    if (wanted->live.buffer_size > agent_buffer_limit())
        agent_fail("A capture may use at most %u MiB of buffer on this host: choose a smaller "
                   "buffer size, or have an administrator raise buffer-size in " AGENT_CONFIGURATION
                   ".",
                   agent_buffer_limit());
    started = true;
    agent_open_netfilter(wanted->live.hook_queues);
    agent_start_programs(wanted);
    request_handover(wanted);
    agent_start_own_output(wanted);
    request_scan(AGENT_SCAN_XDP);
    send_started(agent_run_programs(true));
}

/* Attached gates stay: they lead to the running generation (program-gates.c). */
static void answer_change(const struct agent_request *request)
{
    struct agent_message message = {.type = AGENT_CHANGED};
    int error;

    if (!started || stopped)
        agent_fail("There is no capture to change.");
    check_live_options(&request->start.live);
    error = agent_change_programs(&request->start);

    message.changed.refusal = -error;
    if (error) {
        g_autofree char *reason = agent_refusal_text(-error);
        g_strlcpy(message.changed.reason, reason, sizeof(message.changed.reason));
    } else {
        request_handover(&request->start);
        agent_start_own_output(&request->start);
        agent_run_programs(true);
        agent_end_old_programs();
        message.changed.filtered = agent_is_filtered();
    }
    agent_send(&message);
}

static void answer_stop(const struct agent_request *request)
{
    (void)request;
    stopped = true;
    agent_stop_own_output();
    agent_run_programs(false);
    request_scan(AGENT_SCAN_REST);
    request_scan(AGENT_SCAN_XDP);
    agent_detach_sockets();
    agent_for_each_held(agent_detach_netfilter);
    agent_for_each_held_device(agent_detach_ingress);
    agent_stop_programs();
    agent_for_each_held(agent_report_staying_netfilter);
    agent_send(&(struct agent_message){.type = AGENT_STOPPED, .misses = agent_count_misses()});
}

static void answer_misses(const struct agent_request *request)
{
    (void)request;
    request_scan(AGENT_SCAN_XDP);
    agent_send(&(struct agent_message){.type = AGENT_MISSED, .misses = agent_count_misses()});
}

static void answer_filter(const struct agent_request *request)
{
    agent_add_filter(&request->part);
}

static void answer_forget(const struct agent_request *request)
{
    if (!started)
        agent_fail("There is no capture to delete entries from.");
    agent_forget_entries(&request->forget);
}

static void answer_select(const struct agent_request *request)
{
    const struct agent_selection *selection = &request->selection;

    if (selection->count > AGENT_SELECTION_PART)
        agent_fail("The selection of namespaces is malformed.");
    for (uint32_t i = 0; i < selection->count; i++)
        request_from_scanner(&(struct agent_scan_request){.type = AGENT_SCAN_SELECT,
                                                          .wanted = selection->wanted,
                                                          .cookie = selection->cookies[i]});
}

/* Requests are served one after another, so all earlier ones are done. */
static void answer_settle(const struct agent_request *request)
{
    struct agent_message message = {.type = AGENT_CHANGED};

    (void)request;
    message.changed.filtered = agent_is_filtered();
    agent_send(&message);
}

static void (*const answers[])(const struct agent_request *request) = {
    [AGENT_LIST] = answer_list,     [AGENT_START] = answer_start,   [AGENT_STOP] = answer_stop,
    [AGENT_MISSES] = answer_misses, [AGENT_FILTER] = answer_filter, [AGENT_CHANGE] = answer_change,
    [AGENT_FORGET] = answer_forget, [AGENT_SELECT] = answer_select, [AGENT_SETTLE] = answer_settle,
};

static void read_request(void)
{
    struct agent_request request;
    ssize_t length = recv(HELPER_SOCKET, &request, sizeof(request), MSG_TRUNC);

    if (length <= 0)
        exit(EXIT_SUCCESS);
    if (length != sizeof(request) || request.protocol != AGENT_PROTOCOL)
        agent_fail("pktmon-agent and the program that started it are of different versions: "
                   "install both from one build.");
    if (request.type >= G_N_ELEMENTS(answers) || !answers[request.type])
        agent_fail("Unknown request %u.", request.type);
    answers[request.type](&request);
}

/* The scanner would see its socket close, and end by itself; but the reader, which waits for the
 * holder, must find all processes ended. */
static void end_scanner(void)
{
    kill(scanner_process, SIGKILL);
    waitpid(scanner_process, NULL, 0);
}

/* Runs however the process ends, except by SIGKILL. */
static void end_hooks(void)
{
    agent_run_programs(false);
    agent_leave_netfilter();
}

/* The sooner of two timeouts, ms; -1: infinite. */
static int sooner(int one, int other)
{
    if (one < 0 || other < 0)
        return MAX(one, other);
    return MIN(one, other);
}

void agent_run_holder(int socket, pid_t process)
{
    scanner = socket;
    scanner_process = process;
    atexit(end_scanner);
    atexit(end_hooks);
    agent_open_own_output();
    agent_open_held();
    agent_keep_privilege(AGENT_HOLDER);
    for (;;) {
        struct pollfd polls[] = {{.fd = HELPER_SOCKET, .events = POLLIN},
                                 {.fd = scanner, .events = POLLIN}};

        if (poll(polls, G_N_ELEMENTS(polls),
                 sooner(agent_continue_netfilter(), agent_own_output_wait_ms())) < 0 &&
            errno != EINTR)
            exit(EXIT_FAILURE);
        agent_follow_own_output();
        if (polls[1].revents)
            receive_from_scanner();
        if (polls[0].revents)
            read_request();
    }
}
