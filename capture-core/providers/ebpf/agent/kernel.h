/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of the running kernel, as its BTF describes them. */
#ifndef PKTMON_EBPF_AGENT_KERNEL_H
#define PKTMON_EBPF_AGENT_KERNEL_H

#include <stdbool.h>

/* Reads the kernel's BTF for the functions below; ends the process where there is none. */
void agent_open_kernel(void);
void agent_close_kernel(void);
bool agent_kernel_has_tracepoint(const char *name);
/* How many arguments the tracepoint passes to programs. */
int agent_kernel_tracepoint_arguments(const char *name);
/* The BTF id of one of the kernel's own functions; not greater than 0: there is none. */
int agent_kernel_function(const char *name);
/* The value of an enumerator, whatever its enum; 0: there is none of this name. */
int agent_kernel_constant(const char *name);

#endif
