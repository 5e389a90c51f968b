/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture has an agent for its devices, and one more for each device that appears later, so the
 * limit applies to the buffer of all agents of a user: as much as all of his captures may have.
 * Each agent publishes its share in its name, which only the process itself can change. */
#include "buffer-share.h"

#include <ctype.h>
#include <dirent.h>
#include <glib.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pcap-reply.h"
#include "privilege/user-limits.h"
#include "providers/pcap/pcap-protocol.h"

#define NAME          "pm-pcap "
#define NAME_SIZE     16 /* TASK_COMM_LEN */
#define DIRECTIONS    2
#define BYTES_PER_MIB (1024 * 1024)

static uint64_t wanted_mib(const struct pcap_agent_request *request)
{
    uint64_t bytes = (uint64_t)request->buffer_size * request->count * DIRECTIONS;

    return (bytes + BYTES_PER_MIB - 1) / BYTES_PER_MIB;
}

/* 0: it is not such an agent, or another user's. */
static uint64_t mib_of(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid), *name = NULL;
    unsigned int mib;

    if (!g_file_get_contents(path, &name, NULL, NULL) || sscanf(name, NAME "%u", &mib) != 1)
        return 0;
    return confine_is_of_user(pid, getuid()) ? mib : 0;
}

/* Includes this process. */
static uint64_t mib_of_user(void)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    uint64_t mib = 0;

    if (!directory)
        pcap_agent_fail(
            "/proc, which shows how much memory your captures use, cannot be read: mount it.");
    while ((entry = readdir(directory)))
        mib += isdigit((unsigned char)entry->d_name[0]) ? mib_of(entry->d_name) : 0;
    closedir(directory);
    return mib;
}

void pcap_agent_check_buffer(const struct pcap_agent_request *request)
{
    uint64_t wanted = wanted_mib(request);
    char name[NAME_SIZE];
    struct confine_limits limits;
    g_autofree char *refusal = confine_read_limits(&limits);

    if (refusal)
        pcap_agent_fail("%s", refusal);
    if (limits.is_root)
        return;
    if (wanted > limits.buffer_mib)
        pcap_agent_fail(
            "A capture of these devices needs %" G_GUINT64_FORMAT
            " MiB of buffer, and may use at most %u MiB on this host: choose a smaller buffer size "
            "or fewer devices, or have an administrator raise buffer-size in " AGENT_CONFIGURATION
            ".",
            wanted, limits.buffer_mib);
    snprintf(name, sizeof(name), NAME "%u", (unsigned int)wanted);
    prctl(PR_SET_NAME, name);
    if (mib_of_user() > (uint64_t)limits.buffer_mib * limits.captures)
        pcap_agent_fail(
            "Your captures already use all the buffer that a user may have on this host: end one, "
            "or have an administrator raise captures-per-user in " AGENT_CONFIGURATION ".");
}
