/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gates (bpf/gates.bpf.c): programs that stay attached while generations of the others come and go.
 * They are small, use nothing but a tail call, and hold no memory of the other programs. */
#include "program-gates.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "gates.skel.h"
#include "providers/ebpf/bpf/gates.h"

/* Newer than Debian 12's headers (uapi linux/bpf.h). */
#define PROGRAM_NETFILTER 32 /* BPF_PROG_TYPE_NETFILTER, 6.4 */
#define ATTACH_NETFILTER  45 /* BPF_NETFILTER */
#define TCX_INGRESS       46 /* BPF_TCX_INGRESS, 6.6 */

static struct gates *gates;

static const struct {
    const char *program; /* behind the gate */
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
    {"socket_ingress_by_copy", "gate_socket", "socket_programs", 0, BPF_PROG_TYPE_CGROUP_SKB,
     BPF_CGROUP_INET_INGRESS},
};

/* Each generation loads the same programs, and so the same gates. Of programs with a common gate,
 * at most one is loaded. */
static void prepare(size_t i, const struct bpf_object *programs)
{
    struct bpf_program *gate = bpf_object__find_program_by_name(gates->obj, leads[i].gate);

    bpf_program__set_type(gate, leads[i].type);
    bpf_program__set_expected_attach_type(gate, leads[i].attach_type);
    if (bpf_program__autoload(bpf_object__find_program_by_name(programs, leads[i].program)))
        bpf_program__set_autoload(gate, true);
}

static void leave_out_all(void)
{
    struct bpf_program *gate;

    bpf_object__for_each_program(gate, gates->obj) bpf_program__set_autoload(gate, false);
}

int agent_open_gates(const struct bpf_object *programs)
{
    if (gates)
        return 0;
    gates = gates__open();
    if (!gates)
        return -errno;
    leave_out_all();
    for (size_t i = 0; i < G_N_ELEMENTS(leads); i++)
        prepare(i, programs);
    return gates__load(gates);
}

int agent_generation_map(void)
{
    return gates ? bpf_map__fd(gates->maps.running_generation) : -1;
}

static int array_of(size_t i)
{
    return bpf_map__fd(bpf_object__find_map_by_name(gates->obj, leads[i].array));
}

int agent_connect_gates(const struct bpf_object *programs, uint32_t generation)
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

void agent_disconnect_gates(uint32_t generation)
{
    for (size_t i = 0; i < G_N_ELEMENTS(leads); i++) {
        uint32_t slot = GATE_SLOT(leads[i].place, generation);

        bpf_map_delete_elem(array_of(i), &slot); /* it may not exist */
    }
}

static size_t find(const char *program)
{
    size_t i = 0;

    while (i < G_N_ELEMENTS(leads) && strcmp(leads[i].program, program) != 0)
        i++;
    return i;
}

bool agent_has_gate(const char *program)
{
    return find(program) < G_N_ELEMENTS(leads);
}

int agent_find_gate(const char *program)
{
    const struct bpf_program *gate =
        gates ? bpf_object__find_program_by_name(gates->obj, leads[find(program)].gate) : NULL;

    return gate && bpf_program__autoload(gate) ? bpf_program__fd(gate) : -1;
}
