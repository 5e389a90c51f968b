/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to rtnetlink in the own namespace, and its ids of other namespaces. */
#ifndef PKTMON_EBPF_SCANNER_NSID_H
#define PKTMON_EBPF_SCANNER_NSID_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/* As netdev_rtnl_request(). */
int scanner_request(struct nlmsghdr *request, mnl_cb_t handle, void *data);
/* As netdev_rtnl_list(). */
int scanner_list(struct nlmsghdr *request, void (*begin)(void *data), mnl_cb_t handle, void *data);
/* The id in a message about ids, or -1. */
int32_t scanner_nsid_in(const struct nlmsghdr *message);
/* The id of the namespace of file, assigned where there is none yet; -1: the kernel refused. */
int32_t scanner_get_nsid(int file);

#endif
