/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel programs: configured, loaded and attached; held by this process alone. */
#include "holder.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "probes.skel.h"

/* Newer than Debian 12's headers (uapi linux/bpf.h). */
#define PROGRAM_NETFILTER 32 /* BPF_PROG_TYPE_NETFILTER, 6.4 */
#define ATTACH_NETFILTER  45 /* BPF_NETFILTER */
#define TCX_INGRESS       46 /* BPF_TCX_INGRESS, 6.6 */

#define MIN_RING_SIZE   (64U * 1024)
#define FLOW_SHARE(all) ((all) - (all) / 8) /* of a ring; the rest is reserved for drops */

static struct probes *probes; /* the newest generation */
static struct probes *before; /* the one that it takes the place of; NULL = none */
static uint32_t generation;
static uint64_t misses_before; /* of generations that are gone */
static int ring_descriptors[RECORD_MAX_RINGS];
static uint32_t ring_count, ring_bytes;

/* --- how libbpf loads a program of ours --- */

static const struct {
    int placeholder; /* in bpf/frame.h */
    const char *name;
} kernel_functions[] = {
    {0x7f000001, "bpf_dynptr_from_skb"},
    {0x7f000002, "bpf_cast_to_kern_ctx"},
};

/* Placeholder calls become calls of kernel functions, or "r0 = -1" where there is none. */
static void resolve_call(struct bpf_insn *insn)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kernel_functions); i++) {
        int id;

        if (insn->imm != kernel_functions[i].placeholder)
            continue;
        id = kernel_function(kernel_functions[i].name);
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
    if (error || !programs_filter())
        return error;
    return filters_splice(program, options, bpf_object__btf(probes->obj));
}

/* The tracepoint's type must be known before prepare_load; a missing one is no error. */
static int setup_tracepoint(struct bpf_program *program, long cookie)
{
    const char *name = strchr(bpf_program__section_name(program), '/') + 1;

    (void)cookie;
    if (!kernel_has_tracepoint(name))
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
    /* These are attached by hand (links.c and others): not by libbpf, which may not know how. */
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

/* One ring for each group of CPUs, all of one size, their sum at most the buffer size. */
static void size_rings(uint32_t buffer_mib, uint32_t cpus)
{
    uint64_t bytes = (uint64_t)buffer_mib * 1024 * 1024;

    ring_count = MIN(power_of_two_below(cpus), RECORD_MAX_RINGS);
    while (ring_count > 1 && bytes / ring_count < MIN_RING_SIZE)
        ring_count /= 2;
    ring_bytes = power_of_two_below(bytes / ring_count);
}

/* Whoever sends packets must not know how their contents are hashed. */
static uint64_t salt(void)
{
    static uint64_t number;

    if (number == 0 && getrandom(&number, sizeof(number), 0) != sizeof(number))
        agent_fail("The kernel gives no random numbers: %s.", g_strerror(errno));
    return number;
}

static void configure(const struct agent_start *wanted)
{
    struct probes_config *config = (struct probes_config *)&probes->rodata->config;

    config->generation = generation;
    config->salt = salt();
    config->cpus = libbpf_num_possible_cpus();
    if (ring_count == 0)
        size_rings(wanted->buffer_size, config->cpus);
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
    config->upper_edges = wanted->upper_edges;
    config->track = true;
    config->unsampled_share = wanted->unsampled_share;
    config->inner_filters = wanted->inner_filters;
    config->vxlan_port = wanted->vxlan_port;
    config->filtered = wanted->filters > 0;
    config->reads_fragments = kernel_function("bpf_dynptr_from_skb") > 0;
    config->resets_have_reason = kernel_tracepoint_arguments("tcp_send_reset") > 2;
    config->udp_failures_have_packet = kernel_tracepoint_arguments("udp_fail_queue_rcv_skb") > 2;
    if (!config->reads_fragments)
        agent_say_missing("packet bytes in fragments: this kernel has no bpf_dynptr_from_skb "
                          "(Linux 6.4)");
}

/* --- loading and attaching --- */

static void make_rings(void)
{
    for (uint32_t i = 0; i < ring_count; i++) {
        int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "pktmon_ring", 0, 0, ring_bytes, NULL);

        if (ring < 0 || bpf_map_update_elem(bpf_map__fd(probes->maps.rings), &i, &ring, BPF_ANY))
            agent_fail("The kernel refused a ring buffer of %u bytes (%s): choose a smaller "
                       "--buffer-size.",
                       ring_bytes, g_strerror(errno));
        ring_descriptors[i] = ring;
    }
}

