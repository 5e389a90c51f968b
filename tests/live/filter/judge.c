/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frames.h"
#include "judge.skel.h"
#include "providers/ebpf/cbpf/splice.h"

#define NO_VERDICT 0xdead
#define POISON     0xa5

struct judge {
    guint count;
    int map;
    struct packet *packets; /* memory of the map */
};

/* The filter being spliced: libbpf's handlers get no pointer of ours. */
static const GArray *spliced_body;
static struct cbpf_splice splice;

/* --- loading --- */

static int prepare_load(struct bpf_program *program, struct bpf_prog_load_opts *options,
                        long cookie)
{
    struct judge_bpf **skeleton = (struct judge_bpf **)cookie;

    options->prog_flags |= BPF_F_SLEEPABLE; /* as libbpf's own handler does */
    cbpf_splice_free(&splice);              /* that of the previous program */
    cbpf_splice_begin(&splice, program, options);
    if (!cbpf_splice_function(&splice, bpf_object__btf((*skeleton)->obj), "filter", spliced_body,
                              NULL)) {
        return -ENOENT;
    }
    return cbpf_splice_end(&splice, program, options);
}

static struct judge_bpf *open_skeleton;

static void register_handler(void)
{
    static bool registered;
    LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = (long)&open_skeleton,
                .prog_prepare_load_fn = prepare_load);

    if (!registered) {
        registered = true;
        libbpf_register_prog_handler("syscall", BPF_PROG_TYPE_SYSCALL, 0, &options);
    }
}

static int open_map(guint count)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);

    return bpf_map_create(BPF_MAP_TYPE_ARRAY, "packets", sizeof(guint32), sizeof(struct packet),
                          count, &options);
}

/* --- packets --- */

/* Bytes that are not present must not be read: the window has other bytes in their place. */
static void fill_window(struct filter_window *window, const struct sample *sample, guint present)
{
    memset(window->bytes, POISON, WINDOW);
    memcpy(window->bytes, sample->data, MIN(sample->whole, WINDOW));
    for (guint i = present; i < MIN(sample->whole, WINDOW); i++)
        window->bytes[i] ^= POISON;
}

static void fill_packet(struct packet *packet, const struct sample *sample)
{
    packet->present = MIN(sample->present, WINDOW);
    packet->caplen = sample->caplen;
    packet->wirelen = sample->wirelen;
    fill_window(&packet->first, sample, packet->present);
    fill_window(&packet->whole, sample, MIN(sample->caplen, WINDOW));
}

struct judge *judge_new(const GArray *samples)
{
    struct judge *judge = g_new0(struct judge, 1);

    register_handler();
    judge->count = samples->len;
    judge->map = open_map(samples->len);
    if (judge->map < 0)
        g_error("no map in the kernel: %s (the test needs root)", g_strerror(errno));
    judge->packets = mmap(NULL, samples->len * sizeof(struct packet), PROT_READ | PROT_WRITE,
                          MAP_SHARED, judge->map, 0);
    if (judge->packets == MAP_FAILED)
        g_error("no access to the map: %s", g_strerror(errno));
    for (guint i = 0; i < samples->len; i++)
        fill_packet(&judge->packets[i], &g_array_index(samples, struct sample, i));
    return judge;
}

void judge_free(struct judge *judge)
{
    munmap(judge->packets, judge->count * sizeof(struct packet));
    close(judge->map);
    g_free(judge);
}

/* --- running --- */

static struct judge_bpf *load(struct judge *judge, const GArray *body, bool without_link)
{
    struct judge_bpf *skeleton = open_skeleton = judge_bpf__open();

    if (!skeleton)
        g_error("the kernel program cannot be opened: %s", g_strerror(errno));
    spliced_body = body;
    skeleton->rodata->packet_count = judge->count;
    skeleton->rodata->without_link = without_link;
    bpf_map__set_max_entries(skeleton->maps.packets, judge->count);
    if (bpf_map__reuse_fd(skeleton->maps.packets, judge->map) != 0)
        g_error("the map does not fit: %s", g_strerror(errno));
    if (judge_bpf__load(skeleton) != 0)
        g_clear_pointer(&skeleton, judge_bpf__destroy);
    cbpf_splice_free(&splice);
    return skeleton;
}

static void run(struct judge *judge, const struct bpf_program *program)
{
    LIBBPF_OPTS(bpf_test_run_opts, options);

    for (guint i = 0; i < judge->count; i++)
        judge->packets[i].verdict = judge->packets[i].first_verdict = NO_VERDICT;
    if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0)
        g_error("the kernel does not run the filter: %s", g_strerror(errno));
}

bool judge_run(struct judge *judge, const GArray *body)
{
    struct judge_bpf *skeleton = load(judge, body, false);

    if (!skeleton)
        return false;
    run(judge, skeleton->progs.judge_all);
    judge_bpf__destroy(skeleton);
    return true;
}

bool judge_run_inside(struct judge *judge, const GArray *body, bool without_link)
{
    struct judge_bpf *skeleton = load(judge, body, without_link);

    if (!skeleton)
        return false;
    run(judge, skeleton->progs.judge_inside);
    judge_bpf__destroy(skeleton);
    return true;
}

struct judge_verdict judge_verdict(const struct judge *judge, guint index)
{
    const struct packet *packet = &judge->packets[index];

    return (struct judge_verdict){(int)packet->first_verdict, (int)packet->verdict, packet->inner};
}
