/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap-reply.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "providers/netdev/helper.h"
#include "providers/pcap/pcap-protocol.h"

#define BUFFER_SIZE (256U * 1024)

static GByteArray *buffer;

void pcap_agent_flush(void)
{
    size_t sent = 0;

    while (buffer && sent < buffer->len) {
        ssize_t count = send(HELPER_SOCKET, buffer->data + sent, buffer->len - sent, MSG_NOSIGNAL);

        if (count < 0 && errno != EINTR)
            exit(EXIT_SUCCESS); /* the reader has gone, and the capture with it */
        sent += MAX(count, 0);
    }
    if (buffer)
        g_byte_array_set_size(buffer, 0);
}

void pcap_agent_send(const struct pcap_agent_message *message, const void *bytes)
{
    if (!buffer)
        buffer = g_byte_array_sized_new(BUFFER_SIZE);
    g_byte_array_append(buffer, (const uint8_t *)message, sizeof(*message));
    if (message->size > 0)
        g_byte_array_append(buffer, bytes, message->size);
    if (buffer->len >= BUFFER_SIZE)
        pcap_agent_flush();
}

static void send_text(enum pcap_agent_type type, uint32_t ifindex, const char *format,
                      va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    const struct pcap_agent_message message = {
        .type = type, .ifindex = ifindex, .size = MIN(strlen(text), PCAP_AGENT_TEXT)};

    pcap_agent_send(&message, text);
}

void pcap_agent_send_text(enum pcap_agent_type type, uint32_t ifindex, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_text(type, ifindex, format, arguments);
    va_end(arguments);
}

void pcap_agent_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_text(PCAP_AGENT_ERROR, 0, format, arguments);
    va_end(arguments);
    pcap_agent_flush();
    exit(EXIT_FAILURE);
}
