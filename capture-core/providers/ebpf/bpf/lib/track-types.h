/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The structures of the tracker: observations, tracking entries, and the buckets of its tables. */
#ifndef PKTMON_EBPF_BPF_LIB_TRACK_TYPES_H
#define PKTMON_EBPF_BPF_LIB_TRACK_TYPES_H

#include <linux/types.h>

#include "providers/ebpf/records.h"

#define CONTENT_BYTES 128 /* of a frame that identify the packet; a power of two */

/* What identifies a packet by its contents (track/content.h). */
struct packet_content {
    /* Does not change on a path through veth, bridge, router and NAT. Another packet in the same
     * memory is very unlikely to have the same. */
    __u64 signature;
    __u64 datagram;  /* the same for all fragments; 0: unlikely to be fragmented */
    __u64 flow;      /* addresses and ports of TCP and UDP; 0: neither */
    __u64 endpoints; /* hashes of source and destination, one half each (content_is_reply()); 0: not
                        known */
    __u32 sequence;  /* TCP */
    __u32 payload;   /* TCP: payload bytes of this packet */
    __u16 network;   /* offset of the network header in the frame */
    __u16 transport; /* offset of the transport header; 0: none */
    __u8 fragment;   /* the packet is a fragment */
    __u8 multicast;  /* by its link header */
    __u8 protocol;   /* of the transport header; 0 in all fragments but the first */
    __u8 pad;
};

enum entry_flag {
    ENTRY_ENDED = 1 << 0, /* the skb was freed */
    ENTRY_GOOD = 1 << 1,  /* a socket received it, it left the host, or the kernel consumed it */
    ENTRY_DELIVERED = 1 << 2, /* a socket received it */
    ENTRY_SIDE = 1 << 3,      /* a copy for a raw or packet socket, beside the path of the packet */
    ENTRY_FAMILY = 1 << 4,    /* other skbs carry the same packet, or pieces of it */
    ENTRY_IN_HOOK = 1 << 5,   /* between the first and the last function of the hook at point */
    ENTRY_LEAVES = 1 << 6,    /* last observed leaving the host: sent by a hardware device */
    ENTRY_SEGMENT = 1 << 7,   /* made by segmentation */
    ENTRY_LARGE = 1 << 8,     /* last observed as a GSO packet (gso_size) */
    ENTRY_UNDECIDED = 1 << 9, /* a filter needs bytes that the kernel does not look at */
    ENTRY_INCOMPLETE = 1 << 10, /* one of its records was lost */
    ENTRY_OFFERED =
        1 << 11, /* given to a listener, which has not replied yet (track/listener-offers.h) */
    ENTRY_REFUSED = 1 << 12, /* dropped for a reason of the packet itself (end_is_refusal()) */
};

/* A tracking entry: what is known of the packet in a live skb. */
struct track_entry {
    __u64 head;
    __u64 group;     /* 0: no filter matched; the packet is not tracked */
    __u64 signature; /* see struct packet_content */
    __u64 endpoints; /* see struct packet_content */
    __u64 time;      /* of the last observation, ns */
    __u64 net_cookie;
    union {
        __u64 headers; /* hash of its headers on entry into a hook */
        __u64 socket;  /* cookie of the socket that it was last offered to; 0: none */
    };
    __u64 filters; /* bitmask of filters that have matched the packet so far */
    __u32 ifindex; /* device of the last observation */
    __u32 appearance;
    __u32 sequence; /* TCP; this and the next two: when it was last observed as a GSO packet */
    __u16 segment_size;
    __u16 segments;
    __u16 mac_offset; /* offset of the frame from the head */
    __u16 copy;
    __u16 number; /* of a segment or fragment; 0 = not a piece */
    __u16 flags;  /* enum entry_flag */
    __u16 cut;    /* of a GSO packet: segments made of it so far */
    __u8 point;   /* enum record_point */
    __u8 direction;
    __u8 network;   /* offset of the network header in the frame, on entry into a hook */
    __u8 unwrapped; /* see struct observation */
    __u16 recorded; /* bytes behind the link header that a record has (track/recorded.h) */
};

/* The connection of the packet. protocol 0: none, or not looked up (track/own-flows.h). */
struct own_observation {
    struct own_flow flow;
    __u8 from;  /* the end that sent it */
    __u8 flags; /* TCP flags */
    __u8 pad[6];
};

