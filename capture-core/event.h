/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event: one thing a provider saw. Every room of the project speaks this vocabulary.
 *
 * Numbers are in host order. Times are nanoseconds since 1970-01-01 UTC. Sizes are bytes.
 * An event and everything it points to is borrowed: it is valid during the call that hands it
 * over, and a receiver copies what it keeps.
 */
#ifndef PKTMON_EVENT_H
#define PKTMON_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metadata.h"

struct pktmon_component;

/* pktmon.direction; the values are those of Windows' Packet Monitor. */
enum pktmon_direction {
    PKTMON_DIRECTION_NONE = 0,
    PKTMON_DIRECTION_IN = 1,
    PKTMON_DIRECTION_OUT = 2,
    PKTMON_DIRECTION_RX = 3, /* from the wire */
    PKTMON_DIRECTION_TX = 4, /* to the wire */
    PKTMON_DIRECTION_INGRESS = 5,
    PKTMON_DIRECTION_EGRESS = 6,
};

/* pktmon.edge of a component that has the usual two. */
enum pktmon_edge {
    PKTMON_EDGE_NONE = 0,
    PKTMON_EDGE_UPPER = 1, /* towards the sockets */
    PKTMON_EDGE_LOWER = 2, /* towards the wire */
    /* Of Linux: a device's queueing discipline, and the netfilter hooks of a namespace. A packet
     * goes In, and comes Out where it waited or was changed. */
    PKTMON_EDGE_QDISC = 3,
    PKTMON_EDGE_PREROUTING = 4,
    PKTMON_EDGE_INPUT = 5,
    PKTMON_EDGE_FORWARD = 6,
    PKTMON_EDGE_OUTPUT = 7,
    PKTMON_EDGE_POSTROUTING = 8,
    PKTMON_EDGES, /* of this system's components */
};

/* pktmon.packet_type */
enum pktmon_packet_type {
    PKTMON_PACKET_UNKNOWN = 0,
    PKTMON_PACKET_ETHERNET = 1,
    PKTMON_PACKET_WIFI = 2,
    PKTMON_PACKET_IP = 3,
};

/* pktmon.linked: how an appearance was joined to its group. */
enum pktmon_linked {
    PKTMON_LINKED_BY_BUFFER = 1,
    PKTMON_LINKED_BY_CONTENT = 2,
};

/* pktmon.end: this appearance is the last of its copy, which came to a good end. */
enum pktmon_end {
    PKTMON_END_NONE = 0,
    PKTMON_END_DELIVERED = 1, /* a socket took it */
    PKTMON_END_CONSUMED = 2,  /* the kernel itself was the receiver, or is done with it */
};

/* pktmon.event.level; the values are those of Windows event tracing. */
enum pktmon_level {
    PKTMON_LEVEL_CRITICAL = 1,
    PKTMON_LEVEL_ERROR = 2,
    PKTMON_LEVEL_WARNING = 3,
    PKTMON_LEVEL_INFORMATION = 4,
};

/* pktmon.event.id of the events that the capture itself reports (provider "pktmon"). */
enum pktmon_notice_id {
    PKTMON_NOTICE_LOST = 1,         /* events could not be stored */
    PKTMON_NOTICE_CLOCK_STEP = 2,   /* the real-time clock was set during the capture */
    PKTMON_NOTICE_DEVICE_GONE = 3,  /* a component's device was removed */
    PKTMON_NOTICE_NOT_ATTACHED = 4, /* a capture point could not be attached */
    PKTMON_NOTICE_BEGAN = 5,        /* the capture began */
    PKTMON_NOTICE_SHED = 7,         /* packets were left out, each with all its appearances */
    PKTMON_NOTICE_TROUBLE = 6,      /* the kernel tells of trouble, with a packet or without */
    PKTMON_NOTICE_UNCOUNTED = 8,    /* packets were recorded that no counter counts */
    PKTMON_NOTICE_UNWRITTEN = 9,    /* counters of what has gone were not written */
    PKTMON_NOTICE_HOOKS_STAY = 10,  /* hooks stay, and do nothing, for what waits in an NFQUEUE */
};

/* Windows out-of-band metadata of a packet, in the fields of the metadata record that hold it
 * (PKTMON_FIELD_NBL_...). */
struct pktmon_nbl_value {
    enum pktmon_field field;
    uint64_t number;  /* of the fixed kinds */
    const char *text; /* of strings */
};

struct pktmon_nbl {
    const struct pktmon_nbl_value *values;
    size_t count;
};