/* Programs of the network want a capability more than those of tracepoints. */
static void fail_to_load(int error)
{
    const char *cause = refusal_cause();

    if (cause)
        agent_fail_impossible("%s", cause);
    if (error == -EPERM)
        agent_fail_impossible(
            "The kernel refused the capture's programs (%s): pktmon-agent needs the "
            "capabilities cap_bpf, cap_perfmon and cap_net_admin, and BPF must not be "
            "forbidden on this host.",
            g_strerror(-error));
    agent_fail_impossible("The kernel refused the capture's programs (%s).", g_strerror(-error));
}

/* What a generation has for itself: its memory while it runs, and its configuration. */
static bool is_own(const struct bpf_map *map)
{
    const char *name = bpf_map__name(map);

    return map == probes->maps.scratches || map == probes->maps.nesting ||
           g_str_has_suffix(name, ".rodata");
}

/* The generation to come works on the tables of the one that runs. */
static int share_maps(void)
{
    struct bpf_map *map;

    if (!before)
        return 0;
    bpf_object__for_each_map(map, probes->obj)
    {
        struct bpf_map *known = bpf_object__find_map_by_name(before->obj, bpf_map__name(map));
        int error = is_own(map) ? 0 : bpf_map__reuse_fd(map, bpf_map__fd(known));

        if (error)
            return error;
    }
    return 0;
}

/* One that stays attached is not needed again. */
static void leave_out_attached(void)
{
    if (before)
        bpf_program__set_autoload(probes->progs.socket_create, false);
}

static int open_and_load(const struct agent_start *wanted)
{
    int error;

    probes = probes__open();
    if (!probes)
        agent_fail("The capture's programs could not be opened: %s.", g_strerror(errno));
    configure(wanted);
    points_choose(probes->obj, wanted);
    leave_out_attached();
    error = gates_open(probes->obj);
    if (!error)
        error = bpf_map__reuse_fd(probes->maps.running_generation, gates_running_generation());
    if (!error)
        error = share_maps();
    if (!error)
        error = probes__load(probes);
    filters_loaded();
    return error;
}

/* The kernel may find a filter too long, or too much for it in other ways: then the reader filters,
 * which takes all of each packet. */
static int load_unfiltered(const struct agent_start *wanted, int refusal)
{
    struct agent_start unfiltered = *wanted;

    probes__destroy(probes);
    agent_say_missing(
        "the capture filter in the kernel, which refused it (%s): all packets come to "
        "user space and are filtered there",
        g_strerror(-refusal));
    unfiltered.filters = 0;
    unfiltered.pkt_size = unfiltered.repeat_size = 0;
    return open_and_load(&unfiltered);
}

static void load(const struct agent_start *wanted)
{
    int error = open_and_load(wanted);

    if (error && error != -EPERM && wanted->filters > 0)
        error = load_unfiltered(wanted, error);
    if (error)
        fail_to_load(error);
}

static void attach(void)
{
    int error = probes__attach(probes);

    if (!error)
        error = gates_lead_to(probes->obj, generation);
    if (error)
        agent_fail_impossible("The kernel refused to attach the capture's programs (%s).",
                              g_strerror(-error));
}

/* Has the program see each open file of each process. The kernel breaks off now and then (EAGAIN),
 * lest one call take too long. */
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

void programs_follow_output(void)
{
    if (probes && probes->links.follow_output)
        iterate(probes->links.follow_output);
}

static int no_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
    return 0;
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

/* These record nothing. An end that was missed shows when the memory is used again, a socket's user
 * when it uses it again. */
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

/* Not of a later generation: the map of owners is there already. */
static void end_iterator(void)
{
    bpf_link__destroy(probes->links.each_open_file);
    probes->links.each_open_file = NULL;
}

void programs_start(const struct agent_start *wanted)
{
    libbpf_set_print(no_print);
    kernel_open();
    register_sections();
    filters_translate(wanted);
    generation = 1;
    load(wanted);
    make_rings();
    attach();
    iterate(probes->links.each_open_file); /* which process each socket belongs to */
    end_iterator();
    kernel_close();
}

