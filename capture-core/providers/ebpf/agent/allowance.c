/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits of one user, as the administrator sets them.
 *
 * Running captures are counted in /proc, by the program that processes run: nobody can take such a
 * place without a capture, and nothing is left behind. But a process that received the maps of a
 * capture may keep them when the agent has gone: open, in flight over a socket, or pinned in a
 * file system. So the maps of the user are counted in the kernel, by their names. root has no
 * limits.
 */
#include "allowance.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "held.h"
#include "model/plural.h"
#include "privilege/user-limits.h"
#include "providers/ebpf/agent-protocol.h"
#include "reply.h"

/* Read early: later, the agent may not query who started it. */
static struct confine_limits limits;

void agent_read_allowance(void)
{
    g_autofree char *refusal = confine_read_limits(&limits);

    if (refusal)
        agent_fail("%s", refusal);
}

uint32_t agent_buffer_limit(void)
{
    return limits.is_root ? CONFINE_MAX_BUFFER_MIB : limits.buffer_mib;
}

uint32_t agent_filter_limit(void)
{
    return limits.is_root ? UINT32_MAX : limits.filter_instructions;
}

/* --- running captures --- */

static bool is_scanner(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid), *name = NULL;

    return g_file_get_contents(path, &name, NULL, NULL) &&
           g_str_equal(g_strchomp(name), AGENT_SCANNER_NAME);
}

static bool runs(const char *pid, const struct stat *program)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/exe", pid);
    struct stat status;

    return stat(path, &status) == 0 && status.st_dev == program->st_dev &&
           status.st_ino == program->st_ino;
}

/* The programs of other users are not examined: they may be in a file system that does not answer.
 */
static bool is_capture(const char *pid, const struct stat *program)
{
    return confine_is_of_user(pid, limits.user) && runs(pid, program) && !is_scanner(pid);
}

/* This capture is included. Of two that start at the same time, both may be refused; but never are
 * there more than allowed. */
static uint32_t count_captures(void)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    struct stat program;
    uint32_t count = 0;

    if (!directory || stat("/proc/self/exe", &program))
        agent_fail("The captures of this user cannot be counted: %s.", g_strerror(errno));
    while ((entry = readdir(directory)))
        count += isdigit((unsigned char)entry->d_name[0]) && is_capture(entry->d_name, &program);
    closedir(directory);
    return count;
}

void agent_check_captures(void)
{
    if (!limits.is_root && count_captures() > limits.captures)
        agent_fail("You already run %u %s, the most that a user may run on this host: end one, or "
                   "have an administrator raise captures-per-user in " AGENT_CONFIGURATION ".",
                   limits.captures, PLURAL(limits.captures, "capture", "captures"));
}

/* --- maps in use --- */

#define PATIENCE_US (2 * G_USEC_PER_SEC) /* the kernel frees maps with a delay */
#define PAUSE_US    (50 * 1000)

/* The maps of the user: the number of each table, and the bytes of rings. */
struct user_maps {
    uint32_t tables[AGENT_MAPS];
    uint64_t ring_bytes;
};

const char *agent_name_map(int number)
{
    static char name[BPF_OBJ_NAME_LEN];

    snprintf(name, sizeof(name), "pkmon%x_%c", limits.user, 'a' + number);
    return name;
}

static void count_map(int map, struct user_maps *held)
{
    struct bpf_map_info info = {};
    uint32_t length = sizeof(info);

    if (bpf_obj_get_info_by_fd(map, &info, &length))
        return;
    if (g_str_equal(info.name, agent_name_map(AGENT_RING)))
        held->ring_bytes += info.max_entries;
    for (int table = 0; table < AGENT_MAPS; table++)
        held->tables[table] += g_str_equal(info.name, agent_name_map(table));
}

/* A map that is freed meanwhile cannot be opened. Without CAP_SYS_ADMIN, no map can. */
static struct user_maps count_held(void)
{
    LIBBPF_OPTS(bpf_get_fd_by_id_opts, options, .open_flags = BPF_F_RDONLY);
    struct user_maps held = {};
    uint32_t id = 0;

    while (bpf_map_get_next_id(id, &id) == 0) {
        int map = bpf_map_get_fd_by_id_opts(id, &options);

        if (map < 0)
            continue;
        count_map(map, &held);
        close(map);
    }
    return held;
}

static bool is_too_much(const struct user_maps *held)
{
    for (int table = 0; table < AGENT_MAPS; table++) {
        if (held->tables[table] > limits.captures)
            return true;
    }
    return held->ring_bytes > (uint64_t)limits.captures * limits.buffer_mib * 1024 * 1024;
}

void agent_check_memory(void)
{
    int64_t end = g_get_monotonic_time() + PATIENCE_US;
    struct user_maps held = {};

    while (!limits.is_root && (held = count_held(), is_too_much(&held))) {
        if (g_get_monotonic_time() > end)
            agent_fail("Some of your processes still hold the memory of captures that have ended, "
                       "and with it you are at the limit of a user on this host (%u %s): end those "
                       "processes (`ls -l /proc/*/fd | grep bpf-map` shows them), or have an "
                       "administrator raise captures-per-user in " AGENT_CONFIGURATION
                       " or remove what is pinned in /sys/fs/bpf.",
                       limits.captures, PLURAL(limits.captures, "capture", "captures"));
        g_usleep(PAUSE_US);
    }
}
