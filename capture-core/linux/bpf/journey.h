/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packet this is: groups and appearances, by buffer and head. */
#ifndef PKTMON_JOURNEY_H
#define PKTMON_JOURNEY_H

#include "frame.h"

#define SIGNATURE_BYTES 128 /* of a frame that its signature may read */

#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88A8
#define IPPROTO_ICMP 1
#define IPPROTO_TCP  6
#define IPPROTO_UDP  17

/* Groups are numbered on each CPU for itself. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} group_numbers SEC(".maps");

static __always_inline __u32 word(const struct scratch *scratch, __u32 offset, __u32 length)
{
    if (offset + 4 > length || offset > SIGNATURE_BYTES - 4)
        return 0;
    return *(const __u32 *)(scratch->data + offset);
}

static __always_inline __u32 mix(__u32 hash, __u32 value)
{
    hash = (hash ^ value) * 0x9E3779B1u;
    return hash ^ hash >> 15;
}

/* Of the transport header, what stays when addresses and ports are rewritten and when segments
 * are merged. */
static __always_inline __u32 transport_signature(const struct scratch *scratch, __u32 offset,
                                                 __u32 length, __u8 protocol)
{
    __u32 hash = protocol;

    if (protocol == IPPROTO_TCP) { /* sequence and acknowledgement numbers */
        hash = mix(hash, word(scratch, offset + 4, length));
        hash = mix(hash, word(scratch, offset + 8, length));
    } else if (protocol == IPPROTO_UDP) { /* the first payload bytes */
        hash = mix(hash, word(scratch, offset + 8, length));
        hash = mix(hash, word(scratch, offset + 12, length));
    } else if (protocol == IPPROTO_ICMP) { /* type and code, sequence number, payload */
        hash = mix(hash, word(scratch, offset, length) & bpf_htonl(0xFFFF0000));
        hash = mix(hash, word(scratch, offset + 4, length) & bpf_htonl(0x0000FFFF));
        hash = mix(hash, word(scratch, offset + 8, length));
    } else {
        hash = mix(hash, word(scratch, offset, length));
        hash = mix(hash, word(scratch, offset + 4, length));
    }
    return hash;
}

/*
 * A number that a packet keeps on its way through veth, bridge, router and address translation,
 * and that another packet in the same memory hardly has. length: bytes of the frame in scratch.
 * A global function: the verifier looks at it once, and not again on each of its callers' paths.
 */
__noinline __u32 signature(const struct scratch *scratch, __u32 l3, __u32 protocol, __u32 length)
{
    __u32 offset = 0, hash;

    if (!scratch)
        return 0;
    if (!l3) {
        protocol = bpf_ntohs(*(const __u16 *)(scratch->data + 12));
        offset = ETH_HLEN;
        if (protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) {
            protocol = bpf_ntohs(*(const __u16 *)(scratch->data + 16));
            offset += VLAN_HLEN;
        }
    }
    if (protocol == ETH_P_IP) {
        __u32 header = (scratch->data[offset] & 0xF) * 4;
        hash = transport_signature(scratch, offset + header, length, scratch->data[offset + 9]);
        return mix(hash,
                   word(scratch, offset + 4, length)); /* identification and fragment offset */
    }
    if (protocol == ETH_P_IPV6)
        return transport_signature(scratch, offset + 40, length, scratch->data[offset + 6]);
    hash = protocol;
    for (int i = 0; i < 7; i++) /* all of an ARP packet */
        hash = mix(hash, word(scratch, offset + 4 * i, length));
    return hash;
}

/* A buffer as it stands now. */
struct sight {
    __u64 head;
    __u64 skb;
    __u32 signature;
    int skb_iif;
    __u32 mac_offset; /* of the frame in the head */
};

/* Nothing passes an edge of one device twice, but for a driver that was busy and gets the same
 * buffer again. The next one with the same bytes is sent again (TCP), or a new one. */
