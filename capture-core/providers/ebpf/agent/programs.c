/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel programs: configured, loaded and attached. Only this process holds them. */
#include "programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "allowance.h"
#include "filter-bodies.h"
#include "kernel.h"
#include "attach-table.h"
#include "probes.skel.h"
#include "program-gates.h"
#include "providers/ebpf/agent-protocol.h"
#include "refusal.h"
#include "reply.h"

/* Newer than Debian 12's headers (uapi linux/bpf.h). */
#define PROGRAM_NETFILTER 32 /* BPF_PROG_TYPE_NETFILTER, 6.4 */
#define ATTACH_NETFILTER  45 /* BPF_NETFILTER */
#define TCX_INGRESS       46 /* BPF_TCX_INGRESS, 6.6 */

#define MIN_RING_SIZE   (64U * 1024)
#define FLOW_SHARE(all) ((all) - (all) / 8) /* of a ring; the rest is reserved for drops */

static struct probes *probes; /* the newest generation */
static struct probes *before; /* the generation that it replaces; NULL = none */
static uint32_t generation;
static uint64_t misses_before; /* of ended generations */
static int ring_descriptors[RECORD_MAX_RINGS];
static uint32_t ring_count, ring_bytes;

/* --- loading by libbpf --- */

static const struct {
    int placeholder; /* in bpf/lib/kernel-memory.h */
    const char *name;
} kernel_functions[] = {
    {0x7f000001, "bpf_dynptr_from_skb"},
    {0x7f000002, "bpf_cast_to_kern_ctx"},
    {0x7f000003, "bpf_rdonly_cast"},
};

/* Replaces a placeholder call by a call of the kernel function, or by "r0 = -1" where the kernel
 * has none. */
static void resolve_call(struct bpf_insn *insn)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kernel_functions); i++) {
        int id;

        if (insn->imm != kernel_functions[i].placeholder)
            continue;
        id = agent_kernel_function(kernel_functions[i].name);
        if (id > 0)
            *insn = (struct bpf_insn){
                .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = id};
        else
            *insn = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1};
        return;
    }
}

static int prepare_load(struct bpf_program *program, struct bpf_prog_load_opts *options,
                        long cookie)
{
    size_t count = bpf_program__insn_cnt(program);
    g_autofree struct bpf_insn *insns =
        g_memdup2(bpf_program__insns(program), count * sizeof(*insns));
    int error;

    (void)cookie;
    for (size_t i = 0; i < count; i++) {
        if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == 0)
            resolve_call(&insns[i]);
    }
    error = bpf_program__set_insns(program, insns, count);
    if (error || !agent_is_filtered())
        return error;
    return agent_splice_filters(program, options, bpf_object__btf(probes->obj));
}

/* The type of the tracepoint must be set before prepare_load; a missing tracepoint is no error. */
static int setup_tracepoint(struct bpf_program *program, long cookie)
{
    const char *name = strchr(bpf_program__section_name(program), '/') + 1;

    (void)cookie;
    if (!agent_kernel_has_tracepoint(name))
        return bpf_program__set_autoload(program, false);
    return bpf_program__set_attach_target(program, 0, name);
}

static int attach_tracepoint(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
    (void)cookie;
    *link = bpf_program__attach_trace(program);
    return *link ? 0 : -errno;
}

