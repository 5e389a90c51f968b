/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event: one thing that a provider reports. All rooms of the project use these structures.
 *
 * Numbers are in host order. Times are nanoseconds since 1970-01-01 UTC. Sizes are bytes. An event
 * and everything it points to is borrowed: it is valid during the call that delivers it, and a
 * receiver copies what it keeps.
 */
#ifndef PKTMON_EVENT_H
#define PKTMON_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge.h"
#include "metadata.h"

struct pktmon_component;
struct pktmon_journey;

/*
 * The values of the fields that have names: X(NAME, number, "name as it is shown"). The numbers are
 * promises, as those of the fields are (metadata.h).
 */

/* pktmon.direction; the values are those of Windows' Packet Monitor. */
#define PKTMON_DIRECTIONS(X)                                                                       \
    X(NONE, 0, "None")                                                                             \
    X(IN, 1, "In")                                                                                 \
    X(OUT, 2, "Out")                                                                               \
    X(RX, 3, "Rx") /* from the wire */                                                             \
    X(TX, 4, "Tx") /* to the wire */                                                               \
    X(INGRESS, 5, "Ingress")                                                                       \
    X(EGRESS, 6, "Egress")

enum pktmon_direction {
#define X(NAME, number, name) PKTMON_DIRECTION_##NAME = number,
    PKTMON_DIRECTIONS(X)
#undef X
};

/* The direction of a packet on its host, if the direction at the edge does not show it: In and Out
 * are those of the edge. */
enum pktmon_traffic {
    PKTMON_TRAFFIC_AS_DIRECTION = 0,
    PKTMON_TRAFFIC_INBOUND = 1,
    PKTMON_TRAFFIC_OUTBOUND = 2,
    PKTMON_TRAFFIC_THROUGH = 3, /* neither */
};

/* pktmon.packet_type; the values are those of Windows' Packet Monitor, which alone has the payload
 * types. */
#define PKTMON_PACKET_TYPES(X)                                                                     \
    X(UNKNOWN, 0, "Unknown")                                                                       \
    X(ETHERNET, 1, "Ethernet")                                                                     \
    X(WIFI, 2, "WiFi")                                                                             \
    X(IP, 3, "IP")                                                                                 \
    X(HTTP, 4, "HTTP")                                                                             \
    X(TCP, 5, "TCP")                                                                               \
    X(UDP, 6, "UDP")                                                                               \
    X(ARP, 7, "ARP")                                                                               \
    X(ICMP, 8, "ICMP")                                                                             \
    X(ESP, 9, "ESP")                                                                               \
    X(AH, 10, "AH")                                                                                \
    X(L4_PAYLOAD, 11, "L4 payload")

enum pktmon_packet_type {
#define X(NAME, number, name) PKTMON_PACKET_##NAME = number,
    PKTMON_PACKET_TYPES(X)
#undef X
};

/* pktmon.linked: how an appearance was joined to its group. */
#define PKTMON_LINKS(X)                                                                            \
    X(BUFFER, 1, "By buffer")                                                                      \
    X(CONTENT, 2, "By content")

enum pktmon_linked {
#define X(NAME, number, name) PKTMON_LINKED_BY_##NAME = number,
    PKTMON_LINKS(X)
#undef X
};

/* pktmon.end: this appearance is the last of its copy, which was not dropped. */
#define PKTMON_ENDS(X)                                                                             \
    X(DELIVERED, 1, "Delivered to a socket")                                                       \
    X(CONSUMED, 2, "Consumed by the kernel") /* it was the receiver, or is done with the packet */

enum pktmon_end {
    PKTMON_END_NONE = 0,
#define X(NAME, number, name) PKTMON_END_##NAME = number,
    PKTMON_ENDS(X)
#undef X
};

/* pktmon.event.level; the values are those of Windows event tracing. */
#define PKTMON_LEVELS(X)                                                                           \
    X(CRITICAL, 1, "Critical")                                                                     \
    X(ERROR, 2, "Error")                                                                           \
    X(WARNING, 3, "Warning")                                                                       \
    X(INFORMATION, 4, "Information")                                                               \
    X(VERBOSE, 5, "Verbose")

enum pktmon_level {
#define X(NAME, number, name) PKTMON_LEVEL_##NAME = number,
    PKTMON_LEVELS(X)
#undef X
};

