/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The holder's conversations. What the reader says is untrusted input; what the scanner says is
 * little more trusted, because the scanner looks at what others made. */
#include "holder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int scanner = -1;
static pid_t scanner_process;
static bool started, stopped;

/* --- what the scanner hands over --- */

static void take_cgroup(const struct handover *handed, int file)
{
    (void)handed;
    sockets_attach(file);
}

static void take_netns(const struct handover *handed, int file)
{
    netfilter_attach(held_take_netns(handed), file);
}

static void take_netns_unused(const struct handover *handed, int file)
{
    struct held_netns *netns = held_find(handed->cookie);

    (void)file;
    if (!netns)
        return;
    netfilter_detach(netns);
    held_for_devices_of(netns, ingress_detach);
}

static void take_netns_gone(const struct handover *handed, int file)
{
    struct held_netns *netns = held_find(handed->cookie);

    (void)file;
    /* A namespace without an id is let go before it has ended. */
    if (netns && !netfilter_is_staying(netns))
        held_forget(netns);
}

static void take_device(const struct handover *handed, int file)
{
    struct held_netns *netns;
    struct held_device *device = held_take_device(handed, &netns);

    if (device)
        ingress_attach(netns, device, file);
}

static void take_device_gone(const struct handover *handed, int file)
{
    struct held_netns *netns = held_find(handed->cookie);

    (void)file;
    if (netns)
        held_forget_device(netns, handed->ifindex);
}

static void (*const takers[])(const struct handover *handed, int file) = {
    [HANDOVER_CGROUP] = take_cgroup,
    [HANDOVER_NETNS] = take_netns,
    [HANDOVER_NETNS_UNUSED] = take_netns_unused,
    [HANDOVER_NETNS_GONE] = take_netns_gone,
    [HANDOVER_DEVICE] = take_device,
    [HANDOVER_DEVICE_GONE] = take_device_gone,
};

/* Takes one message; the request that it answers, or 0. */
static uint32_t hear_scanner(void)
{
    struct handover handed;
    int file;

    handover_receive(scanner, &handed, sizeof(handed), &file);
    handed.name[sizeof(handed.name) - 1] = '\0';
    if (handed.type != HANDOVER_DONE &&
        (handed.type >= G_N_ELEMENTS(takers) || !takers[handed.type]))
        exit(EXIT_FAILURE);
    /* What was on its way when the capture stopped is nothing to attach to any more. */
    if (handed.type != HANDOVER_DONE && started && !stopped)
        takers[handed.type](&handed, file);
    if (file != HANDOVER_NO_FILE)
        close(file);
    return handed.type == HANDOVER_DONE ? handed.request : 0;
}

static void ask_scanner_for(const struct scan_request *request)
{
    handover_send(scanner, request, sizeof(*request), HANDOVER_NO_FILE);
    while (hear_scanner() != request->type)
        ;
}

static void ask_scanner(enum scan_request_type type)
{
    ask_scanner_for(&(struct scan_request){.type = type});
}

/* What is wanted, wherever it is. */
static void ask_to_hand_over(const struct agent_start *wanted)
{
    ask_scanner_for(
        &(struct scan_request){.type = SCAN_HAND_OVER, .wanted = !wanted->leaves_out_netns});
}

/* --- what the reader asks --- */

static void say_started(void)
{
    struct agent_message message = {.type = AGENT_STARTED};
    int descriptors[AGENT_MAPS + RECORD_MAX_RINGS];
    int count =
        programs_descriptors(descriptors, &message.started.rings, &message.started.ring_size);
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(descriptors))];
    } control = {};
    struct iovec part = {.iov_base = &message, .iov_len = sizeof(message)};
    struct msghdr parcel = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = CMSG_SPACE(count * sizeof(int))};

    message.started.filtered = programs_filter();
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    if (sendmsg(AGENT_SOCKET, &parcel, MSG_NOSIGNAL) < 0)
        exit(EXIT_SUCCESS);
}

static void answer_list(const struct agent_request *request)
{
    (void)request;
    ask_scanner(SCAN_LIST);
    agent_say(&(struct agent_message){.type = AGENT_LISTED});
}

static void answer_start(const struct agent_request *request)
{
    const struct agent_start *wanted = &request->start;

    if (started)
        agent_fail("The capture was started already.");
    if (wanted->buffer_size == 0 || wanted->buffer_size > AGENT_MAX_BUFFER)
        agent_fail("The buffer size must be 1 to %d MiB.", AGENT_MAX_BUFFER);
    if (wanted->buffer_size > allowance_buffer())
        agent_fail(
            "A capture may have %u MiB of buffer on this host: choose a smaller "
            "--buffer-size, or have an administrator raise buffer-size in " AGENT_CONFIGURATION ".",
            allowance_buffer());
    started = true;
    netfilter_open(wanted->hook_queues);
    programs_start(wanted);
    ask_to_hand_over(wanted);
    own_start(wanted);
    ask_scanner(SCAN_XDP);
    programs_run(true);
    say_started();
}