static void register_sections(void)
{
    LIBBPF_OPTS(libbpf_prog_handler_opts, tracepoint, .prog_setup_fn = setup_tracepoint,
                .prog_prepare_load_fn = prepare_load, .prog_attach_fn = attach_tracepoint);
    /* These are attached by the agent itself (netfilter.c, ingress.c, socket-links.c): libbpf may
     * be too old. */
    LIBBPF_OPTS(libbpf_prog_handler_opts, other, .prog_prepare_load_fn = prepare_load);

    libbpf_register_prog_handler("tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, &tracepoint);
    libbpf_register_prog_handler("tcx/ingress", BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS, &other);
    libbpf_register_prog_handler("netfilter", PROGRAM_NETFILTER, ATTACH_NETFILTER, &other);
    libbpf_register_prog_handler("cgroup_skb/ingress", BPF_PROG_TYPE_CGROUP_SKB,
                                 BPF_CGROUP_INET_INGRESS, &other);
}

/* --- configuration --- */

static uint32_t power_of_two_below(uint64_t number)
{
    uint64_t power = 1;

    while (power * 2 <= number)
        power *= 2;
    return power;
}

/* One ring for each group of CPUs, all of the same size, which add up to the buffer size at most.
 */
static void size_rings(uint32_t buffer_mib, uint32_t cpus)
{
    uint64_t bytes = (uint64_t)buffer_mib * 1024 * 1024;

    ring_count = MIN(power_of_two_below(cpus), RECORD_MAX_RINGS);
    while (ring_count > 1 && bytes / ring_count < MIN_RING_SIZE)
        ring_count /= 2;
    ring_bytes = power_of_two_below(bytes / ring_count);
}

/* Senders of packets must not be able to predict the hash of their contents. */
static uint64_t salt(void)
{
    static uint64_t number;

    if (number == 0 && getrandom(&number, sizeof(number), 0) != sizeof(number))
        agent_fail("The kernel provided no random numbers: %s.", g_strerror(errno));
    return number;
}

static void configure(const struct agent_start *wanted)
{
    struct probes_config *config = (struct probes_config *)&probes->rodata->config;

    config->generation = generation;
    config->salt = salt();
    config->cpus = libbpf_num_possible_cpus();
    if (ring_count == 0)
        size_rings(wanted->live.buffer_size, config->cpus);
    config->ring_mask = ring_count - 1;
    config->flow_limit = FLOW_SHARE(ring_bytes);
    config->pkt_size = wanted->pkt_size && wanted->pkt_size < RECORD_MAX_PACKET ? wanted->pkt_size
                                                                                : RECORD_MAX_PACKET;
    config->repeat_size = wanted->repeat_size ? wanted->repeat_size : config->pkt_size;
    config->record_flow = wanted->record_flow;
    config->record_drops = wanted->record_drops;
    config->leaves_out_netns = wanted->leaves_out_netns;
    config->leaves_out_own = wanted->leaves_out_own;
    bpf_program__set_autoload(probes->progs.follow_output, wanted->leaves_out_own);
    config->upper_edges = wanted->live.points == PKTMON_POINTS_STACK;
    config->track = true;
    config->unsampled_share = wanted->unsampled_share;
    config->inner_filters = wanted->inner_filters;
    config->live = wanted->live;
    config->filtered = wanted->filters > 0;
    config->reads_fragments = agent_kernel_function("bpf_dynptr_from_skb") > 0;
    config->has_rdonly_cast = agent_kernel_function("bpf_rdonly_cast") > 0;
    config->resets_have_reason = agent_kernel_tracepoint_arguments("tcp_send_reset") > 2;
    config->udp_failures_have_packet =
        agent_kernel_tracepoint_arguments("udp_fail_queue_rcv_skb") > 2;
    config->ends_have_location = agent_kernel_tracepoint_arguments("consume_skb") > 1;
    config->listen_drops = agent_kernel_constant("LINUX_MIB_LISTENDROPS");
    config->listen_overflows = agent_kernel_constant("LINUX_MIB_LISTENOVERFLOWS");
    if (!config->reads_fragments)
        agent_report_missing("packet bytes in fragments: this kernel has no bpf_dynptr_from_skb "
                             "(Linux 6.4)");
}

/* --- loading and attaching --- */

static void make_rings(void)
{
    for (uint32_t i = 0; i < ring_count; i++) {
        int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, agent_name_map(AGENT_RING), 0, 0,
                                  ring_bytes, NULL);

        if (ring < 0 || bpf_map_update_elem(bpf_map__fd(probes->maps.rings), &i, &ring, BPF_ANY))
            agent_fail("The kernel refused a ring buffer of %u bytes (%s): choose a smaller "
                       "buffer size.",
                       ring_bytes, g_strerror(errno));
        ring_descriptors[i] = ring;
    }
}

