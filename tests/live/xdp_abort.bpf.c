/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An XDP program that fails for every packet. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int fail(struct xdp_md *ctx)
{
    (void)ctx;
    return XDP_ABORTED;
}
