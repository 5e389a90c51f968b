/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sniffer.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pktmon/errors.h"
#include "providers/netdev/helper.h"
#include "providers/pcap/pcap-protocol.h"

#define NAME            "pktmon-pcap-agent"
#define END_PATIENCE_MS 1000

#define RECEIVE_BYTES (1024U * 1024) /* received at once, so that other sockets get their turn */

struct pcap_sniffer *pcap_sniffer_start(const struct pcap_agent_request *request, GError **error)
{
    struct pcap_sniffer *sniffer = g_new0(struct pcap_sniffer, 1);

    sniffer->socket = netdev_start_helper(NAME, SOCK_STREAM, &sniffer->process, error);
    if (sniffer->socket < 0) {
        g_free(sniffer);
        return NULL;
    }
    sniffer->bytes = g_byte_array_new();
    /* If it has ended already, its last message or the end of the stream shows that. */
    send(sniffer->socket, request, sizeof(*request), MSG_NOSIGNAL);
    return sniffer;
}

static bool fail(GError **error, const struct pcap_agent_message *message, const uint8_t *bytes)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION, "%.*s", (int)message->size, bytes);
    return false;
}

static bool is_well_formed(const struct pcap_agent_message *message)
{
    uint32_t maximum = message->type == PCAP_AGENT_PACKET ? PCAP_AGENT_MAX_PACKET : PCAP_AGENT_TEXT;

    return message->size <= maximum &&
           (message->type != PCAP_AGENT_PACKET || message->number >= message->size);
}

static bool end_unexpectedly(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "pktmon-pcap-agent has ended unexpectedly: what was captured until then is intact; "
                "start the capture again.");
    return false;
}

/* Passes the complete messages on, and keeps the rest. */
static bool take_messages(struct pcap_sniffer *sniffer, pcap_sniffer_receiver *receiver,
                          void *context, GError **error)
{
    GByteArray *bytes = sniffer->bytes;
    struct pcap_agent_message message;
    size_t offset = 0;

    while (bytes->len - offset >= sizeof(message)) {
        uint8_t *payload = bytes->data + offset + sizeof(message);

        memcpy(&message, bytes->data + offset, sizeof(message));
        if (!is_well_formed(&message))
            return end_unexpectedly(error);
        if (bytes->len - offset - sizeof(message) < message.size)
            break;
        if (message.type == PCAP_AGENT_ERROR)
            return fail(error, &message, payload);
        sniffer->started |= message.type == PCAP_AGENT_STARTED;
        sniffer->ended |= message.type == PCAP_AGENT_END;
        receiver(context, sniffer, &message, payload);
        offset += sizeof(message) + message.size;
    }
    if (offset > 0)
        g_byte_array_remove_range(bytes, 0, offset);
    return true;
}

bool pcap_sniffer_receive(struct pcap_sniffer *sniffer, pcap_sniffer_receiver *receiver,
                          void *context, GError **error)
{
    guint before = sniffer->bytes->len;
    ssize_t length;

    g_byte_array_set_size(sniffer->bytes, before + RECEIVE_BYTES);
    length = recv(sniffer->socket, sniffer->bytes->data + before, RECEIVE_BYTES, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        length = 0;
    else if (length <= 0)
        return end_unexpectedly(error);
    g_byte_array_set_size(sniffer->bytes, before + length);
    return take_messages(sniffer, receiver, context, error);
}

void pcap_sniffer_stop(struct pcap_sniffer *sniffer)
{
    shutdown(sniffer->socket, SHUT_WR);
}

void pcap_sniffer_free(struct pcap_sniffer *sniffer)
{
    close(sniffer->socket);
    netdev_end_helper(sniffer->process, sniffer->silent ? 0 : END_PATIENCE_MS);
    g_byte_array_unref(sniffer->bytes);
    g_free(sniffer);
}