/* The maps that the reader receives. */
static struct bpf_map *given_map(enum agent_map map)
{
    struct bpf_map *const maps[AGENT_MAPS] = {
        [AGENT_MAP_COUNTERS] = probes->maps.counters,
        [AGENT_MAP_DROPS] = probes->maps.drops,
        [AGENT_MAP_DEVICES] = probes->maps.devices,
        [AGENT_MAP_UNACCOUNTED] = probes->maps.unaccounted,
        [AGENT_MAP_LOCATION_TEXTS] = probes->maps.location_texts,
        [AGENT_MAP_STACKS] = probes->maps.stacks,
        [AGENT_MAP_UNWANTED_NETNS] = probes->maps.unwanted_netns,
        [AGENT_MAP_OWNERS] = probes->maps.owners,
        [AGENT_MAP_PROCESS_CHANGES] = probes->maps.process_changes,
        [AGENT_MAP_GROUP_COUNTS] = probes->maps.group_counts,
        [AGENT_MAP_CONTROL] = probes->maps.control,
        [AGENT_MAP_SHARES] = probes->maps.shares,
        [AGENT_MAP_OWN_FLOWS] = probes->maps.own_flows,
        [AGENT_MAP_OWN_COUNTS] = probes->maps.own_counts,
    };

    return maps[map];
}

/* Whether each generation has its own: scratch memory, and its configuration. */
static bool is_own(const struct bpf_map *map)
{
    const char *name = bpf_map__name(map);

    return map == probes->maps.scratches || map == probes->maps.nesting ||
           map == probes->maps.callers || map == probes->maps.cpu_map_errors ||
           g_str_has_suffix(name, ".rodata");
}

/* The new generation uses the tables of the running one. Both have the same maps in the same order,
 * although their names differ (make_counted()). */
static int share_maps(void)
{
    struct bpf_map *map, *known = NULL;

    bpf_object__for_each_map(map, probes->obj)
    {
        int error;

        known = bpf_object__next_map(before->obj, known);
        error = is_own(map) ? 0 : bpf_map__reuse_fd(map, bpf_map__fd(known));
        if (error)
            return error;
    }
    return 0;
}

/* Creates the map under the name by which allowance.c counts it. libbpf would use the same name for
 * all captures. */
static int make_counted(struct bpf_map *map, int number)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(map));
    int error,
        made = bpf_map_create(bpf_map__type(map), agent_name_map(number), bpf_map__key_size(map),
                              bpf_map__value_size(map), bpf_map__max_entries(map), &options);

    if (made < 0)
        return made;
    error = bpf_map__reuse_fd(map, made); /* duplicates the descriptor */
    close(made);
    return error;
}

/* The reader may keep the maps that it receives. */
static int make_counted_maps(void)
{
    int error = 0;

    for (int map = 0; map < AGENT_MAPS && !error; map++)
        error = make_counted(given_map(map), map);
    return error;
}

/* A program that stays attached is not loaded again. */
static void leave_out_attached(void)
{
    if (before)
        bpf_program__set_autoload(probes->progs.socket_create, false);
}

/* EDQUOT: the user may not have so many. */
static int check_filters(const struct agent_start *wanted)
{
    bool is_too_much = wanted->filters > 0 && agent_count_instructions() > agent_filter_limit();

    return is_too_much ? -EDQUOT : 0;
}

static int open_and_load(const struct agent_start *wanted)
{
    int error;

    probes = probes__open();
    if (!probes)
        agent_fail("The capture's programs could not be opened: %s.", g_strerror(errno));
    configure(wanted);
    agent_choose_points(probes->obj, wanted);
    leave_out_attached();
    error = agent_open_gates(probes->obj);
    if (!error)
        error = bpf_map__reuse_fd(probes->maps.running_generation, agent_generation_map());
    if (!error)
        error = before ? share_maps() : make_counted_maps();
    if (!error)
        error = probes__load(probes);
    agent_free_splices();
    return error;
}