static __always_inline bool is_beginning(const struct journey *journey,
                                         const struct packet_record *now, bool same_buffer)
{
    if (now->point == RECORD_POINT_RX_LOWER)
        return journey->point == RECORD_POINT_RX_LOWER && same_buffer;
    if (now->point == RECORD_POINT_TX_UPPER)
        return journey->way == RECORD_TX;
    return now->point == RECORD_POINT_TX_LOWER && journey->point == RECORD_POINT_TX_LOWER &&
           !same_buffer;
}

/*
 * Whether the journey that was last seen with this head goes on here. Not every buffer's end can
 * be seen, so the next packet may stand in the same memory; then it is fresh, which shows in where
 * it stands and in what it holds.
 */
static __always_inline bool goes_on(const struct journey *journey, const struct packet_record *now,
                                    const struct sight *sight)
{
    bool same_buffer = journey->skb == sight->skb;
    bool same_device = journey->ifindex == now->ifindex && journey->net_cookie == now->net_cookie;

    if (now->point == RECORD_POINT_DROP) /* anything may have been done to it since */
        return journey->signature == sight->signature || (same_buffer && sight->skb_iif != 0);
    /* The stack sets skb_iif on receive: a buffer about to be sent without it was not received. */
    if (now->way == RECORD_TX && journey->way == RECORD_RX && sight->skb_iif == 0)
        return false;
    if (same_device && is_beginning(journey, now, same_buffer))
        return false;
    if (journey->signature == sight->signature)
        return true;
    if (!same_buffer)
        return false;
    /* Merged with its followers between the two edges (GRO). */
    if (same_device && journey->point == RECORD_POINT_RX_LOWER &&
        now->point == RECORD_POINT_RX_UPPER)
        return true;
    /* Encapsulated by a device above this one; decapsulated: the frame begins further in. */
    if (now->way == RECORD_TX)
        return journey->way == RECORD_TX && !same_device;
    return journey->way == RECORD_RX && !same_device &&
           sight->mac_offset >= journey->mac_offset + ETH_HLEN;
}

/* 1, 2, 3 ... over all CPUs, each of which takes every config.cpus-th number. */
static __always_inline __u64 next_group(void)
{
    __u32 zero = 0;
    __u64 *number = bpf_map_lookup_elem(&group_numbers, &zero);

    if (!number)
        return 0;
    /* Programs at other interrupt levels of this CPU take numbers too. */
    return __sync_fetch_and_add(number, 1) * config.cpus + bpf_get_smp_processor_id() + 1;
}

static __always_inline __u32 slot_of(__u64 pointer, __u32 slots)
{
    return pointer * 0x9E3779B97F4A7C15ULL >> 40 & (slots - 1);
}

static __always_inline struct journey_bucket *bucket_of(__u64 head)
{
    __u32 slot = slot_of(head, JOURNEY_BUCKETS);

    return bpf_map_lookup_elem(&journeys, &slot);
}

static __always_inline struct buffer_slot *buffer_of(__u64 skb)
{
    __u32 slot = slot_of(skb, BUFFER_SLOTS);

    return bpf_map_lookup_elem(&buffers, &slot);
}

/* The journey last seen with this head, be it this packet's or not. */
static __always_inline struct journey *journey_at(__u64 head)
{
    struct journey_bucket *bucket = bucket_of(head);

    for (int i = 0; bucket && i < JOURNEY_WAYS; i++) {
        if (bucket->heads[i] == head)
            return &bucket->journeys[i];
    }
    return NULL;
}

/* A place for a journey with this head, of which the caller has seen that there is none. NULL:
 * other CPUs are taking all that there is. */
static __always_inline struct journey *new_journey(__u64 head)
{
    struct journey_bucket *bucket = bucket_of(head);
    __u64 oldest = ~0ULL, age, taken = 0;
    int victim = 0;

    if (!bucket)
        return NULL;
    for (int i = 0; i < JOURNEY_WAYS; i++) {
        age = bucket->heads[i] ? bucket->journeys[i].time : 0;
        if (age < oldest) {
            oldest = age;
            taken = bucket->heads[i];
            victim = i;
        }
    }
    victim &= JOURNEY_WAYS - 1;
    if (__sync_val_compare_and_swap(&bucket->heads[victim], taken, head) != taken)
        return NULL;
    return &bucket->journeys[victim];
}