/* Where the packet in a new skb comes from. */
struct origin {
    __u64 skb;        /* the parent, key of its tracking entry; 0: none */
    __u64 group;      /* of the packet; valid also if the parent was recycled */
    __u64 filters;    /* of the packet; valid also if the parent was recycled */
    __u64 net_cookie; /* of a content match: namespace of the last observation */
    __u32 appearance; /* last known appearance number */
    __u16 copy;       /* copy number, if the parent was recycled */
    __u8 relation;
    __u8 by_content;
};

/* What is observed of an skb at one place. */
struct observation {
    struct packet_content content;
    __u64 head;
    __u64 skb;
    __u64 device;     /* address; 0 = none */
    __u32 mac_offset; /* offset of the frame from the head */
    int skb_iif;
    __u16 segment_size; /* gso_size; 0 = a single packet */
    __u16 segments;
    __u64 filters; /* bitmask of filters that match the contents now */
    __u16 silent;  /* no record is written */
    __u16 undecided;
    __u16 unwrapped;          /* number of IPsec decapsulations since it was received */
    __u16 length;             /* bytes behind the link header, at most RECORDED_MAX */
    struct track_entry other; /* snapshot of the entry of a possible parent */
    struct origin origin;
    struct own_observation own;
};

/*
 * Hash tables of small buckets; the oldest slot of a bucket is replaced. Not every end of an skb is
 * observed, and stale entries must not fill the tables. (An LRU hash map does the same, for 600 ns
 * more per packet.) Sizes are powers of two.
 */
#define BUCKETS 16384
#define SLOTS   4

struct slots {
    __u64 keys[SLOTS];  /* 0 = free */
    __u64 times[SLOTS]; /* ns; only for comparing ages */
};

/* Tracking entries by address of the skb. */
struct entry_bucket {
    struct slots slots;
    struct track_entry entries[SLOTS];
};

/* The last skb that was observed with a head (the memory of the packet), which clones share. */
struct head_bucket {
    struct slots slots;
    __u64 skbs[SLOTS];
    /* Identity of the packet, for a clone that outlives the skb it was made from. */
    __u64 groups[SLOTS];
    __u64 signatures[SLOTS];
    __u64 endpoints[SLOTS];
    __u64 filters[SLOTS];
    __u32 appearances[SLOTS];
};

/* The last skb that was observed with some content, for packets that continue in another skb. */
struct content_bucket {
    struct slots slots;
    __u64 skbs[SLOTS];
    __u64 groups[SLOTS]; /* valid also if the skb was recycled */
    __u64 filters[SLOTS];
    __u64 endpoints[SLOTS];
    __u32 sequences[SLOTS]; /* TCP: of the first byte */
    __u32 lengths[SLOTS];   /* TCP: payload bytes */
    __u32 appearances[SLOTS];
    __u32 namespaces[SLOTS]; /* cookies; the kernel counts them from 1, so they fit */
};

/* What the skbs that carry one packet have in common. Made for the second skb. */
#define FAMILY_SLOTS 32768

struct family {
    __u64 group;
    __u32 appearances;
    __u32 copies;
    __u32 alive;      /* skbs of the whole packet that have not ended, as far as is observed */
    __s32 pieces;     /* the same of its segments and fragments; less than 0: none */
    __u32 numbers;    /* segments or fragments */
    __u32 fragments;  /* of the datagram without their copies, when it was fragmented last */
    __u32 incomplete; /* one of its records was lost */
    __u16 good;       /* one of the skbs ended well */
    __u16 refused;    /* one of the skbs was dropped for a reason that concerns the packet itself */
};

/* GSO packets of one stream that WireGuard segments and encrypts (track/wireguard.h). */
#define SEALED_STREAMS 256 /* both are powers of two */
#define SEALED_SENDS   32

struct sealed_send {
    __u64 group;
    __u32 first; /* number of its first segment in the stream */
    __u16 segments;
    __u16 segment_size;
    __u32 last_length; /* of its last segment, headers included */
    __u32 owned;       /* by a socket */
};

struct sealed_stream {
    __u64 hash;      /* skb->hash of the stream; 0 = free */
    __u64 endpoints; /* see struct packet_content */
    __u64 time;      /* of the last observation, ns */
    __u64 last;      /* address of the last skb observed encrypted */
    __u32 made;      /* segments made */
    __u32 seen;      /* of these, encrypted or freed */
    __u32 sent;      /* GSO packets */
    __u32 at;        /* index of the GSO packet that the next segment belongs to */
    __u32 doubtful;
    __u32 pad;
    struct sealed_send sends[SEALED_SENDS];
};

#endif
