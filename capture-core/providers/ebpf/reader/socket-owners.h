/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a packet: the owner of the socket that sent it or takes it. */
#ifndef PKTMON_EBPF_READER_SOCKET_OWNERS_H
#define PKTMON_EBPF_READER_SOCKET_OWNERS_H

#include "pktmon/event.h"

struct ebpf_owners;

/* Both are descriptors of maps (borrowed): AGENT_MAP_OWNERS, AGENT_MAP_PROCESS_CHANGES. */
struct ebpf_owners *ebpf_owners_new(int sockets, int changes);
/* Fills in pid, comm and cgroup where they are known for certain, of a packet that the socket with
 * this cookie sent or took at this time (monotonic ns). The strings are valid until the next call.
 */
void ebpf_owners_attribute(struct ebpf_owners *owners, uint64_t cookie, uint64_t time,
                           struct pktmon_packet *packet);
void ebpf_owners_free(struct ebpf_owners *owners);

#endif