/* What is attached stays: it leads to the generation that runs (gates.c). */
static void answer_change(const struct agent_request *request)
{
    struct agent_message message = {.type = AGENT_CHANGED};
    int error;

    if (!started || stopped)
        agent_fail("There is no capture to be changed.");
    error = programs_change(&request->start);

    message.changed.refusal = -error;
    if (!error) {
        ask_to_hand_over(&request->start);
        own_start(&request->start);
        programs_run(true);
        programs_end_before();
        message.changed.filtered = programs_filter();
    }
    agent_say(&message);
}

static void answer_stop(const struct agent_request *request)
{
    (void)request;
    stopped = true;
    own_stop();
    programs_run(false);
    ask_scanner(SCAN_REST);
    ask_scanner(SCAN_XDP);
    sockets_detach();
    held_for_all(netfilter_detach);
    held_for_all_devices(ingress_detach);
    programs_stop();
    held_for_all(netfilter_say_staying);
    agent_say(&(struct agent_message){.type = AGENT_STOPPED, .misses = programs_misses()});
}

static void answer_misses(const struct agent_request *request)
{
    (void)request;
    ask_scanner(SCAN_XDP);
    agent_say(&(struct agent_message){.type = AGENT_MISSED, .misses = programs_misses()});
}

static void answer_filter(const struct agent_request *request)
{
    filters_take(&request->part);
}

static void answer_forget(const struct agent_request *request)
{
    if (!started)
        agent_fail("There is no capture to delete entries of.");
    forget_entries(&request->forget);
}

static void answer_select(const struct agent_request *request)
{
    const struct agent_selection *selection = &request->selection;

    if (selection->count > AGENT_SELECTION_PART)
        agent_fail("The selection of namespaces is not one.");
    for (uint32_t i = 0; i < selection->count; i++)
        ask_scanner_for(&(struct scan_request){
            .type = SCAN_SELECT, .wanted = selection->wanted, .cookie = selection->cookies[i]});
}

/* Each request is done before the next one is read. */
static void answer_settle(const struct agent_request *request)
{
    struct agent_message message = {.type = AGENT_CHANGED};

    (void)request;
    message.changed.filtered = programs_filter();
    agent_say(&message);
}

static void (*const answers[])(const struct agent_request *request) = {
    [AGENT_LIST] = answer_list,     [AGENT_START] = answer_start,   [AGENT_STOP] = answer_stop,
    [AGENT_MISSES] = answer_misses, [AGENT_FILTER] = answer_filter, [AGENT_CHANGE] = answer_change,
    [AGENT_FORGET] = answer_forget, [AGENT_SELECT] = answer_select, [AGENT_SETTLE] = answer_settle,
};

static void read_request(void)
{
    struct agent_request request;
    ssize_t length = recv(AGENT_SOCKET, &request, sizeof(request), MSG_TRUNC);

    if (length <= 0)
        exit(EXIT_SUCCESS);
    if (length != sizeof(request) || request.protocol != AGENT_PROTOCOL)
        agent_fail("pktmon-agent and the program that started it are of different versions: "
                   "install both from one build.");
    if (request.type >= G_N_ELEMENTS(answers) || !answers[request.type])
        agent_fail("Unknown request %u.", request.type);
    answers[request.type](&request);
}

/* The scanner would see the end of the conversation, and end; this is so that the reader, which
 * waits for the holder, finds that all has ended. */
static void end_scanner(void)
{
    kill(scanner_process, SIGKILL);
    waitpid(scanner_process, NULL, 0);
}

/* Wherever the process ends, but by SIGKILL. */
static void end_hooks(void)
{
    programs_run(false);
    netfilter_leave();
}

/* Of two times to wait, ms; -1: for ever. */
static int sooner(int one, int other)
{
    if (one < 0 || other < 0)
        return MAX(one, other);
    return MIN(one, other);
}

void holder_run(int socket, pid_t process)
{
    scanner = socket;
    scanner_process = process;
    atexit(end_scanner);
    atexit(end_hooks);
    own_open();
    held_open();
    privilege_keep(AGENT_HOLDER);
    for (;;) {
        struct pollfd polls[] = {{.fd = AGENT_SOCKET, .events = POLLIN},
                                 {.fd = scanner, .events = POLLIN}};

        if (poll(polls, G_N_ELEMENTS(polls), sooner(netfilter_go_on(), own_wait_ms())) < 0 && errno != EINTR)
            exit(EXIT_FAILURE);
        own_look();
        if (polls[1].revents)
            hear_scanner();
        if (polls[0].revents)
            read_request();
    }
}
