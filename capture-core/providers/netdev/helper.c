/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "model/clock.h"
#include "pktmon/errors.h"

/* How long to wait for an outstanding answer once the user stops the capture, and for a process
 * that was killed. An emulated machine under load has answered after more than 3 s. */
#define HURRIED_MS 6000
#define KILLED_MS  1000
#define SLICE_MS   100 /* how soon a stop is noticed */

/* The user nobody and its group, which has no members. */
#define NOBODY 65534

/* The capabilities that an administrator gives each helper. */
static const struct {
    const char *name, *capabilities;
} needs[] = {
    {"pktmon-agent",
     "cap_bpf,cap_perfmon,cap_net_admin,cap_net_broadcast,cap_sys_admin,cap_sys_ptrace,"
     "cap_dac_read_search=ep"},
    {"pktmon-pcap-agent", "cap_net_raw=ep"},
};

static const char *capabilities_of(const char *path)
{
    size_t i = 0;

    while (i < G_N_ELEMENTS(needs) - 1 && !g_str_has_suffix(path, needs[i].name))
        i++;
    return needs[i].capabilities;
}

/* The group whose members may capture: a dedicated one, where this host has it, or the user's own.
 */
static char *usual_group(void)
{
    const struct group *group = getgrnam("pktmon");

    if (!group)
        group = getgrnam("wireshark");
    if (!group && getgid() != NOBODY)
        group = getgrgid(getgid());
    return g_strdup(group ? group->gr_name : "GROUP");
}

/* Whether an administrator has given the helper a group and capabilities. */
static bool is_set_up(const char *path, const struct stat *status)
{
    return status->st_gid != 0 && (status->st_mode & S_IXGRP) &&
           getxattr(path, "security.capability", NULL, 0) > 0;
}

/* Other users may run the helper, and the caller may not. */
static void explain_group(GError **error, const char *path, gid_t id)
{
    const struct group *group = getgrgid(id);
    const char *name = group ? group->gr_name : "that owns it";

    if (id == NOBODY)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "%s is set up for the user nobody only, because root ran scripts/run: run "
                    "scripts/run as yourself, with sudo, or install the package.",
                    path);
    else if (getuid() == NOBODY)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "The user nobody may not run %s: capture as a user who is in the group %s.",
                    path, name);
    else
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "You may not run %s: have an administrator add you to the group %s (\"usermod "
                    "-aG %s %s\"), and log in again.",
                    path, name, group ? name : "GROUP", g_get_user_name());
}

static void explain_refusal(GError **error, const char *path)
{
    struct statvfs system;
    struct stat status;
    g_autofree char *usual = usual_group();

    if (stat(path, &status)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "%s cannot be reached (%s): have an administrator open the directories above "
                    "it, or install the package.",
                    path, g_strerror(errno));
    } else if (statvfs(path, &system) == 0 && system.f_flag & ST_NOEXEC) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "%s cannot be run, because its file system is mounted with noexec: install the "
                    "package, or build elsewhere.",
                    path);
    } else if (!is_set_up(path, &status)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "%s is not set up yet: install the package, or have an administrator run "
                    "\"chgrp %s\", \"chmod 0750\" and \"setcap %s\" on it.",
                    path, usual, capabilities_of(path));
    } else {
        explain_group(error, path, status.st_gid);
    }
}

static void explain_spawn(GError **error, const char *path, int reason)
{
    const char *capabilities = capabilities_of(path);

    if (reason == EACCES)
        explain_refusal(error, path);
    else if (reason == EPERM) /* our bounding set, which the helper inherits, lacks a capability of
                                 the file */
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION,
                    "%s cannot get its capabilities here: start this container or service with all "
                    "of %.*s.",
                    path, (int)strcspn(capabilities, "="), capabilities);
    else
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "%s could not be started (%s): install it, or run scripts/run, which builds "
                    "it.",
                    path, g_strerror(reason));
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
    posix_spawn_file_actions_adddup2(&actions, socket, HELPER_SOCKET);
    error = posix_spawn(process, path, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int netdev_start_helper(const char *name, int type, pid_t *process, GError **error)
{
    g_autofree char *path = netdev_find_helper(name, error);
    int sockets[2], reason;

    if (!path)
        return -1;
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sockets)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "A socket for %s could not be created: %s.", name, g_strerror(errno));
        return -1;
    }
    /* dup2() onto itself would leave the descriptor close-on-exec. */
    if (sockets[1] == HELPER_SOCKET)
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

/* Whether the process ended in time. */
static bool await_end(int process, int timeout_ms)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};

    return poll(&ended, 1, timeout_ms) > 0;
}

void netdev_end_helper(pid_t process, int patience_ms)
{
    int watched = pidfd_open(process, 0);

    if (watched >= 0 && !await_end(watched, patience_ms)) {
        kill(process, SIGKILL);
        await_end(watched, KILLED_MS);
    }
    /* A process that survives SIGKILL is abandoned. */
    waitpid(process, NULL, watched >= 0 ? WNOHANG : 0);
    if (watched >= 0)
        close(watched);
}

struct netdev_wait netdev_begin_wait(int timeout_ms, const atomic_bool *stopped)
{
    return (struct netdev_wait){
        .deadline = clock_monotonic() + timeout_ms * PKTMON_NS_PER_MS,
        .stopped = stopped,
    };
}

int netdev_wait_ms(struct netdev_wait *wait)
{
    uint64_t now = clock_monotonic();

    if (wait->stopped && !wait->hurried && atomic_load(wait->stopped)) {
        wait->hurried = true;
        wait->deadline = MIN(wait->deadline, now + HURRIED_MS * PKTMON_NS_PER_MS);
    }
    if (now >= wait->deadline)
        return 0;
    return MIN((int)((wait->deadline - now) / PKTMON_NS_PER_MS) + 1, SLICE_MS);
}

void netdev_explain_silence(const char *name, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "%s did not respond and was stopped: what was captured until then is intact; start "
                "the capture again.",
                name);
}
