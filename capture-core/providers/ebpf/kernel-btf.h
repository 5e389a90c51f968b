/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's description of its types and functions (BTF), for the agent and the reader. libbpf's
 * own messages do not reach the user. */
#ifndef PKTMON_EBPF_KERNEL_BTF_H
#define PKTMON_EBPF_KERNEL_BTF_H

struct btf;

/* NULL: *refusal is a sentence that names the cause and the remedy. The caller frees both. refusal
 * may be NULL. */
struct btf *ebpf_load_kernel_btf(char **refusal);
/* The BTF of a module, on top of the kernel's; NULL: none that can be read. */
struct btf *ebpf_load_module_btf(const char *module, struct btf *kernel);

#endif
