/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NFQUEUEs, in which packets wait for a program in user space. Closing a link at a hook of
 * netfilter makes the kernel drop all that waits in the namespace (nf_queue_nf_hook_drop()), and
 * what waits while one is attached goes to its queue a second time. The kernel tells of queues in a
 * file alone, which root may read, and others with CAP_DAC_READ_SEARCH. Without it, whoever has a
 * socket that a queue can be bound with is taken for somebody with packets in one.
 */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NETFILTER_DIRECTORY "/proc/thread-self/net/netfilter"
#define QUEUES_FILE         "nfnetlink_queue"
#define SOCKETS_FILE        "/proc/thread-self/net/netlink"
#define TEXT_SIZE           8192         /* the kernel gives a page of whole lines at a time */
#define MOST_TEXT           (256 * 1024) /* some 5000 queues, or 2500 sockets */

static bool is_readable_or_absent(int directory)
{
    int file = openat(directory, QUEUES_FILE, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return errno == ENOENT; /* it comes with a module */
    close(file);
    return true;
}

/* The directory and the file are those of the namespace, wherever the process goes. */
struct queues queues_open(void)
{
    struct queues queues = {.file = open(NETFILTER_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                            .exact = true,
                            .is_directory = true};

    if (queues.file < 0 || is_readable_or_absent(queues.file))
        return queues;
    close(queues.file);
    return (struct queues){.file = open(SOCKETS_FILE, O_RDONLY | O_CLOEXEC)};
}

void queues_close(struct queues *queues)
{
    if (queues->file >= 0)
        close(queues->file);
    queues->file = -1;
}

/* The numbers that begin the line of a queue: its own, of the socket that bound it, its packets. */
static bool is_queue(const char *line, uint64_t *waiting)
{
    unsigned int packets;

    if (sscanf(line, "%*u %*u %u", &packets) != 1)
        return false;
    *waiting += packets;
    return true;
}

/* Address, protocol and port of a socket; port 0 is the kernel's own. */
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

/* How many lines are of queues; packets are added to *waiting. */
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

/* Reads the file anew, to its end. What cannot be read, or takes too long to be read, is taken for
 * a packet that waits: anyone may bind as many queues as there are in a namespace of his own. */
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

bool queues_are_bound(const struct queues *queues)
{
    struct queue_counts counts = queues_open_counts(queues);
    uint64_t waiting;
    bool bound = counts.file == -ENOENT ? false
                 : counts.file < 0      ? true
                                        : read_queues(counts.file, queues->exact, &waiting) > 0;

    queues_close_counts(&counts);
    return bound;
}

struct queue_counts queues_open_counts(const struct queues *queues)
{
    struct queue_counts counts = {.file = queues->file, .exact = queues->exact};

    if (!queues->is_directory || queues->file < 0)
        return counts;
    counts.owned = true;
    counts.file = openat(queues->file, QUEUES_FILE, O_RDONLY | O_CLOEXEC);
    if (counts.file < 0)
        counts.file = -errno;
    return counts;
}

void queues_close_counts(struct queue_counts *counts)
{
    if (counts->owned && counts->file >= 0)
        close(counts->file);
}

void queues_keep_open(struct queues *queues)
{
    struct queue_counts counts = queues_open_counts(queues);

    if (counts.owned && counts.file >= 0) {
        queues_close(queues);
        queues->file = counts.file;
        queues->is_directory = false;
    }
}

uint64_t queues_waiting(const struct queue_counts *counts)
{
    uint64_t waiting = counts->file != -ENOENT;

    if (counts->file >= 0)
        read_queues(counts->file, counts->exact, &waiting);
    return waiting;
}