/* The kernel may find a filter too long or too complex: then the reader filters, which needs whole
 * packets. */
static int load_unfiltered(const struct agent_start *wanted, int refusal)
{
    struct agent_start unfiltered = *wanted;
    g_autofree char *reason = agent_refusal_text(-refusal);

    probes__destroy(probes);
    agent_report_missing(
        "the capture filter in the kernel, which was refused (%s): all packets are "
        "passed to user space and filtered there",
        reason);
    unfiltered.filters = 0;
    unfiltered.pkt_size = unfiltered.repeat_size = 0;
    return open_and_load(&unfiltered);
}

static void load(const struct agent_start *wanted)
{
    int error = check_filters(wanted);

    if (!error)
        error = open_and_load(wanted);
    if (error && error != -EPERM && wanted->filters > 0)
        error = load_unfiltered(wanted, error);
    if (error)
        agent_fail_impossible("%s", agent_explain_refusal(-error));
}

static void attach(void)
{
    int error = probes__attach(probes);

    if (!error)
        error = agent_connect_gates(probes->obj, generation);
    if (error)
        agent_fail_impossible("%s", agent_explain_refusal(-error));
}

/* Runs the program over each open file of each process. The kernel interrupts long iterations
 * (EAGAIN). */
static void iterate(const struct bpf_link *link)
{
    int files = bpf_iter_create(bpf_link__fd(link));
    char nothing[64];
    ssize_t got = 1;

    while (files >= 0 && (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))))
        got = read(files, nothing, sizeof(nothing));
    if (files >= 0)
        close(files);
}

void agent_follow_output(void)
{
    if (probes && probes->links.follow_output)
        iterate(probes->links.follow_output);
}

/* Generations share variables that are not constant. */
void agent_see_deliveries(void)
{
    if (probes)
        probes->bss->deliveries_are_seen = true;
}

static uint64_t misses_of(const struct bpf_program *program)
{
    struct bpf_prog_info info = {};
    uint32_t length = sizeof(info);
    int descriptor = bpf_program__fd(program);

    if (descriptor < 0 || bpf_obj_get_info_by_fd(descriptor, &info, &length))
        return 0;
    return info.recursion_misses;
}

/* These record nothing. A missed end shows when the memory is reused, a missed user of a socket
 * when it is used again. */
static const char *const silent_programs[] = {
    "consume_skb",        "sock_send_length", "sock_recv_length",   "inet_sock_set_state",
    "sched_process_fork", "task_rename",      "cgroup_attach_task",
};

static bool is_silent(const struct bpf_program *program)
{
    for (size_t i = 0; i < G_N_ELEMENTS(silent_programs); i++) {
        if (strcmp(bpf_program__name(program), silent_programs[i]) == 0)
            return true;
    }
    return false;
}

static uint64_t misses_of_all(const struct probes *generation_of)
{
    struct bpf_program *program;
    uint64_t misses = 0;

    bpf_object__for_each_program(program, generation_of->obj)
    {
        if (!is_silent(program))
            misses += misses_of(program);
    }
    return misses;
}

/* Later generations do not need it: the map of owners is filled already. */
static void end_iterator(void)
{
    bpf_link__destroy(probes->links.each_open_file);
    probes->links.each_open_file = NULL;
}

void agent_start_programs(const struct agent_start *wanted)
{
    agent_keep_verifier_log();
    agent_open_kernel();
    register_sections();
    agent_translate_filters(wanted);
    generation = 1;
    load(wanted);
    make_rings();
    agent_check_memory();
    attach();
    iterate(probes->links.each_open_file); /* fills the map of owners */
    end_iterator();
    agent_close_kernel();
}

