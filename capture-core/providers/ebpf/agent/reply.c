/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from the agent to the reader. */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "providers/ebpf/agent-protocol.h"
#include "providers/netdev/helper.h"

void agent_send(const struct agent_message *message)
{
    if (send(HELPER_SOCKET, message, sizeof(*message), MSG_NOSIGNAL) < 0)
        exit(EXIT_SUCCESS); /* the reader has gone, and the capture with it */
}

static void send_text(enum agent_message_type type, const char *format, va_list arguments)
{
    struct agent_message message = {.type = type};

    vsnprintf(message.text, sizeof(message.text), format, arguments);
    agent_send(&message);
}

void agent_report_missing(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_text(AGENT_MISSING, format, arguments);
    va_end(arguments);
}

void agent_report_hidden(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_text(AGENT_HIDDEN, format, arguments);
    va_end(arguments);
}

void agent_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_text(AGENT_ERROR, format, arguments);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void agent_fail_impossible(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_text(AGENT_IMPOSSIBLE, format, arguments);
    va_end(arguments);
    exit(EXIT_FAILURE);
}
