/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon-agent: resets its environment, and becomes two processes (agent.h). */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent-privilege.h"
#include "agent.h"
#include "allowance.h"
#include "handover.h"
#include "holder.h"
#include "ingress.h"
#include "netfilter.h"
#include "providers/ebpf/agent/scanner/links.h"
#include "providers/ebpf/agent/scanner/namespaces.h"
#include "providers/ebpf/agent/scanner/report.h"
#include "providers/ebpf/agent/scanner/scanner.h"
#include "providers/netdev/helper.h"
#include "reply.h"

/* Datagrams are small and the reader is fast: if one takes this long, the reader has gone. */
#define SEND_TIMEOUT_S 10

static bool is_conversation(int descriptor)
{
    int type = 0;
    socklen_t length = sizeof(type);

    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_SEQPACKET;
}

/* Each namespace needs a descriptor for each end of each hook. */
static void raise_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* The environment is chosen by whoever starts the agent, so none of it may matter. */
static void leave_surroundings(void)
{
    struct timeval timeout = {.tv_sec = SEND_TIMEOUT_S};

    clearenv();
    umask(077);
    /* The agent may have been started under the scanner's name, so that it would not be counted. */
    if (prctl(PR_SET_NAME, AGENT_NAME) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        close_range(HELPER_SOCKET + 1, ~0U, 0))
        exit(EXIT_FAILURE);
    for (int descriptor = 0; descriptor < HELPER_SOCKET; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            exit(EXIT_FAILURE);
    }
    raise_files();
    if (setsockopt(HELPER_SOCKET, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
        fcntl(HELPER_SOCKET, F_SETFD, FD_CLOEXEC))
        exit(EXIT_FAILURE);
    /* A signal to the terminal's process group must not end the capture before its last records are
     * read: the close of the socket does. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
}

/* The kernel ends the scanner with its parent, even one that is stopped. */
static void run_scanner(int socket)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NAME, AGENT_SCANNER_NAME))
        exit(EXIT_FAILURE);
    scanner_open_reports(socket);
    scanner_open_namespaces(&scanner_netns_reports);
    scanner_open_links(&scanner_link_reports);
    scanner_run(socket);
}

static void run_holder(int socket, pid_t scanner)
{
    static const struct agent_held_observer observer = {.netns_forgotten = agent_forget_netfilter,
                                                        .device_forgotten = agent_detach_ingress};

    agent_observe_held(&observer);
    agent_run_holder(socket, scanner);
}

int main(void)
{
    int sockets[2];
    pid_t scanner;

    if (!is_conversation(HELPER_SOCKET)) {
        fputs("pktmon-agent is started by pktmondump and pktmon, not by hand.\n", stderr);
        return EXIT_FAILURE;
    }
    leave_surroundings();
    agent_check_privilege();
    agent_read_allowance();
    agent_check_captures();
    scanner = agent_open_handover(sockets) ? fork() : -1;
    if (scanner < 0)
        agent_fail("The agent cannot fork: %s.", g_strerror(errno));
    close(sockets[scanner == 0 ? 0 : 1]);
    if (scanner == 0)
        run_scanner(sockets[1]);
    run_holder(sockets[0], scanner);
}
