/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The holder of the kernel programs: loads and attaches them, and answers the reader. It looks for
 * nothing itself: what programs are attached to, the scanner hands over (handover.h).
 *
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef PKTMON_AGENT_HOLDER_H
#define PKTMON_AGENT_HOLDER_H

#include <bpf/libbpf.h>
#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "agent.h"
#include "handover.h"

/* --- holder.c: the conversations with the reader and the scanner --- */

/* Never returns. */
void holder_run(int scanner, pid_t scanner_process) G_GNUC_NORETURN;

/* --- held.c: what programs are attached to --- */

#define NETFILTER_ENDS     2 /* first and last of a hook */
#define NETFILTER_HOOKS    5
#define NETFILTER_FAMILIES 2

/* What tells of a namespace's queues (queues.c): of each, or only who may have one. */
struct queues {
    int file; /* -1 = none */
    bool exact;
    bool is_directory; /* the file that tells is in it, and may come later */
};

struct queue_counts {
    int file; /* or -errno */
    bool exact;
    bool owned;
};

struct netfilter_links {
    int descriptors[NETFILTER_ENDS * NETFILTER_HOOKS * NETFILTER_FAMILIES];
    uint32_t count;
    bool tried; /* since the namespace was handed over */
    struct queues queues;
    int64_t deadline; /* they stay for what waits in queues, until then (us, monotonic); 0: no */
};

/* A namespace that was handed over. */
struct held_netns {
    uint64_t cookie;
    bool own;
    char name[sizeof((struct handover){}.name)];
    GHashTable *devices; /* ifindex -> struct held_device */
    struct netfilter_links netfilter;
};

struct held_device {
    uint32_t ifindex;
    char name[sizeof((struct handover){}.name)]; /* with its namespace's */
    int ingress_link;                            /* of the gate at tc ingress, or -1 */
};

/* Opens the own namespace, where functions run in others come back to. */
void held_open(void);
/* The record of what was handed over; made where there is none yet. */
struct held_netns *held_take_netns(const struct handover *handed);
/* The device's namespace is *netns. */
struct held_device *held_take_device(const struct handover *handed, struct held_netns **netns);
/* NULL: not known. */
struct held_netns *held_find(uint64_t cookie);
void held_forget(struct held_netns *netns);
void held_forget_device(struct held_netns *netns, uint32_t ifindex);
void held_for_all(void (*function)(struct held_netns *netns));
void held_for_devices_of(struct held_netns *netns, void (*function)(struct held_device *device));
void held_for_all_devices(void (*function)(struct held_device *device));
/* Runs function inside the namespace that the descriptor is of, and returns what it returns; the
 * own one needs none. */
int held_run(const struct held_netns *netns, int file, int (*function)(void *data), void *data);

/* --- programs.c: the kernel programs --- */

/* Loads and attaches; on failure ends with agent_fail(). */
void programs_start(const struct agent_start *wanted);
/* Loads and attaches another generation of the programs, beside the one that runs, on the same
 * tables. An error: nothing has changed. programs_run() lets it take over, programs_end_before()
 * ends the other one. */
int programs_change(const struct agent_start *wanted);
void programs_end_before(void);
/* From here on, and until here, edges count. */
void programs_run(bool running);
void programs_stop(void);
/* The descriptors that go with AGENT_STARTED, AGENT_MAPS + rings of them. */
int programs_descriptors(int *descriptors, uint32_t *rings, uint32_t *ring_size);
/* The descriptors of a map that the reader has too, and of one that it has not. */
int programs_map(enum agent_map map);
int programs_share_returns(void);
/* Whether the programs judge by the filters that were asked for. */
bool programs_filter(void);
/* Runs that would have recorded something, left out by the kernel because the program was already
 * running on that CPU. */
uint64_t programs_misses(void);
/* The same by its name. */
int programs_map_named(const char *name);
/* Has the program that follows the output see each open file of each process once. */
void programs_follow_output(void);
/* The descriptor of a program that the agent attaches itself, or of the gate that leads to it; -1
 * where it is not loaded. */
int programs_place(const char *name);

/* --- forget.c: entries of the tables --- */

/* Deletes them, and says what they held. What is asked is untrusted input. */
void forget_entries(const struct agent_forget *wanted);

/* --- gates.c: programs that stay attached while generations of the others change --- */

