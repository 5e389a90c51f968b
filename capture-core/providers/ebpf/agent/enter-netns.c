/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering a network namespace, and returning. */
#include "enter-netns.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sched.h>

#include "agent.h"
#include "reply.h"

static int own_file = -1;

int agent_open_own_netns(void)
{
    own_file = open(AGENT_NETNS_OWN_PATH, O_RDONLY | O_CLOEXEC);
    if (own_file < 0)
        agent_fail("The agent cannot open its own network namespace (" AGENT_NETNS_OWN_PATH
                   "): %s.",
                   g_strerror(errno));
    return own_file;
}

int agent_run_in_netns(int file, int (*function)(void *data), void *data)
{
    int result;

    if (setns(file, CLONE_NEWNET))
        return -errno;
    result = function(data);
    /* Continuing in another namespace would make everything that follows wrong. */
    if (setns(own_file, CLONE_NEWNET))
        agent_fail("The agent could not return to its own network namespace: %s.",
                   g_strerror(errno));
    return result;
}
