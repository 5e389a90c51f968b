/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFQUEUEs of a network namespace. */
#ifndef PKTMON_EBPF_AGENT_NFQUEUES_H
#define PKTMON_EBPF_AGENT_NFQUEUES_H

#include <stdbool.h>
#include <stdint.h>

/* A source of information about the queues of one namespace. */
struct agent_queues {
    int file;          /* -1 = none */
    bool exact;        /* it lists each queue, not only who may have bound one */
    bool is_directory; /* the file that lists queues is in it, and may appear later */
};

/* An open list of queues. */
struct agent_queue_counts {
    int file; /* or -errno */
    bool exact;
    bool owned;
};

/* Opens the source for the namespace that the process is in. */
struct agent_queues agent_open_queues(void);
void agent_close_queues(struct agent_queues *queues);
/* From here on, the queues can be counted without a privilege. */
void agent_keep_queues(struct agent_queues *queues);
/* Whether a program has bound a queue, or may have. */
bool agent_has_queues(const struct agent_queues *queues);
/* Opens what agent_count_waiting() reads repeatedly. */
struct agent_queue_counts agent_open_queue_counts(const struct agent_queues *queues);
void agent_close_queue_counts(struct agent_queue_counts *counts);
/* How many packets wait in all queues; where that is unknown, not 0 as long as some may. */
uint64_t agent_count_waiting(const struct agent_queue_counts *counts);

#endif
