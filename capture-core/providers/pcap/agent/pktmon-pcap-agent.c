/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon-pcap-agent opens devices with libpcap, gives up its privilege for good, and only then
 * reads packets, which it sends to the process that started it. The request is untrusted input. */

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buffer-share.h"
#include "handles.h"
#include "pcap-privilege.h"
#include "pcap-reply.h"
#include "providers/netdev/helper.h"
#include "providers/pcap/pcap-protocol.h"

/* How often the reader learns up to which time it has all packets. */
#define CYCLE_MS 40
/* Time to wait for the last blocks, once no more packets are received. */
#define LAST_BLOCKS_MS 60

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool is_conversation(int descriptor)
{
    int type = 0;
    socklen_t length = sizeof(type);

    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

/* The environment is chosen by whoever starts the agent, so none of it may matter. */
static void leave_surroundings(void)
{
    clearenv();
    umask(077);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || close_range(HELPER_SOCKET + 1, ~0U, 0))
        exit(EXIT_FAILURE);
    for (int descriptor = 0; descriptor < HELPER_SOCKET; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            exit(EXIT_FAILURE);
    }
    /* A signal to the terminal's process group must not end the capture before its last packets are
     * read: the shutdown of the socket does. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
}

static struct pcap_agent_request read_request(void)
{
    struct pcap_agent_request request;
    ssize_t length = recv(HELPER_SOCKET, &request, sizeof(request), MSG_WAITALL);

    if (length <= 0)
        exit(EXIT_SUCCESS);
    if (length != sizeof(request) || request.protocol != PCAP_AGENT_PROTOCOL)
        pcap_agent_fail(
            "pktmon-pcap-agent and the program that started it are of different versions: "
            "install both from one build.");
    if (request.count > PCAP_AGENT_DEVICES || request.snaplen == 0 ||
        request.snaplen > PCAP_AGENT_MAX_PACKET || request.buffer_size < PCAP_AGENT_MIN_BUFFER ||
        request.buffer_size > PCAP_AGENT_MAX_BUFFER)
        pcap_agent_fail("The request to pktmon-pcap-agent exceeds its limits.");
    return request;
}

/* Waits for packets, at most timeout_ms. False: the reader ends the capture. */
static bool wait_for_packets(int timeout_ms)
{
    g_autoptr(GArray) polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));

    g_array_append_val(polls, ((struct pollfd){.fd = HELPER_SOCKET, .events = POLLIN}));
    pcap_agent_add_polls(polls);
    poll((struct pollfd *)polls->data, polls->len, timeout_ms);
    return g_array_index(polls, struct pollfd, 0).revents == 0;
}

static void read_packets(void)
{
    bool more = false;

    while (pcap_agent_has_handles() && wait_for_packets(more ? 0 : CYCLE_MS)) {
        uint64_t cycle = now_ns();

        more = pcap_agent_read_handles();
        pcap_agent_report_progress(cycle);
        pcap_agent_flush();
    }
}

static void read_last_packets(void)
{
    pcap_agent_stop_receiving();
    poll(NULL, 0, LAST_BLOCKS_MS);
    while (pcap_agent_read_handles())
        ;
    pcap_agent_report_progress(now_ns());
    pcap_agent_send(&(struct pcap_agent_message){.type = PCAP_AGENT_END}, NULL);
    pcap_agent_flush();
}

int main(void)
{
    struct pcap_agent_request request;

    if (!is_conversation(HELPER_SOCKET)) {
        fputs("pktmon-pcap-agent is started by pktmondump and pktmon, not by hand.\n", stderr);
        return EXIT_FAILURE;
    }
    leave_surroundings();
    pcap_agent_keep_least_privilege();
    request = read_request();
    pcap_agent_check_buffer(&request);
    pcap_agent_open_handles(&request);
    pcap_agent_drop_privilege();
    pcap_agent_send(&(struct pcap_agent_message){.type = PCAP_AGENT_STARTED}, NULL);
    pcap_agent_flush();
    read_packets();
    read_last_packets();
    return EXIT_SUCCESS;
}
