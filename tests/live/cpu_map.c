/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_map OBJECT DEVICE QUEUE: attaches the program "xdp_cpu" of counters_xdp.bpf.c to a device. It
 * redirects all frames to CPU 0, which has a queue of this size and runs "xdp_on_cpu". Prints
 * "ready", and detaches the program when it is stopped.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(long error, const char *what)
{
    if (error >= 0)
        return;
    fprintf(stderr, "cpu_map: %s: %s\n", what, strerror((int)-error));
    exit(EXIT_FAILURE);
}

static int program(const struct bpf_object *object, const char *name)
{
    return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

static struct bpf_object *load(const char *path)
{
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    struct bpf_program *each;

    check(libbpf_get_error(object), path);
    bpf_object__for_each_program(each, object)
    {
        bpf_program__set_type(each, BPF_PROG_TYPE_XDP);
        if (strcmp(bpf_program__name(each), "xdp_on_cpu") == 0)
            bpf_program__set_expected_attach_type(each, BPF_XDP_CPUMAP);
    }
    check(bpf_object__load(object), "loading");
    return object;
}

int main(int argc, char **argv)
{
    const __u32 cpu = 0;
    struct bpf_object *object;
    struct bpf_cpumap_val entry;
    unsigned int device;
    sigset_t end;
    int number;

    if (argc != 4)
        return EXIT_FAILURE;
    object = load(argv[1]);
    entry.qsize = (__u32)atoi(argv[3]);
    entry.bpf_prog.fd = program(object, "xdp_on_cpu");
    check(bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "cpus"), &cpu, &entry, 0),
          "the CPU map");
    device = if_nametoindex(argv[2]);
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    check(bpf_xdp_attach((int)device, program(object, "xdp_cpu"), XDP_FLAGS_DRV_MODE, NULL),
          argv[2]);
    puts("ready");
    fflush(stdout);
    sigwait(&end, &number);
    bpf_xdp_detach((int)device, XDP_FLAGS_DRV_MODE, NULL);
    bpf_object__close(object);
    return EXIT_SUCCESS;
}
