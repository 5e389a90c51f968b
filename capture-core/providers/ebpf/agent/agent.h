/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon-agent, the only privileged part of an eBPF capture. It is two processes of one program,
 * and neither reads a packet:
 *
 * - the scanner (scanner/) searches /proc, mounts and rtnetlink for namespaces and devices, reports
 *   them to the reader, and opens what programs are to be attached to. It may not use BPF.
 * - the holder (holder.h) loads and attaches the kernel programs, passes the descriptors of the
 *   maps to the reader, and serves its requests. Its input are messages of fixed size alone.
 *
 * When either process or the reader ends, all of them end (handover.h). Functions of the agent
 * return 0 or a negative errno unless their comment says otherwise.
 */
#ifndef PKTMON_EBPF_AGENT_AGENT_H
#define PKTMON_EBPF_AGENT_AGENT_H

#define AGENT_NETNS_OWN_PATH "/proc/self/ns/net"
#define AGENT_NAME           "pktmon-agent"
#define AGENT_SCANNER_NAME   "pktmon-scanner"

#endif
