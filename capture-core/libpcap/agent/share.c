/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture has an agent for its devices, and one more for each device that comes later, so that
 * what counts is the buffer of all agents of a user: as much as all of his captures may have. Each
 * says in its name how much it has. Only the process itself can change its name.
 */
#include "pcap_agent.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../linux/user_limits.h"

#define NAME          "pm-pcap "
#define NAME_SIZE     16 /* TASK_COMM_LEN */
#define DIRECTIONS    2
#define BYTES_PER_MIB (1024 * 1024)

static uint64_t wanted_mib(const struct pcap_agent_request *request)
{
    uint64_t bytes = (uint64_t)request->buffer_size * request->count * DIRECTIONS;

    return (bytes + BYTES_PER_MIB - 1) / BYTES_PER_MIB;
}

/* 0: it is none of these agents, or another user's. */
static uint64_t mib_of(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid), *name = NULL;
    unsigned int mib;

    if (!g_file_get_contents(path, &name, NULL, NULL) || sscanf(name, NAME "%u", &mib) != 1)
        return 0;
    return limits_is_of_user(pid, getuid()) ? mib : 0;
}

/* This process is among them. */
static uint64_t mib_of_user(void)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    uint64_t mib = 0;

    if (!directory)
        agent_fail("/proc cannot be read, which tells how much of this host's memory your captures "
                   "have: mount it.");
    while ((entry = readdir(directory)))
        mib += isdigit((unsigned char)entry->d_name[0]) ? mib_of(entry->d_name) : 0;
    closedir(directory);
    return mib;
}

void share_check(const struct pcap_agent_request *request)
{
    uint64_t wanted = wanted_mib(request);
    char name[NAME_SIZE];
    struct limits limits;
    g_autofree char *refusal = limits_read(&limits);

    if (refusal)
        agent_fail("%s", refusal);
    if (limits.is_root)
        return;
    if (wanted > limits.buffer_mib)
        agent_fail(
            "A capture of these devices takes %" G_GUINT64_FORMAT " MiB of buffer, and may "
            "have %u MiB on this host: choose a smaller --buffer-size or fewer devices "
            "(--components), or have an administrator raise buffer-size in " AGENT_CONFIGURATION
            ".",
            wanted, limits.buffer_mib);
    snprintf(name, sizeof(name), NAME "%u", (unsigned int)wanted);
    prctl(PR_SET_NAME, name);
    if (mib_of_user() > (uint64_t)limits.buffer_mib * limits.captures)
        agent_fail(
            "Your captures have as much buffer already as a user may have on this host: end "
            "a capture, or have an administrator raise captures-per-user in " AGENT_CONFIGURATION
            ".");
}
