/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon-pcap-agent: open, give up the privilege, read until the reader has enough. What the reader
 * says is untrusted input. */
#include "pcap_agent.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../linux/agent_protocol.h"

/* The reader hears this often until when it has everything. */
#define CYCLE_MS 40
/* After the entrance was closed: until the last blocks are handed over. */
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

/* Whoever starts it chooses its surroundings; none of them may matter. */
static void leave_surroundings(void)
{
    clearenv();
    umask(077);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || close_range(AGENT_SOCKET + 1, ~0U, 0))
        exit(EXIT_FAILURE);
    for (int descriptor = 0; descriptor < AGENT_SOCKET; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            exit(EXIT_FAILURE);
    }
    /* A stop of the terminal's whole group must not end the capture before its last packets
     * were read: the end of the conversation is the sign. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
}

static struct pcap_agent_request read_request(void)
{
    struct pcap_agent_request request;
    ssize_t length = recv(AGENT_SOCKET, &request, sizeof(request), MSG_WAITALL);

    if (length <= 0)
        exit(EXIT_SUCCESS);
    if (length != sizeof(request) || request.protocol != PCAP_AGENT_PROTOCOL)
        agent_fail("pktmon-pcap-agent and the program that started it are of different versions: "
                   "install both from one build.");
    if (request.count > PCAP_AGENT_DEVICES || request.snaplen == 0 ||
        request.snaplen > PCAP_AGENT_MAX_PACKET || request.buffer_size < PCAP_AGENT_MIN_BUFFER ||
        request.buffer_size > PCAP_AGENT_MAX_BUFFER)
        agent_fail("pktmon-pcap-agent was asked for more than it can do.");
    return request;
}

/* Waits for packets, at most timeout_ms. False: the reader has enough. */
static bool wait_for_packets(int timeout_ms)
{
    g_autoptr(GArray) polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd));

    g_array_append_val(polls, ((struct pollfd){.fd = AGENT_SOCKET, .events = POLLIN}));
    handles_wait_for(polls);
    poll((struct pollfd *)polls->data, polls->len, timeout_ms);
    return g_array_index(polls, struct pollfd, 0).revents == 0;
}

static void read_packets(void)
{
    bool more = false;

    while (handles_are_there() && wait_for_packets(more ? 0 : CYCLE_MS)) {
        uint64_t cycle = now_ns();

        more = handles_read();
        handles_say_progress(cycle);
        agent_flush();
    }
}

static void read_last_packets(void)
{
    handles_close_entrance();
    poll(NULL, 0, LAST_BLOCKS_MS);
    while (handles_read())
        ;
    handles_say_progress(now_ns());
    agent_say(&(struct pcap_agent_message){.type = PCAP_AGENT_END}, NULL);
    agent_flush();
}

int main(void)
{
    struct pcap_agent_request request;

    if (!is_conversation(AGENT_SOCKET)) {
        fputs("pktmon-pcap-agent is started by pktmondump and pktmon, not by hand.\n", stderr);
        return EXIT_FAILURE;
    }
    leave_surroundings();
    privilege_keep_least();
    request = read_request();
    share_check(&request);
    handles_open(&request);
    privilege_give_up();
    agent_say(&(struct pcap_agent_message){.type = PCAP_AGENT_STARTED}, NULL);
    agent_flush();
    read_packets();
    read_last_packets();
    return EXIT_SUCCESS;
}