/* One packet seen at one edge of one component, or dropped there. */
struct pktmon_packet {
    uint64_t group;         /* the same for every appearance of one packet */
    uint32_t appearance;    /* 1, 2, 3 ... in the order of time; 0 = not known */
    uint32_t copy;          /* which copy of the packet, from 1; 0 = not known */
    uint32_t copy_of;       /* the copy it was made from; 0 = none */
    uint16_t packet_number; /* number within the group; 0 = the group is one packet */
    uint16_t edge;          /* enum pktmon_edge, or the component's own edge id */
    const char *edge_name;  /* NULL = the usual name of the edge */
    uint16_t direction;     /* enum pktmon_direction */
    uint16_t packet_type;   /* enum pktmon_packet_type */
    uint16_t filter_id;     /* which filter matched; 0 = none */
    uint8_t linked;         /* enum pktmon_linked; 0 = first appearance */
    uint8_t end;            /* enum pktmon_end */

    bool dropped;                /* this record is a drop of the packet */
    bool copy_released;          /* a copy ended with a reason, the packet did not */
    const char *drop_reason;     /* name as the machine that dropped gives it, or NULL */
    uint32_t drop_code;          /* the reason's number on that machine */
    const char *drop_location;   /* symbol+0xoffset, or NULL; never an address */
    uint32_t drop_location_code; /* Windows location number; 0 = none */

    int32_t cpu;        /* -1 = not known */
    uint32_t pid;       /* 0 = not known for certain */
    const char *comm;   /* NULL = not known for certain */
    const char *cgroup; /* NULL = not known for certain */
    const char *netns;  /* NULL = not known */
    int32_t queue;      /* hardware queue; -1 = not known */
    uint16_t gso_size;  /* payload bytes of each segment; 0 = no segmentation offload */
    uint16_t gso_segs;

    bool l2_synthesised; /* the link header in data is ours */
    uint64_t lost;       /* events of this component lost just before this one */
    bool incomplete;     /* an earlier appearance of this packet was lost */

    uint16_t link_type;  /* LINKTYPE_ value of data (tcpdump.org/linktypes.html) */
    const uint8_t *data; /* network order, from the link header on */
    uint32_t caplen;     /* bytes at data */
    uint32_t origlen;    /* bytes the packet had */

    const struct pktmon_nbl *nbl; /* NULL on every system but Windows */
};

/* The drops of a component for one reason. */
struct pktmon_drop_count {
    const char *reason;
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
};

/* A reading of one edge of a component (has_flow), or of a component's drops (has_drops). */
struct pktmon_counters {
    uint16_t edge; /* of the flow counters; PKTMON_EDGE_NONE with has_drops alone */
    const char *edge_name;
    bool has_flow, has_drops;
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* in = Rx, out = Tx */
    uint64_t drops_in, drops_out, drop_bytes_in, drop_bytes_out;
    const char *drop_reason;                 /* of the newest drop, or NULL */
    const struct pktmon_drop_count *reasons; /* the drops by reason, the newest first */
    size_t reason_count;
    uint64_t lost; /* events of this edge that could not be stored, in all */
    bool last;     /* no later reading comes */
};

/* A filter of the capture. */
struct pktmon_filter_description {
    uint16_t id;
    const char *name; /* may be NULL */
    const char *text;
};

/* Something that happened to the capture, or an event of another provider. */
struct pktmon_notice {
    const char *provider;
    uint16_t id;   /* enum pktmon_notice_id where provider is "pktmon" */
    uint8_t level; /* enum pktmon_level */
    const char *message;
    uint64_t group; /* of the packet that it is about; 0 = none */
};

/* The discriminator is enum pktmon_record (metadata.h). PKTMON_RECORD_COMPONENT says that the
 * component is new or changed; its description is in the registry (component.h).
 * PKTMON_RECORD_RETIRED says that it has gone and all was said of it: whoever keeps anything by its
 * id forgets that, and the registry does so after this event. */
struct pktmon_event {
    enum pktmon_record record;
    uint64_t time;      /* ns since 1970-01-01 UTC */
    uint32_t component; /* id; 0 = of no component */
    /* Of packets, and of notices about one, where the provider has judged them: which of its
     * filters matched the packet so far, as bits. */
    bool judged;
    uint64_t filters;
    union {
        struct pktmon_packet packet;
        struct pktmon_counters counters;
        struct pktmon_filter_description filter;
        struct pktmon_notice notice;
    };
};

/* Where a provider delivers its events, in the order of time. */
struct pktmon_sink {
    void (*event)(struct pktmon_sink *sink, const struct pktmon_event *event);
};

#endif
