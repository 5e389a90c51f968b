/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_agent.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "../../linux/agent_protocol.h"

#define BUFFER_SIZE (256U * 1024)

static GByteArray *buffer;

void agent_flush(void)
{
    size_t sent = 0;

    while (buffer && sent < buffer->len) {
        ssize_t count = send(AGENT_SOCKET, buffer->data + sent, buffer->len - sent, MSG_NOSIGNAL);

        if (count < 0 && errno != EINTR)
            exit(EXIT_SUCCESS); /* the reader has gone, and the capture with it */
        sent += MAX(count, 0);
    }
    if (buffer)
        g_byte_array_set_size(buffer, 0);
}

void agent_say(const struct pcap_agent_message *message, const void *bytes)
{
    if (!buffer)
        buffer = g_byte_array_sized_new(BUFFER_SIZE);
    g_byte_array_append(buffer, (const uint8_t *)message, sizeof(*message));
    if (message->size > 0)
        g_byte_array_append(buffer, bytes, message->size);
    if (buffer->len >= BUFFER_SIZE)
        agent_flush();
}

static void say_text(enum pcap_agent_type type, uint32_t ifindex, const char *format,
                     va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    const struct pcap_agent_message message = {
        .type = type, .ifindex = ifindex, .size = MIN(strlen(text), PCAP_AGENT_TEXT)};

    agent_say(&message, text);
}

void agent_say_text(enum pcap_agent_type type, uint32_t ifindex, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_text(type, ifindex, format, arguments);
    va_end(arguments);
}

void agent_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_text(PCAP_AGENT_ERROR, 0, format, arguments);
    va_end(arguments);
    agent_flush();
    exit(EXIT_FAILURE);
}
