/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "provider.h"

/* How far above this program an install or build tree may begin. */
#define SEARCH_DEPTH 8

static const char *const places[] = {"capture-core", "libexec/pktmon"};

/* In the tree that this program runs from, be it of a build, an install or a package. */
static char *find(const char *name)
{
    g_autofree char *directory = g_file_read_link("/proc/self/exe", NULL);

    for (int depth = 0; directory && depth < SEARCH_DEPTH; depth++) {
        g_autofree char *below = g_steal_pointer(&directory);

        directory = g_path_get_dirname(below);
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
            char *path = g_build_filename(directory, places[i], name, NULL);
            if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
                return path;
            g_free(path);
        }
    }
    return g_build_filename(PKTMON_HELPERS_INSTALLED, name, NULL);
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
    g_autofree char *path = find(name);
    int sockets[2], reason;

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
