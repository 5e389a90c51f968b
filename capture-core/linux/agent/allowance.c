/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of the host one user may have, as the administrator says. Who captures already is seen
 * in /proc, by the program that processes run: nobody can hold a place there without a capture, and
 * nothing is left behind. root may have all.
 */
#include "agent.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../plural.h"
#include "../user_limits.h"

static struct limits limits; /* read early: whoever started the agent is not known later */

void allowance_read(void)
{
    g_autofree char *refusal = limits_read(&limits);

    if (refusal)
        agent_fail("%s", refusal);
}

uint32_t allowance_buffer(void)
{
    return limits.is_root ? AGENT_MAX_BUFFER : limits.buffer_mib;
}

/* --- who captures --- */

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

/* The programs of others are not looked at: they may lie in a file system that does not answer. */
static bool is_capture(const char *pid, const struct stat *program)
{
    return limits_is_of_user(pid, getuid()) && runs(pid, program) && !is_scanner(pid);
}

/* This one is among them. One that begins at the same time may be refused, too: that there are more
 * than may be is out of the question. */
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

void allowance_check_captures(void)
{
    if (!limits.is_root && count_captures() > limits.captures)
        agent_fail(
            "You capture %u %s already, which is as much as a user may on this host: end "
            "a capture, or have an administrator raise captures-per-user in " AGENT_CONFIGURATION
            ".",
            limits.captures, PLURAL(limits.captures, "time", "times"));
}
