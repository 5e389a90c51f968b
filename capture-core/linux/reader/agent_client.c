/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent_client.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "provider.h"

/* How far above this program an install or build tree may begin. */
#define SEARCH_DEPTH 8

static const char *const places[] = {"capture-core/pktmon-agent", "libexec/pktmon/pktmon-agent"};

/* In the tree that this program runs from, be it of a build, an install or a package. */
static char *find_agent(void)
{
    g_autofree char *directory = g_file_read_link("/proc/self/exe", NULL);

    for (int depth = 0; directory && depth < SEARCH_DEPTH; depth++) {
        g_autofree char *below = g_steal_pointer(&directory);

        directory = g_path_get_dirname(below);
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
            char *path = g_build_filename(directory, places[i], NULL);
            if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
                return path;
            g_free(path);
        }
    }
    return g_strdup(PKTMON_AGENT_INSTALLED);
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

bool agent_client_start(struct agent_client *client, GError **error)
{
    g_autofree char *path = find_agent();
    int sockets[2], reason;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "No socket for pktmon-agent: %s.",
                    g_strerror(errno));
        return false;
    }
    /* dup2() onto itself would leave the descriptor close-on-exec. */
    if (sockets[1] == AGENT_SOCKET)
        fcntl(sockets[1], F_SETFD, 0);
    reason = spawn(&client->process, path, sockets[1]);
    close(sockets[1]);
    if (reason) {
        close(sockets[0]);
        explain_spawn(error, path, reason);
        return false;
    }
    client->socket = sockets[0];
    return true;
}

bool agent_client_ask(struct agent_client *client, const struct agent_request *request,
                      GError **error)
{
    if (send(client->socket, request, sizeof(*request), MSG_NOSIGNAL) == sizeof(*request))
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "pktmon-agent has ended (%s).",
                g_strerror(errno));
    return false;
}

static unsigned int take_descriptors(struct msghdr *parcel, int *descriptors)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(parcel);
    unsigned int count;

    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
        return 0;
    count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(control), count * sizeof(int));
    return count;
}

int agent_client_receive(struct agent_client *client, int timeout_ms, struct agent_message *message,
                         int *descriptors, unsigned int *count, GError **error)
{
    struct pollfd ready = {.fd = client->socket, .events = POLLIN};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE((AGENT_MAPS + RECORD_MAX_RINGS) * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = message, .iov_len = sizeof(*message)};
    struct msghdr parcel = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    ssize_t length;

    if (poll(&ready, 1, timeout_ms) <= 0)
        return 0;
    length = recvmsg(client->socket, &parcel, MSG_CMSG_CLOEXEC);
    if (length == sizeof(*message)) {
        *count = take_descriptors(&parcel, descriptors);
        if (message->type != AGENT_ERROR)
            return 1;
        message->text[sizeof(message->text) - 1] = '\0';
        g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED, message->text);
        return -1;
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "pktmon-agent has ended unexpectedly: what was captured until then is good; start "
                "the capture again.");
    return -1;
}

void agent_client_end(struct agent_client *client)
{
    if (client->socket < 0)
        return;
    close(client->socket);
    client->socket = -1;
    waitpid(client->process, NULL, 0); /* the end of the conversation ends it */
}