int programs_change(const struct agent_start *wanted)
{
    int error;

    kernel_open();
    filters_translate(wanted);
    before = probes;
    generation++;
    error = open_and_load(wanted);
    if (!error)
        error = probes__attach(probes);
    if (!error)
        error = gates_lead_to(probes->obj, generation);
    kernel_close();
    if (error) {
        probes__destroy(probes);
        probes = g_steal_pointer(&before);
        gates_lead_nowhere(generation);
        generation--; /* else the next one would take the place of the one that runs (gates.h) */
        return error;
    }
    end_iterator();
    return 0;
}

void programs_end_before(void)
{
    if (!before)
        return;
    misses_before += misses_of_all(before);
    probes__destroy(before);
    before = NULL;
    gates_lead_nowhere(generation - 1); /* long after the last packet that was on its way there */
}

void programs_run(bool running)
{
    uint32_t zero = 0, current = running ? generation : 0;

    if (probes)
        bpf_map_update_elem(gates_running_generation(), &zero, &current, BPF_ANY);
}

void programs_stop(void)
{
    if (probes)
        probes__detach(probes);
}

int programs_map(enum agent_map map)
{
    const struct bpf_map *const maps[AGENT_MAPS] = {
        [AGENT_MAP_COUNTERS] = probes->maps.counters,
        [AGENT_MAP_DROPS] = probes->maps.drops,
        [AGENT_MAP_DEVICES] = probes->maps.devices,
        [AGENT_MAP_UNACCOUNTED] = probes->maps.unaccounted,
        [AGENT_MAP_LOCATION_TEXTS] = probes->maps.location_texts,
        [AGENT_MAP_UNWANTED_NETNS] = probes->maps.unwanted_netns,
        [AGENT_MAP_OWNERS] = probes->maps.owners,
        [AGENT_MAP_PROCESS_CHANGES] = probes->maps.process_changes,
        [AGENT_MAP_GROUP_COUNTS] = probes->maps.group_counts,
        [AGENT_MAP_CONTROL] = probes->maps.control,
        [AGENT_MAP_SHARES] = probes->maps.shares,
        [AGENT_MAP_OWN_FLOWS] = probes->maps.own_flows,
        [AGENT_MAP_OWN_COUNTS] = probes->maps.own_counts,
    };

    return bpf_map__fd(maps[map]);
}

int programs_share_returns(void)
{
    return bpf_map__fd(probes->maps.share_returns);
}

static bool is_written_by_reader(enum agent_map map)
{
    return map == AGENT_MAP_UNWANTED_NETNS || map == AGENT_MAP_CONTROL;
}

/* Another descriptor of the map, which cannot be written; without CAP_SYS_ADMIN there is none. */
static int open_for_reading(int map)
{
    LIBBPF_OPTS(bpf_get_fd_by_id_opts, options, .open_flags = BPF_F_RDONLY);
    struct bpf_map_info info = {};
    uint32_t length = sizeof(info);

    if (bpf_obj_get_info_by_fd(map, &info, &length))
        return -1;
    return bpf_map_get_fd_by_id_opts(info.id, &options);
}

int programs_descriptors(int *descriptors, uint32_t *rings, uint32_t *ring_size)
{
    for (int map = 0; map < AGENT_MAPS; map++) {
        int only_readable = is_written_by_reader(map) ? -1 : open_for_reading(programs_map(map));

        descriptors[map] = only_readable < 0 ? programs_map(map) : only_readable;
    }
    memcpy(descriptors + AGENT_MAPS, ring_descriptors, ring_count * sizeof(int));
    *rings = ring_count;
    *ring_size = ring_bytes;
    return AGENT_MAPS + ring_count;
}

bool programs_filter(void)
{
    return probes && probes->rodata->config.filtered;
}

uint64_t programs_misses(void)
{
    return misses_before + (probes ? misses_of_all(probes) : 0);
}

int programs_map_named(const char *name)
{
    return probes ? bpf_object__find_map_fd_by_name(probes->obj, name) : -1;
}

int programs_place(const char *name)
{
    const struct bpf_program *program =
        probes ? bpf_object__find_program_by_name(probes->obj, name) : NULL;

    if (gates_are_for(name))
        return gates_program(name);
    return program && bpf_program__autoload(program) ? bpf_program__fd(program) : -1;
}
