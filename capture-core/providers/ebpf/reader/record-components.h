/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The components that records and counters belong to. */
#ifndef PKTMON_EBPF_READER_RECORD_COMPONENTS_H
#define PKTMON_EBPF_READER_RECORD_COMPONENTS_H

#include "attribution.h"
#include "ebpf-state.h"

/* The device's component, described from what the kernel program noted where it is new. */
uint32_t ebpf_device_component(struct ebpf_provider *provider, uint64_t net_cookie,
                               uint32_t ifindex);

/* As ebpf_attribute_drop(), of a device that may be new; fills in site. */
struct ebpf_drop_place ebpf_place_drop(struct ebpf_provider *provider, const struct drop_key *key,
                                       struct ebpf_drop_site *site);
/* The component that an edge belongs to: the device, or with ifindex 0 the namespace's netfilter or
 * sockets. */
uint32_t ebpf_edge_component(struct ebpf_provider *provider, const struct device_key *key);

#endif
