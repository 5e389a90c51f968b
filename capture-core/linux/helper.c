/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "provider.h"

#define BUILD_FOLDER "capture-core"

static bool is_library(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    return strstr(name, ".so") != NULL;
}

/* Where the file lies that this code is in, be it a program or the library; ours to free. */
static char *own_path(void)
{
    Dl_info info;

    if (dladdr((const void *)own_path, &info) && info.dli_fname && is_library(info.dli_fname))
        return realpath(info.dli_fname, NULL);
    return realpath("/proc/self/exe", NULL);
}

/* In a build tree: beside the library, or beside the folder of a program. NULL: this is none. */
static char *path_in_build(const char *own, const char *name)
{
    g_autofree char *folder = g_path_get_dirname(own), *tree = g_path_get_dirname(folder);
    char *path = is_library(own) ? g_build_filename(folder, name, NULL)
                                 : g_build_filename(tree, BUILD_FOLDER, name, NULL);

    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return path;
    g_free(path);
    return NULL;
}

/* Whether only users that this process trusts anyway can change what is there: root, its own, and
 * the owner of what runs already. A group of the owner's own is no one else. */
static bool is_safe(const struct stat *status, uid_t owner)
{
    bool is_known = status->st_uid == 0 || status->st_uid == geteuid() || status->st_uid == owner;
    bool is_own_group = status->st_gid == 0 || status->st_gid == status->st_uid;
    bool is_sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);

    return is_known && (is_sticky || !(status->st_mode & S_IWOTH)) &&
           (is_sticky || is_own_group || !(status->st_mode & S_IWGRP));
}

/* The first part of the path that others may change, the caller's to free; NULL: there is none. */
static char *unsafe_part(const char *path, uid_t owner)
{
    g_autofree char *part = g_strdup(path);
    struct stat status;

    for (;;) {
        g_autofree char *below = g_steal_pointer(&part);

        if (lstat(below, &status) == 0 && !is_safe(&status, owner))
            return g_steal_pointer(&below);
        if (g_str_equal(below, "/"))
            return NULL;
        part = g_path_get_dirname(below);
    }
}

/* The caller's to free. NULL: others may change it. */
static char *find(const char *name, GError **error)
{
    g_autofree char *own = own_path(), *found = own ? path_in_build(own, name) : NULL;
    g_autofree char *path = NULL, *unsafe = NULL;
    struct stat status = {.st_uid = geteuid()};

    if (!found)
        found = g_build_filename(PKTMON_HELPERS_INSTALLED, name, NULL);
    path = realpath(found, NULL);
    if (!path) /* whoever starts it says why */
        return g_steal_pointer(&found);
    if (own)
        stat(own, &status);
    unsafe = unsafe_part(path, status.st_uid);
    if (!unsafe)
        return g_steal_pointer(&path);
    g_set_error(
        error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
        "%s is not started, because other users may change %s: give it to root (chown), and take "
        "their right to write (chmod go-w).",
        path, g_str_equal(path, unsafe) ? "it" : unsafe);
    return NULL;
}

static void explain_spawn(GError **error, const char *path, int reason)
{
    struct stat status;
    struct group *group = NULL;

    if (reason != EACCES) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "%s could not be started (%s): install it, or run scripts/run, which builds "
                    "it.",
                    path, g_strerror(reason));
        return;
    }
    if (stat(path, &status) == 0)
        group = getgrgid(status.st_gid);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                "You may not run %s: have an administrator add you to the group %s, and log in "
                "again.",
                path, group ? group->gr_name : "that owns it");
}

static int spawn(pid_t *process, const char *path, int socket)
{
    posix_spawn_file_actions_t actions;
    char *const arguments[] = {(char *)path, NULL}, *const environment[] = {NULL};
    int error;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, socket, AGENT_SOCKET);
    error = posix_spawn(process, path, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int helper_start(const char *name, int type, pid_t *process, GError **error)
{
    g_autofree char *path = find(name, error);
    int sockets[2], reason;

    if (!path)
        return -1;
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sockets)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "No socket for %s: %s.", name,
                    g_strerror(errno));
        return -1;
    }
    /* dup2() onto itself would leave the descriptor close-on-exec. */
    if (sockets[1] == AGENT_SOCKET)
        fcntl(sockets[1], F_SETFD, 0);
    reason = spawn(process, path, sockets[1]);
    close(sockets[1]);
    if (reason) {
        close(sockets[0]);
        explain_spawn(error, path, reason);
        return -1;
    }
    return sockets[0];
}
