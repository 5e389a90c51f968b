/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol between pktmon-pcap-agent, which opens devices, and the unprivileged reader, over a
 * stream socket, which is the agent's descriptor HELPER_SOCKET (netdev/helper.h). The reader sends
 * one request, and shuts its direction down to end the capture; everything else is messages of the
 * agent. Host order: both ends run on one machine and come from one build. */
#ifndef PKTMON_PCAP_PCAP_PROTOCOL_H
#define PKTMON_PCAP_PCAP_PROTOCOL_H

#include <stdint.h>

#define PCAP_AGENT_PROTOCOL   1
#define PCAP_AGENT_DEVICES    128 /* of one process */
#define PCAP_AGENT_MAX_PACKET 262144
#define PCAP_AGENT_MIN_BUFFER (512U * 1024)
#define PCAP_AGENT_MAX_BUFFER (1024U * 1024 * 1024)
#define PCAP_AGENT_TEXT       512

struct pcap_agent_device {
    uint32_t ifindex;
    uint32_t loopback; /* it receives what it sends */
};

struct pcap_agent_request {
    uint32_t protocol;    /* PCAP_AGENT_PROTOCOL */
    uint32_t snaplen;     /* bytes kept of each packet, 1 to PCAP_AGENT_MAX_PACKET */
    uint32_t buffer_size; /* bytes, for each device and direction */
    uint32_t count;
    struct pcap_agent_device devices[PCAP_AGENT_DEVICES];
};

enum pcap_agent_type {
    PCAP_AGENT_ERROR = 1, /* text: one sentence; the last message */
    PCAP_AGENT_FAILED,    /* of a device; text: why it cannot be captured */
    PCAP_AGENT_CLOSED,    /* of a device: it is down, or gone */
    PCAP_AGENT_STARTED,   /* all devices are open, the privilege is given up */
    PCAP_AGENT_PACKET,    /* the packet's bytes follow */
    PCAP_AGENT_LOST,      /* of a device and direction: packets that did not fit into the buffer */
    PCAP_AGENT_UNTIL,     /* no packet older than time will come */
    PCAP_AGENT_END,       /* everything captured has been sent */
};

struct pcap_agent_message {
    uint32_t type;
    uint32_t size; /* bytes that follow: the text, without a zero, or the packet */
    uint32_t ifindex;
    uint16_t direction; /* enum pktmon_direction: Rx or Tx */
    uint16_t link;      /* DLT_ */
    uint64_t time;      /* ns since 1970: of the packet, or until which packets were lost */
    uint64_t number; /* bytes of the packet on the wire, or packets lost since the last message */
};

#endif