/* pktmon.event.id of the events that the capture itself reports (provider "pktmon"). */
enum pktmon_notice_id {
    PKTMON_NOTICE_LOST = 1,         /* events could not be stored */
    PKTMON_NOTICE_CLOCK_STEP = 2,   /* the real-time clock was set during the capture */
    PKTMON_NOTICE_DEVICE_GONE = 3,  /* a component's device was removed */
    PKTMON_NOTICE_NOT_ATTACHED = 4, /* a capture point could not be attached */
    PKTMON_NOTICE_BEGAN = 5,        /* the capture began */
    PKTMON_NOTICE_SHED = 7,         /* packets were left out, each with all its appearances */
    PKTMON_NOTICE_TROUBLE = 6,      /* the kernel reports a problem, with a packet or without */
    PKTMON_NOTICE_UNCOUNTED = 8,    /* no counter counts these recorded packets */
    PKTMON_NOTICE_UNWRITTEN = 9,    /* counters of components that have gone were not written */
    PKTMON_NOTICE_HOOKS_STAY = 10,  /* hooks stay attached for packets in an NFQUEUE */
    PKTMON_NOTICE_OWN = 11,         /* packets that carry the capture's own output are left out */
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

/* One appearance of a packet at an edge of a component, or its drop there. */
struct pktmon_packet {
    uint64_t group;         /* the same for every appearance of one packet */
    uint32_t appearance;    /* 1, 2, 3 ... in the order of time; 0 = not known */
    uint32_t copy;          /* which copy of the packet, from 1; 0 = not known */
    uint32_t copy_of;       /* the copy it was made from; 0 = none */
    uint16_t packet_number; /* number within the group; 0 = the group is one packet */
    bool has_packet_number; /* the log has the number, which may be 0 */
    uint16_t edge;          /* enum pktmon_edge, or the component's own edge id */
    const char *edge_name;  /* NULL = the usual name of the edge */
    uint16_t direction;     /* enum pktmon_direction */
    uint8_t traffic;        /* enum pktmon_traffic */
    uint16_t packet_type;   /* enum pktmon_packet_type */
    uint16_t filter_id;     /* which filter matched; 0 = none */
    bool has_filter_id;     /* the log has the id, which may be 0 */
    uint8_t linked;         /* enum pktmon_linked; 0 = first appearance */
    uint8_t end;            /* enum pktmon_end */

    bool dropped;                /* this record is a drop of the packet */
    bool copy_released;          /* a copy ended with a reason, but the packet did not */
    const char *drop_reason;     /* name on the machine that dropped the packet, or NULL */
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

    bool l2_synthesised; /* the capture made the link header in data */
    uint64_t lost;       /* events of this component lost just before this one */
    bool incomplete;     /* an earlier appearance of this packet was lost */
    bool repeats;        /* an earlier appearance has all of its bytes behind the link header */

    uint16_t link_type;  /* LINKTYPE_ value of data (tcpdump.org/linktypes.html) */
    const uint8_t *data; /* network order, from the link header on */
    uint32_t caplen;     /* bytes at data */
    uint32_t origlen;    /* bytes the packet had */

    const struct pktmon_nbl *nbl; /* NULL on every system but Windows */
    const char *comment;          /* of a user, in a file that is read; NULL = none */
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
    /* Of a hook: packets counted as out that a later function of the hook dropped, after which no
     * program can be attached. */
    uint64_t taken_back, taken_back_bytes;
    uint64_t drops_in, drops_out, drop_bytes_in, drop_bytes_out;
    const char *drop_reason;                 /* of the newest drop, or NULL */
    const struct pktmon_drop_count *reasons; /* the drops by reason, the newest first */
    size_t reason_count;
    uint64_t lost; /* events of this edge that were lost, in all */
    bool last;     /* no later reading comes */
};

/* A filter of the capture. */
struct pktmon_filter_description {
    uint16_t id;
    const char *name; /* may be NULL */
    const char *text;
};

/* A notice of the capture, or an event of another provider. */
struct pktmon_notice {
    const char *provider;
    uint16_t id;   /* enum pktmon_notice_id where provider is "pktmon" */
    uint8_t level; /* enum pktmon_level */
    const char *message;
    uint64_t group;            /* of the packet concerned; 0 = none */
    uint64_t packets_left_out; /* since the beginning; 0: the notice reports none */
    /* What it reports happened between these times, ns since 1970; until is 0: not known. */
    uint64_t from, until;
};

/* The discriminator is enum pktmon_record (metadata.h). PKTMON_RECORD_COMPONENT: the component is
 * new or has changed; its description is in the registry (component.h). PKTMON_RECORD_RETIRED: the
 * component has gone, and no more events of it come; receivers delete what they keep by its id, and
 * the registry deletes the component after this event. PKTMON_RECORD_JOURNEY: in place of the
 * packet records of one packet, where the packets view was asked for; component is that of the
 * first hop. */
struct pktmon_event {
    enum pktmon_record record;
    uint64_t time;      /* ns since 1970-01-01 UTC */
    uint32_t component; /* id; 0 = of no component */
    /* For packets, and notices about a packet, if the provider has judged them: the filters that
     * have matched the packet so far, as bits. */
    bool judged;
    uint64_t filters;
    union {
        struct pktmon_packet packet;
        struct pktmon_counters counters;
        struct pktmon_filter_description filter;
        struct pktmon_notice notice;
        const struct pktmon_journey *journey; /* of PKTMON_RECORD_JOURNEY (journey.h) */
    };
};

/* Where a provider delivers its events, in the order of time. */
struct pktmon_sink {
    void (*event)(struct pktmon_sink *sink, const struct pktmon_event *event);
};

#endif