int agent_change_programs(const struct agent_start *wanted)
{
    int error;

    agent_translate_filters(wanted);
    error = check_filters(wanted);
    if (error)
        return error;
    agent_open_kernel();
    before = probes;
    generation++;
    error = open_and_load(wanted);
    if (!error)
        error = probes__attach(probes);
    if (!error)
        error = agent_connect_gates(probes->obj, generation);
    agent_close_kernel();
    if (error) {
        probes__destroy(probes);
        probes = g_steal_pointer(&before);
        agent_disconnect_gates(generation);
        generation--; /* the next one must not take the slot of the running one (bpf/gates.h) */
        return error;
    }
    end_iterator();
    return 0;
}

/* Waits for program runs that are under way, including gates on their way to a program: the kernel
 * waits for them when a map of maps is updated (kernel/bpf/syscall.c). */
static void wait_for_programs(void)
{
    uint32_t zero = 0;

    bpf_map_update_elem(bpf_map__fd(probes->maps.rings), &zero, &ring_descriptors[0], BPF_ANY);
}

void agent_end_old_programs(void)
{
    if (!before)
        return;
    wait_for_programs();
    misses_before += misses_of_all(before);
    probes__destroy(before);
    before = NULL;
    agent_disconnect_gates(generation - 1);
}

uint64_t agent_run_programs(bool running)
{
    uint32_t zero = 0, current = running ? generation : 0;
    uint64_t now = (uint64_t)g_get_monotonic_time() * 1000;

    if (!probes)
        return now;
    probes->bss->sealed_since = now;
    bpf_map_update_elem(agent_generation_map(), &zero, &current, BPF_ANY);
    return now;
}

void agent_stop_programs(void)
{
    if (probes)
        probes__detach(probes);
}

int agent_map_descriptor(enum agent_map map)
{
    return bpf_map__fd(given_map(map));
}

int agent_share_returns(void)
{
    return bpf_map__fd(probes->maps.share_returns);
}

static bool is_written_by_reader(enum agent_map map)
{
    return map == AGENT_MAP_UNWANTED_NETNS || map == AGENT_MAP_CONTROL;
}

/* Opens a read-only descriptor of the map; impossible without CAP_SYS_ADMIN. */
static int open_for_reading(int map)
{
    LIBBPF_OPTS(bpf_get_fd_by_id_opts, options, .open_flags = BPF_F_RDONLY);
    struct bpf_map_info info = {};
    uint32_t length = sizeof(info);

    if (bpf_obj_get_info_by_fd(map, &info, &length))
        return -1;
    return bpf_map_get_fd_by_id_opts(info.id, &options);
}

int agent_fill_descriptors(int *descriptors, uint32_t *rings, uint32_t *ring_size)
{
    for (int map = 0; map < AGENT_MAPS; map++) {
        int only_readable =
            is_written_by_reader(map) ? -1 : open_for_reading(agent_map_descriptor(map));

        descriptors[map] = only_readable < 0 ? agent_map_descriptor(map) : only_readable;
    }
    memcpy(descriptors + AGENT_MAPS, ring_descriptors, ring_count * sizeof(int));
    *rings = ring_count;
    *ring_size = ring_bytes;
    return AGENT_MAPS + ring_count;
}

bool agent_is_filtered(void)
{
    return probes && probes->rodata->config.filtered;
}

uint64_t agent_count_misses(void)
{
    return misses_before + (probes ? misses_of_all(probes) : 0);
}

int agent_find_map(const char *name)
{
    return probes ? bpf_object__find_map_fd_by_name(probes->obj, name) : -1;
}

int agent_find_program(const char *name)
{
    const struct bpf_program *program =
        probes ? bpf_object__find_program_by_name(probes->obj, name) : NULL;

    if (agent_has_gate(name))
        return agent_find_gate(name);
    return program && bpf_program__autoload(program) ? bpf_program__fd(program) : -1;
}
