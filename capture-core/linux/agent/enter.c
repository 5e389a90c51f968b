/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering a network namespace, and coming back. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

static int own_file = -1;

int enter_open(void)
{
    own_file = open(NETNS_OWN_PATH, O_RDONLY | O_CLOEXEC);
    if (own_file < 0)
        agent_fail("The agent cannot open its own network namespace (" NETNS_OWN_PATH "): %s.",
                   g_strerror(errno));
    return own_file;
}

int enter_run(int file, int (*function)(void *data), void *data)
{
    int result;

    if (setns(file, CLONE_NEWNET))
        return -errno;
    result = function(data);
    /* Going on in a foreign namespace would make all that follows wrong. */
    if (setns(own_file, CLONE_NEWNET))
        agent_fail("The agent could not return to its own network namespace: %s.",
                   g_strerror(errno));
    return result;
}
