/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NFQUEUEs, in which packets wait for a program in user space. Closing a netfilter link makes the
 * kernel drop all packets that wait in the namespace (nf_queue_nf_hook_drop()), and attaching one
 * makes them pass their queue a second time.
 *
 * The kernel lists queues only in a file that needs root, or CAP_DAC_READ_SEARCH. Without it,
 * every socket that a queue can be bound with is assumed to have packets in one.
 */
#include "nfqueues.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NETFILTER_DIRECTORY "/proc/thread-self/net/netfilter"
#define QUEUES_FILE         "nfnetlink_queue"
#define SOCKETS_FILE        "/proc/thread-self/net/netlink"
#define TEXT_SIZE           8192         /* the kernel returns whole lines, a page at a time */
#define MOST_TEXT           (256 * 1024) /* some 5000 queues, or 2500 sockets */

static bool is_readable_or_absent(int directory)
{
    int file = openat(directory, QUEUES_FILE, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return errno == ENOENT; /* it appears with a module */
    close(file);
    return true;
}

/* The directory and the file keep referring to this namespace when the process leaves it. */
struct agent_queues agent_open_queues(void)
{
    struct agent_queues queues = {.file =
                                      open(NETFILTER_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                  .exact = true,
                                  .is_directory = true};

    if (queues.file < 0 || is_readable_or_absent(queues.file))
        return queues;
    close(queues.file);
    return (struct agent_queues){.file = open(SOCKETS_FILE, O_RDONLY | O_CLOEXEC)};
}

void agent_close_queues(struct agent_queues *queues)
{
    if (queues->file >= 0)
        close(queues->file);
    queues->file = -1;
}

/* The line of a queue begins with its number, the port of its socket, and the number of packets. */
static bool is_queue(const char *line, uint64_t *waiting)
{
    unsigned int packets;

    if (sscanf(line, "%*u %*u %u", &packets) != 1)
        return false;
    *waiting += packets;
    return true;
}

/* The line of a socket begins with address, protocol and port; port 0 is the kernel's own. */
static bool is_socket(const char *line, uint64_t *waiting)
{
    unsigned int protocol;
    int port;

    if (sscanf(line, "%*s %u %d", &protocol, &port) != 2 || protocol != NETLINK_NETFILTER ||
        port == 0)
        return false;
    (*waiting)++;
    return true;
}

/* Counts lines of queues, and adds their packets to *waiting. */
static unsigned int count_lines(const char *text, bool (*is_one)(const char *, uint64_t *),
                                uint64_t *waiting)
{
    unsigned int count = 0;

    while (text && *text) {
        count += is_one(text, waiting);
        text = strchr(text, '\n');
        text += text != NULL;
    }
    return count;
}

/* Reads the whole file anew. A file that cannot be read, or that is too long, counts as a waiting
 * packet: anyone may bind many queues in a namespace of his own. */
static unsigned int read_queues(int file, bool exact, uint64_t *waiting)
{
    char text[TEXT_SIZE];
    unsigned int count = 0;
    off_t at = 0;
    ssize_t length = 0;

    *waiting = 0;
    while (at < MOST_TEXT && (length = pread(file, text, sizeof(text) - 1, at)) > 0) {
        text[length] = '\0';
        count += count_lines(text, exact ? is_queue : is_socket, waiting);
        at += length;
    }
    if (length == 0)
        return count;
    (*waiting)++;
    return count + 1;
}

bool agent_has_queues(const struct agent_queues *queues)
{
    struct agent_queue_counts counts = agent_open_queue_counts(queues);
    uint64_t waiting;
    bool bound = counts.file == -ENOENT ? false
                 : counts.file < 0      ? true
                                        : read_queues(counts.file, queues->exact, &waiting) > 0;

    agent_close_queue_counts(&counts);
    return bound;
}

struct agent_queue_counts agent_open_queue_counts(const struct agent_queues *queues)
{
    struct agent_queue_counts counts = {.file = queues->file, .exact = queues->exact};

    if (!queues->is_directory || queues->file < 0)
        return counts;
    counts.owned = true;
    counts.file = openat(queues->file, QUEUES_FILE, O_RDONLY | O_CLOEXEC);
    if (counts.file < 0)
        counts.file = -errno;
    return counts;
}

void agent_close_queue_counts(struct agent_queue_counts *counts)
{
    if (counts->owned && counts->file >= 0)
        close(counts->file);
}

void agent_keep_queues(struct agent_queues *queues)
{
    struct agent_queue_counts counts = agent_open_queue_counts(queues);

    if (counts.owned && counts.file >= 0) {
        agent_close_queues(queues);
        queues->file = counts.file;
        queues->is_directory = false;
    }
}

uint64_t agent_count_waiting(const struct agent_queue_counts *counts)
{
    uint64_t waiting = counts->file != -ENOENT;

    if (counts->file >= 0)
        read_queues(counts->file, counts->exact, &waiting);
    return waiting;
}
