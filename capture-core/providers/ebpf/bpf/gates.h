/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the gates (gates.bpf.c) and the agent. */
#ifndef PKTMON_EBPF_BPF_GATES_H
#define PKTMON_EBPF_BPF_GATES_H

/* Two generations exist at a time: the running one and its successor. */
#define GATE_GENERATIONS   2
#define GATES_OF_NETFILTER 2 /* first and last in a hook */

/* Index of a program in its program array. */
#define GATE_SLOT(place, generation) ((place)*GATE_GENERATIONS + (generation) % GATE_GENERATIONS)

#endif
