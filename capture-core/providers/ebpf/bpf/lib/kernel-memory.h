/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_*, READ_AT(), address(): calls of kernel functions, and reading kernel memory. */
#ifndef PKTMON_EBPF_BPF_LIB_KERNEL_MEMORY_H
#define PKTMON_EBPF_BPF_LIB_KERNEL_MEMORY_H

#include "maps.h"

/*
 * Calls of kernel functions, as placeholders that the agent replaces when it loads the programs.
 * (With `extern __ksym __weak`, libbpf 1.1 reads the BTF of all modules if the function is missing,
 * which needs CAP_SYS_ADMIN.) If the kernel lacks the function, the call becomes "r0 = -1", and the
 * verifier removes the code that depends on its success.
 */
struct bpf_dynptr;
static int (*kernel_dynptr_from_skb)(void *skb, __u64 flags,
                                     struct bpf_dynptr *) = (void *)0x7f000001;
static struct sk_buff *(*kernel_cast_to_kern_ctx)(void *ctx) = (void *)0x7f000002;
static void *(*kernel_rdonly_cast)(const void *place, __u32 type) = (void *)0x7f000003;

/* Reads a number in a kernel structure whose address the verifier does not know as a pointer; 0 on
 * a fault. Since Linux 6.2 the address can be cast to a typed pointer: then this is one load, much
 * cheaper than a helper call. */
#define READ_AT(type, place, member)                                                               \
    ({                                                                                             \
        const type *at = (const void *)(place);                                                    \
        typeof(((type *)0)->member) value;                                                         \
        if (config.has_rdonly_cast)                                                                \
            value = ((const type *)kernel_rdonly_cast(at, bpf_core_type_id_kernel(type)))->member; \
        else                                                                                       \
            value = BPF_CORE_READ(at, member);                                                     \
        value;                                                                                     \
    })

/* Returns the pointer as a number. Since Linux 6.17 the verifier knows head and data as pointers,
 * and refuses them in map keys and arithmetic. */
static __always_inline __u64 address(const void *pointer)
{
    __u64 number = (__u64)pointer;
    asm volatile("%0 = -%0; %0 = -%0" : "+r"(number));
    return number;
}

/* 0 on a fault. */
static __always_inline __u8 kernel_read_byte(__u64 place)
{
    __u8 byte = 0;

    bpf_probe_read_kernel(&byte, sizeof(byte), (const void *)place);
    return byte;
}

#endif
