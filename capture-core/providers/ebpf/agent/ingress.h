/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links at tc ingress, for devices that receive without a tracepoint. */
#ifndef PKTMON_EBPF_AGENT_INGRESS_H
#define PKTMON_EBPF_AGENT_INGRESS_H

#include "held.h"

/* Does nothing where the program is not loaded, or is attached already. */
void agent_attach_ingress(struct agent_held_netns *netns, struct agent_held_device *device,
                          int file);
void agent_detach_ingress(struct agent_held_device *device);

#endif
