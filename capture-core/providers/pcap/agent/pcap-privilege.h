/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The privilege of pktmon-pcap-agent. */
#ifndef PKTMON_PCAP_AGENT_PCAP_PRIVILEGE_H
#define PKTMON_PCAP_AGENT_PCAP_PRIVILEGE_H

/* Drops everything except the right to open packet sockets; fails where that is missing. */
void pcap_agent_keep_least_privilege(void);
/* Drops that too, and every system call that reading packets does not need. */
void pcap_agent_drop_privilege(void);

#endif
