/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process a packet is of: the owner of the socket that sent it or takes it. */
#ifndef PKTMON_OWNERS_H
#define PKTMON_OWNERS_H

#include "event.h"

struct owners;

/* Both are descriptors of maps (borrowed): AGENT_MAP_OWNERS, AGENT_MAP_PROCESS_CHANGES. */
struct owners *owners_new(int sockets, int changes);
/* Fills pid, comm and cgroup where they are known for certain of a packet that the socket with this
 * cookie sent or took at this time (monotonic ns). The strings are valid until the next call. */
void owners_attribute(struct owners *owners, uint64_t cookie, uint64_t time,
                      struct pktmon_packet *packet);
void owners_free(struct owners *owners);

#endif
