/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon-agent: leaves its surroundings behind, and becomes two processes (agent.h). */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holder.h"
#include "scanner/scanner.h"

/* Datagrams are small and the reader is prompt: it is gone if it takes this long. */
#define SEND_TIMEOUT_S 10

static bool is_conversation(int descriptor)
{
    int type = 0;
    socklen_t length = sizeof(type);

    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_SEQPACKET;
}

/* Each namespace takes a descriptor for each end of each hook. */
static void raise_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Whoever starts it chooses its surroundings; none of them may matter. */
static void leave_surroundings(void)
{
    struct timeval timeout = {.tv_sec = SEND_TIMEOUT_S};

    clearenv();
    umask(077);
    /* It may have been started under another name, that of the scanner, to pass for one. */
    if (prctl(PR_SET_NAME, AGENT_NAME) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        close_range(AGENT_SOCKET + 1, ~0U, 0))
        exit(EXIT_FAILURE);
    for (int descriptor = 0; descriptor < AGENT_SOCKET; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            exit(EXIT_FAILURE);
    }
    raise_files();
    if (setsockopt(AGENT_SOCKET, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
        fcntl(AGENT_SOCKET, F_SETFD, FD_CLOEXEC))
        exit(EXIT_FAILURE);
    /* A stop of the terminal's whole group must not end the capture before its last records
     * were read: the end of the conversation is the sign. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
}

/* The kernel ends it with its parent, even one that is stopped. */
static void run_scanner(int socket)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NAME, AGENT_SCANNER_NAME))
        exit(EXIT_FAILURE);
    scanner_run(socket);
}

int main(void)
{
    int sockets[2];
    pid_t scanner;

    if (!is_conversation(AGENT_SOCKET)) {
        fputs("pktmon-agent is started by pktmondump and pktmon, not by hand.\n", stderr);
        return EXIT_FAILURE;
    }
    leave_surroundings();
    privilege_check();
    allowance_read();
    allowance_check_captures();
    if (!handover_open(sockets) || (scanner = fork()) < 0)
        agent_fail("The agent cannot divide itself: %s.", g_strerror(errno));
    close(sockets[scanner == 0 ? 0 : 1]);
    if (scanner == 0)
        run_scanner(sockets[1]);
    holder_run(sockets[0], scanner);
}
