/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gates (bpf/gates.bpf.c): what stays attached while generations of the programs come and go. They
 * are small, need nothing of the kernel's but a tail call, and hold no memory of the programs.
 */
#include "holder.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "../bpf/gates.h"
#include "gates.skel.h"

/* Newer than Debian 12's headers (uapi linux/bpf.h). */
#define PROGRAM_NETFILTER 32 /* BPF_PROG_TYPE_NETFILTER, 6.4 */
#define ATTACH_NETFILTER  45 /* BPF_NETFILTER */
#define TCX_INGRESS       46 /* BPF_TCX_INGRESS, 6.6 */

static struct gates *gates;

static const struct {
    const char *program; /* that it leads to */
    const char *gate;
    const char *array;
    uint32_t place; /* in the array */
    enum bpf_prog_type type;
    enum bpf_attach_type attach_type;
} leads[] = {
    {"netfilter_first", "gate_first", "netfilter_programs", 0, PROGRAM_NETFILTER, ATTACH_NETFILTER},
    {"netfilter_last", "gate_last", "netfilter_programs", 1, PROGRAM_NETFILTER, ATTACH_NETFILTER},
    {"tcx_ingress", "gate_ingress", "ingress_programs", 0, BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS},
    {"socket_ingress", "gate_socket", "socket_programs", 0, BPF_PROG_TYPE_CGROUP_SKB,
     BPF_CGROUP_INET_INGRESS},
};

/* What is loaded of the programs, and with it of the gates, is the same in each generation. */
static void prepare(size_t i, const struct bpf_object *programs)
{
    struct bpf_program *gate = bpf_object__find_program_by_name(gates->obj, leads[i].gate);

    bpf_program__set_type(gate, leads[i].type);
    bpf_program__set_expected_attach_type(gate, leads[i].attach_type);
    bpf_program__set_autoload(
        gate, bpf_program__autoload(bpf_object__find_program_by_name(programs, leads[i].program)));
}

int gates_open(const struct bpf_object *programs)
{
    if (gates)
        return 0;
    gates = gates__open();
    if (!gates)
        return -errno;
    for (size_t i = 0; i < G_N_ELEMENTS(leads); i++)
        prepare(i, programs);
    return gates__load(gates);
}

int gates_running_generation(void)
{
    return gates ? bpf_map__fd(gates->maps.running_generation) : -1;
}

static int array_of(size_t i)
{
    return bpf_map__fd(bpf_object__find_map_by_name(gates->obj, leads[i].array));
}

int gates_lead_to(const struct bpf_object *programs, uint32_t generation)
{
    int error = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(leads) && !error; i++) {
        const struct bpf_program *program =
            bpf_object__find_program_by_name(programs, leads[i].program);
        uint32_t slot = GATE_SLOT(leads[i].place, generation);
        int descriptor = bpf_program__fd(program);

        if (bpf_program__autoload(program) &&
            bpf_map_update_elem(array_of(i), &slot, &descriptor, BPF_ANY))
            error = -errno;
    }
    return error;
}

void gates_lead_nowhere(uint32_t generation)
{
    for (size_t i = 0; i < G_N_ELEMENTS(leads); i++) {
        uint32_t slot = GATE_SLOT(leads[i].place, generation);

        bpf_map_delete_elem(array_of(i), &slot); /* there may be none */
    }
}

static size_t find(const char *program)
{
    size_t i = 0;

    while (i < G_N_ELEMENTS(leads) && strcmp(leads[i].program, program) != 0)
        i++;
    return i;
}

bool gates_are_for(const char *program)
{
    return find(program) < G_N_ELEMENTS(leads);
}

int gates_program(const char *program)
{
    const struct bpf_program *gate =
        gates ? bpf_object__find_program_by_name(gates->obj, leads[find(program)].gate) : NULL;

    return gate && bpf_program__autoload(gate) ? bpf_program__fd(gate) : -1;
}