/* Loads the gates that lead to those of the programs that are to be loaded; once. */
int gates_open(const struct bpf_object *programs);
/* The map that says which generation runs; it outlives them all. -1: they are not open yet. */
int gates_running_generation(void);
/* Packets go to the programs as soon as this generation runs. */
int gates_lead_to(const struct bpf_object *programs, uint32_t generation);
/* The generation has ended. */
void gates_lead_nowhere(uint32_t generation);
/* Whether the program is one that a gate leads to, and the gate's descriptor, or -1. */
bool gates_are_for(const char *program);
int gates_program(const char *program);

/* --- kernel.c: what the kernel has --- */

/* Reads the kernel's BTF, for the functions below; agent_fail() where there is none. */
void kernel_open(void);
void kernel_close(void);
bool kernel_has_tracepoint(const char *name);
/* How many arguments it gives to programs. */
int kernel_tracepoint_arguments(const char *name);
/* The BTF id of a function of the kernel's own; not greater than 0: there is none. */
int kernel_function(const char *name);

/* --- refusal.c: why the kernel refuses programs --- */

/* A sentence, where something other than a capability is the cause; or NULL. */
const char *refusal_cause(void);

/* --- points.c: which programs are loaded --- */

/* Leaves out what was not asked for, and says what the kernel has no place for. */
void points_choose(struct bpf_object *object, const struct agent_start *wanted);

/* --- filters.c: which packets are wanted --- */

/* Part of a filter from the reader, which is untrusted input. */
void filters_take(const struct agent_filter_part *part);
/* Translates those that were taken for a start with so many filters; fails with agent_fail(). */
void filters_translate(const struct agent_start *wanted);
/* Puts them into a program that libbpf is about to load; nothing where the program asks no filter.
 */
int filters_splice(struct bpf_program *program, struct bpf_prog_load_opts *options,
                   const struct btf *btf);
/* Once the programs are loaded, or were refused. */
void filters_loaded(void);

/* --- queues.c: NFQUEUEs --- */

/* Opens what tells of the queues of the namespace that the process is in. */
struct queues queues_open(void);
void queues_close(struct queues *queues);
/* From here on they can be counted without a privilege. */
void queues_keep_open(struct queues *queues);
/* Whether a program has bound one, or may have. */
bool queues_are_bound(const struct queues *queues);
/* What queues_waiting() reads again and again. */
struct queue_counts queues_open_counts(const struct queues *queues);
void queues_close_counts(struct queue_counts *counts);
/* How many packets wait in all; where that cannot be known, not 0 as long as some may. */
uint64_t queues_waiting(const struct queue_counts *counts);

/* --- netfilter.c: hooks --- */

/* hook_queues: also where an NFQUEUE is bound. */
void netfilter_open(bool hook_queues);
/* Nothing where the programs are not loaded, or it was done already. */
void netfilter_attach(struct held_netns *netns, int file);
/* Closing a link loses what waits in the namespace's queues: the links stay until nothing does, or
 * their deadline has passed. */
void netfilter_detach(struct held_netns *netns);
bool netfilter_is_staying(const struct held_netns *netns);
/* Says so to the reader, of links that stay. */
void netfilter_say_staying(struct held_netns *netns);
/* Goes on with what netfilter_detach() began. When to do so again, ms; -1: nothing is left to do.
 */
int netfilter_go_on(void);
/* The namespace has ended. */
void netfilter_forget(struct held_netns *netns);
/* The process ends: links that have to stay get a process of their own, which has no privilege. It
 * takes fork(), prctl(PR_SET_NAME), setsid(), close_range(), capset() and clock_nanosleep(), and
 * what tells of queues is read beneath /proc/thread-self/net. */
void netfilter_leave(void);

/* --- ingress.c: devices whose receive passes no tracepoint --- */

/* Nothing where the program is not loaded, or it was done already. */
void ingress_attach(struct held_netns *netns, struct held_device *device, int file);
void ingress_detach(struct held_device *device);

/* --- sockets.c: delivery --- */

/* root: of the control groups. Nothing where it was done already. */
void sockets_attach(int root);
void sockets_detach(void);

/* --- own.c: the capture's own output --- */

/* Finds out who started the agent: the conversation's other end, as it was when it was made. */
void own_open(void);
/* Finds out through which connections it goes, once the programs are loaded: or others are, or other
 * outputs are meant. */
void own_start(const struct agent_start *wanted);
void own_stop(void);
/* How long until own_look() is to be called; -1: not at all. */
int own_wait_ms(void);
/* Does so again, if it is time. */
void own_look(void);

#endif
