/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selection of namespaces, by the names that the agent reports. The agent attaches nothing in a
 * namespace before it is sent that it is wanted (unless all are), and the kernel programs leave out
 * packets of the others, so that these take no room.
 */
#ifndef PKTMON_EBPF_READER_NETNS_SELECTION_H
#define PKTMON_EBPF_READER_NETNS_SELECTION_H

#include <stdint.h>

struct ebpf_provider;
struct ebpf_selection;

void ebpf_selection_init(struct ebpf_selection *selection);
void ebpf_selection_clear(struct ebpf_selection *selection);

/* The namespace has this name now; NULL: it is the own one. */
void ebpf_select_netns(struct ebpf_provider *provider, uint64_t cookie, const char *netns);
/* The namespace has gone. */
void ebpf_selection_forget(struct ebpf_selection *selection, uint64_t cookie);
/* Selects anew among all known namespaces: which ones are wanted has changed. */
void ebpf_renew_selection(struct ebpf_provider *provider);

#endif
