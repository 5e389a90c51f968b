/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pktmon-pcap-agent, which opens devices, and the reader, which has no privilege, say to each
 * other over a stream socket, which the agent finds as descriptor AGENT_SOCKET. The reader sends
 * one request, and at the end shuts its direction down; all else is the agent's messages. Host
 * order: both ends are one machine and one build.
 */
#ifndef PKTMON_PCAP_PROTOCOL_H
#define PKTMON_PCAP_PROTOCOL_H

#include <stdint.h>

#define PCAP_AGENT_PROTOCOL   1
#define PCAP_AGENT_DEVICES    128 /* of one process */
#define PCAP_AGENT_MAX_PACKET 262144
#define PCAP_AGENT_MIN_BUFFER (512U * 1024)
#define PCAP_AGENT_MAX_BUFFER (1024U * 1024 * 1024)
#define PCAP_AGENT_TEXT       512

struct pcap_agent_device {
    uint32_t ifindex;
    uint32_t loopback; /* what it sends is what it receives */
};

struct pcap_agent_request {
    uint32_t protocol;    /* PCAP_AGENT_PROTOCOL */
    uint32_t snaplen;     /* bytes kept of each packet, 1 to PCAP_AGENT_MAX_PACKET */
    uint32_t buffer_size; /* bytes, for each device and direction */
    uint32_t count;
    struct pcap_agent_device devices[PCAP_AGENT_DEVICES];
};

enum pcap_agent_type {
    PCAP_AGENT_ERROR = 1, /* text: one sentence; nothing more will come */
    PCAP_AGENT_FAILED,    /* of a device; text: why it cannot be captured */
    PCAP_AGENT_CLOSED,    /* of a device: it is down, or gone */
    PCAP_AGENT_STARTED,   /* all devices are open, the privilege is given up */
    PCAP_AGENT_PACKET,    /* the packet's bytes follow */
    PCAP_AGENT_LOST,      /* of a device and direction: packets that found no room */
    PCAP_AGENT_UNTIL,     /* no packet that is older than time will come */
    PCAP_AGENT_END,       /* all that was captured has been said */
};

struct pcap_agent_message {
    uint32_t type;
    uint32_t size; /* bytes that follow: the text, without a zero, or the packet */
    uint32_t ifindex;
    uint16_t direction; /* enum pktmon_direction: Rx or Tx */
    uint16_t link;      /* DLT_ */
    uint64_t time;      /* ns since 1970: of the packet, or of what was lost by then */
    uint64_t number;    /* bytes the packet had, or of those lost, since it was said last */
};

#endif
