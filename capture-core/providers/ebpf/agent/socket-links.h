/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links at the root control group, for deliveries to sockets. */
#ifndef PKTMON_EBPF_AGENT_SOCKET_LINKS_H
#define PKTMON_EBPF_AGENT_SOCKET_LINKS_H

/* root: of the control groups. Does nothing where the programs are attached already. */
void agent_attach_sockets(int root);
void agent_detach_sockets(void);

#endif
