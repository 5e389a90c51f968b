/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gates: programs that stay attached while generations of the others change (bpf/gates.bpf.c). */
#ifndef PKTMON_EBPF_AGENT_PROGRAM_GATES_H
#define PKTMON_EBPF_AGENT_PROGRAM_GATES_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

/* Loads the gates of those programs that are about to be loaded; once. */
int agent_open_gates(const struct bpf_object *programs);
/* The map that names the running generation; it outlives all generations. -1: not open yet. */
int agent_generation_map(void);
/* Packets go to these programs as soon as this generation runs. */
int agent_connect_gates(const struct bpf_object *programs, uint32_t generation);
/* The generation has ended. */
void agent_disconnect_gates(uint32_t generation);
/* Whether a gate leads to the program. */
bool agent_has_gate(const char *program);
/* The descriptor of that gate, or -1. */
int agent_find_gate(const char *program);

#endif
