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

#define GROUP            "limits"
#define DEFAULT_BUFFER   1024
#define DEFAULT_CAPTURES 32
#define MAX_CAPTURES     4096

static uint32_t buffer_mib = DEFAULT_BUFFER, captures = DEFAULT_CAPTURES;
static bool is_root; /* who started the agent: it may not ask later (privilege.c) */

static const struct {
    const char *key;
    uint32_t *value;
    uint64_t most;
} keys[] = {
    {"buffer-size", &buffer_mib, AGENT_MAX_BUFFER},
    {"captures-per-user", &captures, MAX_CAPTURES},
};

/* --- the file --- */

static void check_owner(const char *path)
{
    struct stat status;

    if (stat(path, &status))
        return; /* reading says why */
    if (status.st_uid != 0 || status.st_mode & (S_IWGRP | S_IWOTH))
        agent_fail("%s limits captures, and is not root's alone: have an administrator run "
                   "`chown root` and `chmod go-w` on it.",
                   path);
}

static void read_key(GKeyFile *file, size_t i)
{
    g_autoptr(GError) error = NULL;
    uint64_t value;

    if (!g_key_file_has_key(file, GROUP, keys[i].key, NULL))
        return;
    value = g_key_file_get_uint64(file, GROUP, keys[i].key, &error);
    if (error || value == 0 || value > keys[i].most)
        agent_fail(AGENT_CONFIGURATION ": %s must be 1 to %" G_GUINT64_FORMAT ".", keys[i].key,
                   keys[i].most);
    *keys[i].value = value;
}

void allowance_read(void)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_path_get_dirname(AGENT_CONFIGURATION);

    is_root = getuid() == 0;
    if (access(AGENT_CONFIGURATION, F_OK) && errno == ENOENT)
        return;
    check_owner(directory);
    check_owner(AGENT_CONFIGURATION);
    if (!g_key_file_load_from_file(file, AGENT_CONFIGURATION, G_KEY_FILE_NONE, &error))
        agent_fail(AGENT_CONFIGURATION " limits captures, and cannot be read (%s).",
                   error->message);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        read_key(file, i);
}

uint32_t allowance_buffer(void)
{
    return is_root ? AGENT_MAX_BUFFER : buffer_mib;
}

/* --- who captures --- */

static bool is_scanner(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid), *name = NULL;

    return g_file_get_contents(path, &name, NULL, NULL) &&
           g_str_equal(g_strchomp(name), AGENT_SCANNER_NAME);
}

static bool is_of_this_user(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/status", pid), *text = NULL;
    unsigned int user;
    const char *line;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    line = strstr(text, "\nUid:");
    return line && sscanf(line, " Uid: %u", &user) == 1 && user == getuid();
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
    return is_of_this_user(pid) && runs(pid, program) && !is_scanner(pid);
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
    if (!is_root && count_captures() > captures)
        agent_fail(
            "You capture %u times already, which is as much as a user may on this host: end "
            "a capture, or have an administrator raise captures-per-user in " AGENT_CONFIGURATION
            ".",
            captures);
}