/* Of a buffer whose head was reallocated since it was last seen. */
static __always_inline struct journey *journey_of_old_head(const struct packet_record *now,
                                                           const struct sight *sight)
{
    struct buffer_slot *slot = buffer_of(sight->skb);
    struct journey *journey;

    if (!slot || slot->skb != sight->skb || slot->head == sight->head)
        return NULL;
    journey = journey_at(slot->head);
    return journey && journey->skb == sight->skb && goes_on(journey, now, sight) ? journey : NULL;
}

static __always_inline void remember_head(__u64 skb, __u64 head)
{
    struct buffer_slot *slot = buffer_of(skb);

    if (slot) {
        slot->skb = skb;
        slot->head = head;
    }
}

static __always_inline void journey_moves(struct journey *journey, const struct packet_record *now,
                                          const struct sight *sight)
{
    journey->time = now->time;
    journey->skb = sight->skb;
    journey->net_cookie = now->net_cookie;
    journey->ifindex = now->ifindex;
    journey->signature = sight->signature;
    journey->mac_offset = sight->mac_offset;
    journey->point = now->point;
    journey->way = now->way;
}

/* there: what the table holds for this head, another packet's; NULL: nothing. */
static __always_inline void begin_journey(struct packet_record *record, const struct sight *sight,
                                          struct journey *there)
{
    const struct journey *before = journey_of_old_head(record, sight);

    record->group = before ? before->group : next_group();
    record->appearance = before ? before->appearance + 1 : 1;
    if (!there)
        there = new_journey(sight->head);
    if (!there)
        return;
    there->group = record->group;
    there->appearance = record->appearance;
    journey_moves(there, record, sight);
    remember_head(sight->skb, sight->head);
}

/*
 * Finds or begins the packet's journey, and puts its group and appearance into the record, which
 * says where the packet is. A global function: the verifier looks at it once, and not again for
 * each program, which took two seconds.
 */
__noinline int track(struct packet_record *record, const struct sight *sight)
{
    struct journey *journey;

    if (!record || !sight)
        return 0;
    journey = journey_at(sight->head);
    if (!journey || !goes_on(journey, record, sight)) {
        begin_journey(record, sight, journey);
        return 0;
    }
    if (journey->skb != sight->skb)
        remember_head(sight->skb, sight->head);
    /* Copies of one packet may be under way on several CPUs. */
    record->appearance = __sync_fetch_and_add(&journey->appearance, 1) + 1;
    record->group = journey->group;
    journey_moves(journey, record, sight);
    return 0;
}

static __always_inline void track_frame(struct scratch *scratch, const struct sk_buff *skb,
                                        const struct frame *frame, __u32 copied)
{
    const struct sight sight = {.head = frame->head,
                                .skb = address(skb),
                                .signature = signature(scratch, frame->l3, frame->protocol, copied),
                                .skb_iif = skb->skb_iif,
                                .mac_offset = frame->mac_offset};

    track(&scratch->record, &sight);
}

/* How many buffers share this head (net/core/skbuff.c: dataref counts in its lower half). */
static __always_inline bool shares_head(const struct sk_buff *skb)
{
    const struct skb_shared_info *shared;

    if (!BPF_CORE_READ_BITFIELD(skb, cloned))
        return false;
    shared = (const void *)(address(skb->head) + skb->end);
    return (BPF_CORE_READ(shared, dataref.counter) & 0xFFFF) > 1;
}

/* The buffer ends here; the packet too, unless other buffers share its head. */
static __always_inline void forget(const struct sk_buff *skb)
{
    __u64 buffer = address(skb), head = address(skb->head);
    struct buffer_slot *slot = buffer_of(buffer);
    struct journey_bucket *bucket = bucket_of(head);

    if (slot && slot->skb == buffer)
        slot->skb = 0;
    if (shares_head(skb))
        return;
    for (int i = 0; bucket && i < JOURNEY_WAYS; i++) {
        if (bucket->heads[i] == head)
            bucket->heads[i] = 0;
    }
}

#endif
