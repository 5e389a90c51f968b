/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user-limits.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP            "limits"
#define DEFAULT_BUFFER   1024
#define DEFAULT_CAPTURES 32
#define MAX_CAPTURES     4096
/* Each packet of the host may run all of them, at up to 3 ns each. 32 filters with all conditions
 * have 5,000. */
#define DEFAULT_INSTRUCTIONS 8192
#define MAX_INSTRUCTIONS     262144

static const struct {
    const char *name;
    size_t offset;
    uint64_t most;
} keys[] = {
    {"buffer-size", offsetof(struct confine_limits, buffer_mib), CONFINE_MAX_BUFFER_MIB},
    {"captures-per-user", offsetof(struct confine_limits, captures), MAX_CAPTURES},
    {"filter-instructions", offsetof(struct confine_limits, filter_instructions), MAX_INSTRUCTIONS},
};

static char *check_owner(const char *path)
{
    struct stat status;

    if (stat(path, &status))
        return NULL; /* reading it will say why */
    if (status.st_uid != 0 || status.st_mode & (S_IWGRP | S_IWOTH))
        return g_strdup_printf(
            "%s limits captures, but users other than root may write it: have an "
            "administrator run `chown root` and `chmod go-w` on it.",
            path);
    return NULL;
}

static char *read_key(struct confine_limits *limits, GKeyFile *file, size_t i)
{
    g_autoptr(GError) error = NULL;
    uint64_t value;

    if (!g_key_file_has_key(file, GROUP, keys[i].name, NULL))
        return NULL;
    value = g_key_file_get_uint64(file, GROUP, keys[i].name, &error);
    if (error || value == 0 || value > keys[i].most)
        return g_strdup_printf(AGENT_CONFIGURATION ": %s must be 1 to %" G_GUINT64_FORMAT ".",
                               keys[i].name, keys[i].most);
    G_STRUCT_MEMBER(uint32_t, limits, keys[i].offset) = value;
    return NULL;
}

static char *read_file(struct confine_limits *limits)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;
    char *refusal = NULL;

    if (!g_key_file_load_from_file(file, AGENT_CONFIGURATION, G_KEY_FILE_NONE, &error))
        return g_strdup_printf(AGENT_CONFIGURATION " limits captures, but cannot be read (%s).",
                               error->message);
    for (size_t i = 0; i < G_N_ELEMENTS(keys) && !refusal; i++)
        refusal = read_key(limits, file, i);
    return refusal;
}

char *confine_read_limits(struct confine_limits *limits)
{
    g_autofree char *directory = g_path_get_dirname(AGENT_CONFIGURATION);
    char *refusal;

    *limits = (struct confine_limits){.buffer_mib = DEFAULT_BUFFER,
                                      .captures = DEFAULT_CAPTURES,
                                      .filter_instructions = DEFAULT_INSTRUCTIONS,
                                      .user = getuid(),
                                      .is_root = getuid() == 0};
    if (access(AGENT_CONFIGURATION, F_OK) && errno == ENOENT)
        return NULL;
    refusal = check_owner(directory);
    if (!refusal)
        refusal = check_owner(AGENT_CONFIGURATION);
    return refusal ? refusal : read_file(limits);
}

bool confine_is_of_user(const char *pid, uint32_t user)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/status", pid), *text = NULL;
    unsigned int owner;
    const char *line;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    line = strstr(text, "\nUid:");
    return line && sscanf(line, " Uid: %u", &owner) == 1 && owner == user;
}
