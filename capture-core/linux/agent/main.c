/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon-agent: the conversation with the reader. What the reader says is untrusted input. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Datagrams are small and the reader is prompt: it is gone if it takes this long. */
#define SEND_TIMEOUT_S 10

static bool started, stopped;

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
    namespaces_scan();
    agent_say(&(struct agent_message){.type = AGENT_LISTED});
}

static void answer_start(const struct agent_request *request)
{
    const struct agent_start *wanted = &request->start;

    if (started)
        agent_fail("The capture was started already.");
    if (wanted->buffer_size == 0 || wanted->buffer_size > AGENT_MAX_BUFFER)
        agent_fail("The buffer size must be 1 to %d MiB.", AGENT_MAX_BUFFER);
    started = true;
    programs_start(wanted);
    ingress_attach_all();
    netfilter_attach_all();
    sockets_attach();
    xdp_say_drops();
    programs_run(true);
    say_started();
}

/* The other generation is attached everywhere before it takes over, and the one before until then:
 * no packet passes unseen. */
static void answer_change(const struct agent_request *request)
{
    struct agent_message message = {.type = AGENT_CHANGED};
    int error;

    if (!started || stopped)
        agent_fail("There is no capture to be changed.");
    error = programs_change(&request->start);

    message.changed.refusal = -error;
    if (!error) {
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
    programs_run(false);
    xdp_say_drops();
    sockets_detach();
    netfilter_detach_all();
    ingress_detach_all();
    programs_stop();
    agent_say(&(struct agent_message){.type = AGENT_STOPPED, .misses = programs_misses()});
}

static void answer_misses(const struct agent_request *request)
{
    (void)request;
    xdp_say_drops();
    agent_say(&(struct agent_message){.type = AGENT_MISSED, .misses = programs_misses()});
}

static void answer_filter(const struct agent_request *request)
{
    filters_take(&request->part);
}

static void (*const answers[])(const struct agent_request *request) = {
    [AGENT_LIST] = answer_list,     [AGENT_START] = answer_start,   [AGENT_STOP] = answer_stop,
    [AGENT_MISSES] = answer_misses, [AGENT_FILTER] = answer_filter, [AGENT_CHANGE] = answer_change,
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

/* Namespaces of processes come and go without a word: they are looked for this often, or less
 * where there are so many processes that it would cost more than one part in SCAN_SHARE. */
#define SCAN_INTERVAL_MS 1000
#define SCAN_SHARE       100
/* When the kernel tells of a new namespace its maker is still at work: wait for it, to find it
 * under its name. */
#define SETTLE_MS 20

static bool is_capturing(void)
{
    return started && !stopped;
}

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

    return is_capturing() ? CLAMP(left, 0, SCAN_INTERVAL_MS) : -1;
}

/* Waits for a request, a change of the named namespaces or of mounts, or a change of some link. */
static void serve(void)
{
    for (;;) {
        struct pollfd polls[] = {{.fd = AGENT_SOCKET, .events = POLLIN},
                                 {.fd = links_open(), .events = POLLIN},
                                 {.fd = namespaces_watch(), .events = POLLIN},
                                 {.fd = mounts_watch(), .events = POLLPRI}};
        int ready = poll(polls, G_N_ELEMENTS(polls), wait_ms());

        if (ready < 0 && errno != EINTR)
            exit(EXIT_FAILURE);
        if (polls[1].revents)
            hear_of_links();
        if (polls[2].revents)
            namespaces_watch_clear();
        if (polls[2].revents || polls[3].revents)
            namespaces_scan_mounts();
        if (is_capturing())
            look_around();
        if (polls[0].revents)
            read_request();
    }
}

/* Whatever else it was given, it keeps these alone. */
static const struct {
    cap_value_t value;
    const char *name;
    bool needed;
} capabilities[] = {
    {CAP_BPF, "cap_bpf", true},
    {CAP_PERFMON, "cap_perfmon", true},
    {CAP_NET_ADMIN, "cap_net_admin", false},         /* tc ingress, netfilter, sockets */
    {CAP_NET_BROADCAST, "cap_net_broadcast", false}, /* hearing of links elsewhere */
    {CAP_SYS_ADMIN, "cap_sys_admin", false},         /* entering namespaces */
    {CAP_SYS_PTRACE, "cap_sys_ptrace", false},       /* finding those of containers */
};

static void keep_capabilities(void)
{
    cap_t have = cap_get_proc(), keep = cap_init();

    for (size_t i = 0; i < G_N_ELEMENTS(capabilities); i++) {
        cap_flag_value_t permitted = CAP_CLEAR;

        cap_get_flag(have, capabilities[i].value, CAP_PERMITTED, &permitted);
        if (permitted == CAP_SET) {
            cap_set_flag(keep, CAP_PERMITTED, 1, &capabilities[i].value, CAP_SET);
            cap_set_flag(keep, CAP_EFFECTIVE, 1, &capabilities[i].value, CAP_SET);
        } else if (capabilities[i].needed) {
            agent_fail_impossible(
                "pktmon-agent lacks the capability %s: have an administrator run `setcap "
                "cap_bpf,cap_perfmon,cap_net_admin,cap_net_broadcast,cap_sys_admin,cap_sys_"
                "ptrace=ep` "
                "on it.",
                capabilities[i].name);
        }
    }
    cap_set_proc(keep);
    cap_free(keep);
    cap_free(have);
}

static bool is_conversation(int descriptor)
{
    int type = 0;
    socklen_t length = sizeof(type);

    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_SEQPACKET;
}

/* Each namespace takes a descriptor for each end of each hook. */
static void raise_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Whoever starts it chooses its surroundings; none of them may matter. */
static void leave_surroundings(void)
{
    struct timeval timeout = {.tv_sec = SEND_TIMEOUT_S};

    clearenv();
    umask(077);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    close_range(AGENT_SOCKET + 1, ~0U, 0);
    for (int descriptor = 0; descriptor < AGENT_SOCKET; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            exit(EXIT_FAILURE);
    }
    raise_files();
    setsockopt(AGENT_SOCKET, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    fcntl(AGENT_SOCKET, F_SETFD, FD_CLOEXEC);
    /* A stop of the terminal's whole group must not end the capture before its last records
     * were read: the end of the conversation is the sign. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
}

int main(void)
{
    if (!is_conversation(AGENT_SOCKET)) {
        fputs("pktmon-agent is started by pktmondump and pktmon, not by hand.\n", stderr);
        return EXIT_FAILURE;
    }
    leave_surroundings();
    keep_capabilities();
    serve();
}
