/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sniffer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../linux/helper.h"
#include "provider.h"

/* Received at once, so that the other sources have their turn. */
#define NAME            "pktmon-pcap-agent"
#define END_PATIENCE_MS 1000

#define RECEIVE_BYTES (1024U * 1024)

struct sniffer *sniffer_start(const struct pcap_agent_request *request, GError **error)
{
    struct sniffer *sniffer = g_new0(struct sniffer, 1);

    sniffer->socket = helper_start(NAME, SOCK_STREAM, &sniffer->process, error);
    if (sniffer->socket < 0) {
        g_free(sniffer);
        return NULL;
    }
    sniffer->bytes = g_byte_array_new();
    /* Where it has ended already, its own words or the end of the stream say so. */
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
                "pktmon-pcap-agent has ended unexpectedly: what was captured until then is good; "
                "start the capture again.");
    return false;
}

/* Hands over the whole messages, and keeps the rest. */
static bool take_messages(struct sniffer *sniffer, sniffer_listener *listener, void *context,
                          GError **error)
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
        listener(context, sniffer, &message, payload);
        offset += sizeof(message) + message.size;
    }
    if (offset > 0)
        g_byte_array_remove_range(bytes, 0, offset);
    return true;
}

bool sniffer_receive(struct sniffer *sniffer, sniffer_listener *listener, void *context,
                     GError **error)
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
    return take_messages(sniffer, listener, context, error);
}

void sniffer_stop(struct sniffer *sniffer)
{
    shutdown(sniffer->socket, SHUT_WR);
}

void sniffer_free(struct sniffer *sniffer)
{
    close(sniffer->socket);
    helper_end(sniffer->process, sniffer->silent ? 0 : END_PATIENCE_MS);
    g_byte_array_unref(sniffer->bytes);
    g_free(sniffer);
}
