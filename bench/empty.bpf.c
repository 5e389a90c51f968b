/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that do nothing, at tracepoints that packets pass. The run time that the kernel reports
 * for them is the cost of measuring a program. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define EMPTY(tracepoint)                                                                          \
    SEC("tp_btf/" #tracepoint)                                                                     \
    int tracepoint(void *context)                                                                  \
    {                                                                                              \
        return 0;                                                                                  \
    }

EMPTY(net_dev_queue)
EMPTY(net_dev_start_xmit)
EMPTY(netif_rx_entry)
EMPTY(netif_receive_skb)
EMPTY(consume_skb)
