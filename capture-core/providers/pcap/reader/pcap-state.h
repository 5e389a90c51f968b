/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the libpcap provider, which its parts share: plain structures, so that this header
 * needs none of those parts.
 */
#ifndef PKTMON_PCAP_READER_PCAP_STATE_H
#define PKTMON_PCAP_READER_PCAP_STATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "providers/provider.h"
#include "providers/netdev/device.h"

struct netdev_topology;
struct pcap_groups;
struct pcap_links;
struct pcap_order;

enum { PCAP_RX, PCAP_TX, PCAP_DIRECTIONS };

/* The fields of struct rtnl_link_stats64 that are shown. */
struct pcap_statistics {
    uint64_t packets[PCAP_DIRECTIONS], bytes[PCAP_DIRECTIONS], dropped[PCAP_DIRECTIONS];
};

struct pcap_device {
    uint32_t ifindex;
    uint32_t component;
    uint32_t master; /* ifindex of the bridge, bond ...; 0 = none */
    uint32_t below;  /* ifindex of the device below; 0 = none */
    uint32_t rank;   /* how many are below: what they receive has the same time in all of them */
    bool is_up;
    bool is_loopback;
    bool is_gone;
    bool is_retired; /* and its last event is pushed */
    bool is_open;    /* a process captures it, or is about to */
    bool is_refused; /* it cannot be captured, which was reported */
    guint listed;    /* number of the last list that had it */
    char name[NETDEV_NAME_SIZE];
    char driver[NETDEV_DRIVER_SIZE]; /* of the device of this name */
    uint32_t speed;
    struct pcap_statistics read;    /* from the kernel, last */
    struct pcap_statistics counted; /* since the capture began, of all devices of this number */
    uint64_t lost[PCAP_DIRECTIONS]; /* packets, in all */
    uint64_t reported_lost;         /* of these, by an event */
    uint64_t pending_lost;          /* to be reported with the next packet that is younger */
    uint64_t pending_time;          /* than this, monotonic ns */
};

struct pcap_provider {
    struct provider base;
    struct provider_options options;
    struct netdev_topology *topology;
    struct pcap_links *links;
    GHashTable *devices; /* ifindex -> struct pcap_device */
    GPtrArray *sniffers; /* of struct pcap_sniffer */
    struct pcap_groups *groups;
    struct pcap_order *order;
    bool changed;         /* devices, since they were ranked */
    bool begun;           /* it was started */
    bool capturing;       /* devices that appear are captured too */
    guint lists;          /* how many there were */
    uint64_t list_at;     /* monotonic ns; 0: no need */
    int64_t offset;       /* real-time minus monotonic, for the whole capture */
    int64_t clock_offset; /* the same, as the clock is set now */
    uint64_t newest;      /* monotonic time of the newest event delivered */
};

#endif
