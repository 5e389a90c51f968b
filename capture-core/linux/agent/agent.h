/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon-agent, the only privileged part: it lists namespaces and devices, loads and attaches the
 * kernel programs, hands the maps' descriptors over, and never reads a packet.
 *
 * It must not keep a namespace alive: neither a descriptor of one nor a socket inside one stays
 * open, what happens to devices elsewhere is heard of through namespace ids, and the links at
 * netfilter's hooks, which hold their namespace, are closed as soon as nobody else has it.
 *
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef PKTMON_AGENT_H
#define PKTMON_AGENT_H

#include <bpf/libbpf.h>
#include <glib.h>
#include <stdbool.h>

#include "../agent_protocol.h"

/* --- say.c: what goes to the reader --- */

void agent_say(const struct agent_message *message);
/* AGENT_MISSING, or AGENT_ERROR and the end of the process. */
void agent_say_missing(const char *format, ...) G_GNUC_PRINTF(1, 2);
void agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
/* The same with AGENT_IMPOSSIBLE. */
void agent_fail_impossible(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

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
/* Whether the programs judge by the filters that were asked for. */
bool programs_filter(void);
/* Runs that would have recorded something, left out by the kernel because the program was already
 * running on that CPU. */
uint64_t programs_misses(void);
/* The descriptor of a program that the agent attaches itself, or of the gate that leads to it; -1
 * where it is not loaded. */
int programs_place(const char *name);

/* --- gates.c: programs that stay attached while generations of the others change --- */

/* Loads the gates that lead to those of the programs that are to be loaded; once. */
int gates_open(const struct bpf_object *programs);
/* The map that says which generation runs; it outlives them all. */
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

/* --- mounts.c: what is mounted where --- */

/* place is where it is mounted, root what of the file system; false: enough. */
typedef bool (*mount_visitor)(const char *place, const char *root, void *data);

/* All mounts of the type whose root begins so. */
void mounts_visit(const char *type, const char *root, mount_visitor visitor, void *data);
/* The first place where exactly this root is mounted; the caller's to free. */
bool mounts_find(const char *type, const char *root, char **place);
/* A descriptor that polls as POLLPRI once for each change of mounts, or -1. */
int mounts_watch(void);

/* --- namespaces.c: network namespaces --- */

#define NETNS_OWN_PATH "/proc/self/ns/net"

#define NETFILTER_ENDS     2 /* first and last of a hook */
#define NETFILTER_HOOKS    5
#define NETFILTER_FAMILIES 2

struct netfilter_links {
    int descriptors[NETFILTER_ENDS * NETFILTER_HOOKS * NETFILTER_FAMILIES];
    uint32_t count;
    bool tried; /* since the namespace was found */
};

struct netns {
    uint64_t cookie; /* 0 = not known, because it could not be entered */
    uint32_t inode;
    int32_t nsid; /* its id in this process's namespace; own namespace and failure: -1 */
    bool own;
    char name[AGENT_NAME_SIZE];
    char *path;          /* where its nsfs file was found */
    GHashTable *devices; /* ifindex -> struct device (links.c) */
    struct netfilter_links netfilter;
    struct netfilter_links netfilter_before; /* of the generation of programs that is to end */
    bool has_process;                        /* one was seen, and asked for the container's name */
    bool found;                              /* in the scan under way */
};

/* Opens the own one, where functions run in others come back to. */
void netns_find_own(void);
/* There may be one at this path: adds it, says it and its devices, and attaches to its hooks.
 * NULL: there is none. */
struct netns *netns_found(const char *path, const char *name);
/* Whether its path still leads to it. */
bool netns_path_leads(const struct netns *netns);
/* The kernel has ended it. */
void netns_forget(struct netns *netns);
struct netns *netns_by_nsid(int32_t nsid); /* -1: the own one; NULL: not known */
struct netns *netns_by_inode(uint32_t inode);
/* All that are known (of struct netns). */
GPtrArray *namespaces(void);

/* Runs function inside the namespace; -errno where it cannot be entered. */
int netns_run(const struct netns *netns, int (*function)(void *data), void *data);

/* --- scan.c: looks for namespaces --- */

/* Finds namespaces that are new since the last call, and lets go of those that nobody has. */
void namespaces_scan(void);
/* The same without a look at all processes, unless one seems to have gone. */
void namespaces_scan_mounts(void);
/* Lets go of namespaces that nobody has any more: cheap as long as there are none. */
void namespaces_check(void);
/* A descriptor that becomes readable when the named namespaces change, or -1. */
int namespaces_watch(void);
void namespaces_watch_clear(void);

/* --- netfilter.c: hooks --- */

/* Nothing where the programs are not loaded, or it was done already. */
void netfilter_attach(struct netns *netns);
void netfilter_attach_all(void);
/* Its links keep the namespace alive. */
bool netfilter_holds(const struct netns *netns);
void netfilter_detach(struct netns *netns);
void netfilter_detach_all(void);
/* For another generation of the programs: attaches it too, and then lets go of the one before. */
void netfilter_renew_all(void);
void netfilter_end_before(void);

/* --- sockets.c: delivery --- */

void sockets_attach(void);
void sockets_detach(void);
/* As with netfilter. */
void sockets_renew(void);
void sockets_end_before(void);

/* --- links.c: devices --- */

/* A descriptor that becomes readable when links change. */
int links_open(void);
/* Whether links of other namespaces are heard of; if not, scan again now and then. */
bool links_hear_all(void);
/* The namespace's id in the own one, made where there is none yet; -1: the kernel refused. */
int32_t links_nsid(int file);
/* Asks for all links of the namespace and says those that are new or changed. */
void links_list(struct netns *netns);
/* The same of all known namespaces. */
void links_list_all(void);
/* Reads what the kernel tells of links that changed. */
void links_read(void);
/* Whether, since the last call, the kernel told of a namespace that is not known. */
bool links_met_stranger(void);

/* --- xdp.c: what XDP programs dropped --- */

/* Says it of all devices that have such a program; the first time, of all whose driver counts. */
void xdp_say_drops(void);

/* --- ingress.c: devices whose receive passes no tracepoint --- */

struct device {
    struct agent_device said; /* as it was said last */
    int ingress_link;         /* of the program at tc ingress, or -1 */
    int ingress_link_before;  /* of the generation of programs that is to end; 0 or -1: none */
};

/* Attaches where needed, once the programs are loaded. */
void ingress_attach(struct netns *netns, struct device *device);
void ingress_attach_all(void);
void ingress_detach_all(void);
/* As with netfilter. */
void ingress_renew_all(void);
void ingress_end_before(void);

#endif
