/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent-client.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pktmon/errors.h"
#include "providers/netdev/helper.h"

#define NAME "pktmon-agent"

/* The agent detaches, and where it cannot fork, it waits itself for packets in queues (STAY_MS of
 * agent/netfilter.c): killing it earlier would lose them. */
#define END_PATIENCE_MS 12000

bool ebpf_agent_start(struct ebpf_agent_client *client, GError **error)
{
    client->socket = netdev_start_helper(NAME, SOCK_SEQPACKET, &client->process, error);
    return client->socket >= 0;
}

/* The agent has ended, and may have sent the reason before. */
static void receive_last_message(struct ebpf_agent_client *client, int reason, GError **error)
{
    int descriptors[AGENT_MAPS + RECORD_MAX_RINGS], got;
    struct agent_message message;
    unsigned int count;

    do {
        got = ebpf_agent_receive(client, 0, &message, descriptors, &count, error);
        for (unsigned int i = 0; got > 0 && i < count; i++)
            close(descriptors[i]);
    } while (got > 0);
    if (got == 0)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "pktmon-agent has ended (%s).",
                    g_strerror(reason));
}

bool ebpf_agent_try_send(struct ebpf_agent_client *client, const struct agent_request *request,
                         bool *full, GError **error)
{
    *full = false;
    if (send(client->socket, request, sizeof(*request), MSG_NOSIGNAL | MSG_DONTWAIT) ==
        sizeof(*request))
        return true;
    *full = errno == EAGAIN;
    if (!*full)
        receive_last_message(client, errno, error);
    return *full;
}

static unsigned int take_descriptors(struct msghdr *parcel, int *descriptors)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(parcel);
    unsigned int count;

    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
        return 0;
    count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(control), count * sizeof(int));
    return count;
}

int ebpf_agent_receive(struct ebpf_agent_client *client, int timeout_ms,
                       struct agent_message *message, int *descriptors, unsigned int *count,
                       GError **error)
{
    struct pollfd ready = {.fd = client->socket, .events = POLLIN};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE((AGENT_MAPS + RECORD_MAX_RINGS) * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = sizeof(*message)};
    struct msghdr parcel = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    ssize_t length;

    if (poll(&ready, 1, timeout_ms) <= 0)
        return 0;
    length = recvmsg(client->socket, &parcel, MSG_CMSG_CLOEXEC);
    /* It ended without reading all requests: the socket reports that once, before its last
     * messages. */
    if (length < 0 && errno == ECONNRESET)
        length = recvmsg(client->socket, &parcel, MSG_CMSG_CLOEXEC);
    if (length == sizeof(*message)) {
        *count = take_descriptors(&parcel, descriptors);
        if (message->type != AGENT_ERROR && message->type != AGENT_IMPOSSIBLE)
            return 1;
        message->text[sizeof(message->text) - 1] = '\0';
        g_set_error_literal(error, PKTMON_ERROR,
                            message->type == AGENT_IMPOSSIBLE ? PKTMON_ERROR_UNSUPPORTED
                                                              : PKTMON_ERROR_FAILED,
                            message->text);
        return -1;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "pktmon-agent has ended unexpectedly: what was captured until then is intact; "
                "start the capture again.");
    return -1;
}

void ebpf_agent_end(struct ebpf_agent_client *client)
{
    if (client->socket < 0)
        return;
    close(client->socket);
    client->socket = -1;
    netdev_end_helper(client->process, client->silent ? 0 : END_PATIENCE_MS);
}

void ebpf_agent_give_up(struct ebpf_agent_client *client, GError **error)
{
    client->silent = true;
    ebpf_agent_end(client);
    netdev_explain_silence(NAME, error);
}
