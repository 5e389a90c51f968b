/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wireguard_*: large sends that WireGuard segments. Their segments are seen again when they are
 * encrypted ("sealed"), in skbs of their own that do not say what they hold. But WireGuard keeps
 * the skb hash of the stream, and the order. So the segments of each stream are counted where they
 * are made and where they come out. Whatever shows that the two counts disagree marks the stream as
 * doubtful: none of its packets is matched until it has been idle.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_WIREGUARD_H
#define PKTMON_EBPF_BPF_TRACK_WIREGUARD_H

#include "../lib/net-device.h"
#include "cut-segments.h"
#include "entry.h"

/* A stream whose counts agree is over after a pause of SEALED_QUIET_NS. Where the counts may be
 * wrong, its segments may be in between for longer: a busy machine takes seconds to encrypt them.
 * After SEALED_DRAINED_NS nothing is, except what waits for a handshake; after SEALED_WAITING_NS
 * nothing waits: WireGuard gives up after 90 s. */
#define SEALED_QUIET_NS   (1000 * 1000 * 1000ULL)
#define SEALED_DRAINED_NS (10 * SEALED_QUIET_NS)
#define SEALED_WAITING_NS (100 * SEALED_QUIET_NS)

/* include/uapi and drivers/net/wireguard/messages.h */
#define SEALED_HEADER  (16 + 16) /* of a message, and its authentication tag */
#define SEALED_PADDING 16        /* to a multiple of this */
#define DATA_MESSAGE   bpf_htonl(0x04000000)

/* WireGuard got a large send. */
static bool wireguard_is_used;

/* Since when any stream would have an entry, ns: the start of the capture, or the last time when no
 * entry was free. The agent sets it. */
__u64 sealed_since;

static __always_inline struct sealed_stream *sealed_find_bucket(__u64 hash)
{
    __u32 index = bucket_index(hash, SEALED_STREAMS);

    return hash ? bpf_map_lookup_elem(&sealed_streams, &index) : NULL;
}

/* skb_addr: address. NULL: the stream is not known. */
static __always_inline struct sealed_stream *sealed_find_stream(__u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    __u64 hash = BPF_CORE_READ(skb, hash);
    struct sealed_stream *stream = sealed_find_bucket(hash);

    return stream && stream->hash == hash ? stream : NULL;
}

/* By a socket, which counts the bytes that are not sent yet. */
static __always_inline bool is_owned(const struct sk_buff *skb)
{
    return BPF_CORE_READ(skb, sk) != NULL;
}

static __always_inline void begin_stream(struct sealed_stream *stream, __u64 endpoints,
                                         __u32 doubtful)
{
    stream->endpoints = endpoints;
    stream->made = stream->seen = 0;
    stream->sent = stream->at = 0;
    stream->doubtful = doubtful;
}

/* For how long nothing of the stream was observed. Another CPU may have observed it after now. */
static __always_inline __u64 find_pause(const struct sealed_stream *stream, __u64 now)
{
    __u64 last = *(const volatile __u64 *)&stream->time;

    return now > last ? now - last : 0;
}

/* The stream is idle, and none of its segments is waited for. */
static __always_inline bool is_stream_over(const struct sealed_stream *stream, __u64 now)
{
    return find_pause(stream, now) >
           (stream->made == stream->seen ? SEALED_QUIET_NS : SEALED_WAITING_NS);
}

/* The stream with this hash, begun if it is new. NULL: there is no entry for it. */
static __always_inline struct sealed_stream *claim_stream(__u64 hash, __u64 endpoints, __u64 now)
{
    struct sealed_stream *stream = sealed_find_bucket(hash);
    __u64 known = stream ? stream->hash : 0;

    if (!stream)
        return NULL;
    if (known == hash && is_stream_over(stream, now)) {
        begin_stream(stream, endpoints,
                     stream->doubtful && find_pause(stream, now) < SEALED_DRAINED_NS);
    } else if (known == hash) {
        if (find_pause(stream, now) > SEALED_QUIET_NS || stream->endpoints != endpoints)
            stream->doubtful = 1;
    } else {
        if ((known && !is_stream_over(stream, now)) ||
            __sync_val_compare_and_swap(&stream->hash, known, hash) != known)
            return NULL;
        begin_stream(stream, endpoints, now - sealed_since < SEALED_DRAINED_NS);
    }
    stream->time = now;
    return stream;
}

/* Segments have the same headers, and all but the last have the same length. */
static __always_inline void add_send(struct sealed_stream *stream, const struct track_entry *entry,
                                     const struct sk_buff *large)
{
    struct sealed_send *send = &stream->sends[stream->sent & (SEALED_SENDS - 1)];

    send->group = entry->group;
    send->first = stream->made;
    send->segments = entry->segments;
    send->segment_size = entry->segment_size;
    send->last_length = BPF_CORE_READ(large, len) - (entry->segments - 1) * entry->segment_size;
    send->owned = is_owned(large);
    asm volatile("" ::: "memory");
    stream->sent++;
    stream->made += entry->segments;
    if (stream->sent - stream->at > SEALED_SENDS)
        stream->doubtful = 1;
}

static __always_inline bool is_large_at_driver(const struct track_entry *entry)
{
    return entry && entry->group && entry->flags & ENTRY_LARGE &&
           entry->point == RECORD_POINT_TX_LOWER;
}

/* The packet opens a TCP connection or accepts one, provided that it is TCP. */
static __always_inline bool wireguard_may_open_stream(const struct sk_buff *skb)
{
    return kernel_read_byte(address(skb->head) + skb->transport_header + TCP_FLAGS_OFFSET) &
           TCP_SYN;
}

static __always_inline bool is_tcp_skb(__u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    __u64 network = (__u64)BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);

    return kernel_read_byte(network + (kernel_read_byte(network) >> 4 == 4 ? 9 : 6)) == IPPROTO_TCP;
}

/*
 * A device of layer 3 gets a large send, or a packet that may open a stream; of a stream that
 * opens, nothing is in flight. Segments of a large send that no filter matched are not counted, so
 * its stream becomes doubtful. skb_addr, device: addresses. Global function, see content_read().
 */
__noinline int wireguard_observe_send(__u64 skb_addr, __u64 device, int large)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    const struct track_entry *entry = entries_find_live(skb_addr);
    __u64 endpoints = entry ? entry->endpoints : 0, now = bpf_ktime_get_ns();
    struct sealed_stream *stream;

    if (!DEVICE_IS_OF_KIND((const void *)device, WIREGUARD) ||
        (!large && (!endpoints || !is_tcp_skb(skb_addr))))
        return 0;
    stream = claim_stream(BPF_CORE_READ(skb, hash), endpoints, now);
    if (!stream) {
        if (large)
            sealed_since = now;
        return 0;
    }
    wireguard_is_used = true;
    if (!large && !stream->made && stream->endpoints == endpoints)
        stream->doubtful = 0;
    else if (!large)
        return 0;
    else if (is_large_at_driver(entry))
        add_send(stream, entry, skb);
    else
        stream->doubtful = 1;
    return 0;
}

/* A large send was segmented that was not observed at its driver, which may be WireGuard's. Global
 * function, see content_read(). */
__noinline int wireguard_doubt(__u64 skb_addr)
{
    struct sealed_stream *stream = sealed_find_stream(skb_addr);

    if (stream)
        stream->doubtful = 1;
    return 0;
}

/* WireGuard dropped a large send before it segmented it. Takes it back if it is the newest one. */
static __always_inline void remove_send(struct sealed_stream *stream,
                                        const struct track_entry *entry)
{
    const struct sealed_send *send = &stream->sends[(stream->sent - 1) & (SEALED_SENDS - 1)];

    if (!stream->sent || send->group != entry->group)
        return;
    stream->sent--;
    stream->made -= send->segments;
}

/* The entry, if it is of the skb that is freed: one that had the same address before, and whose end
 * was not observed, had other memory, or had been received. (The stack sets skb_iif on receive.)
 * NULL: it is not. */
static __always_inline const struct track_entry *
wireguard_own_entry(const struct track_entry *entry, const struct sk_buff *skb)
{
    if (!entry || entry->flags & ENTRY_ENDED || entry->head != address(BPF_CORE_READ(skb, head)) ||
        (entry->direction == RECORD_RX && !BPF_CORE_READ(skb, skb_iif)))
        return NULL;
    return entry;
}

/* The skb is at a device of WireGuard, which takes the device away when it has encrypted it. A
 * clone, for a packet socket, is no segment. */
static __always_inline bool may_wait_for_seal(const struct sk_buff *skb)
{
    const struct net_device *dev = BPF_CORE_READ(skb, dev);

    return !BPF_CORE_READ_BITFIELD_PROBED(skb, cloned) &&
           (!dev || DEVICE_IS_OF_KIND(dev, WIREGUARD));
}

/* An skb is freed. If it was never observed, it may be a segment that waited for its encryption;
 * which one is unknown. Global function, see content_read(). */
__noinline int wireguard_free_skb(__u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    const struct track_entry *entry = wireguard_own_entry(entries_find_live(skb_addr), skb);
    struct sealed_stream *stream;

    if (entry && !is_large_at_driver(entry))
        return 0;
    stream = sealed_find_stream(skb_addr);
    if (!stream)
        return 0;
    if (entry) {
        remove_send(stream, entry);
    } else if (stream->seen != stream->made && may_wait_for_seal(skb)) {
        __sync_fetch_and_add(&stream->seen, 1);
        stream->doubtful = 1;
    }
    return 0;
}

/* --- encrypted packets --- */

/* The offset in the frame of the first byte after the UDP header. */
static __always_inline __u32 message_offset(const struct observation *obs)
{
    return obs->content.transport + UDP_HLEN;
}

static __always_inline bool is_data_message(const struct observation *obs)
{
    __u64 at = obs->head + obs->mac_offset + message_offset(obs);
    __u32 type = 0;

    bpf_probe_read_kernel(&type, sizeof(type), (const void *)at);
    return type == DATA_MESSAGE;
}

/*
 * Whether the message may hold this segment of the send: by its length, and by skb->prev, which is
 * the segment before (unless a queueing discipline has overwritten it). Segments that wait for a
 * handshake lose their owner. WireGuard does not keep the order of sends then: what one CPU puts
 * back into the queue comes before what another CPU has put there meanwhile.
 */
static __always_inline bool may_hold(const struct sealed_stream *stream,
                                     const struct sealed_send *send, __u32 segment,
                                     const struct observation *obs, __u32 frame_length)
{
    const struct sk_buff *skb = (const void *)obs->skb;
    __u32 length = frame_length - message_offset(obs) - SEALED_HEADER;
    __u64 before = (__u64)BPF_CORE_READ(skb, prev);

    if (segment >= send->segments || (send->owned && !is_owned(skb)))
        return false;
    if (segment > 0 && before != stream->last && before != obs->skb)
        return false;
    if (segment == send->segments - 1U)
        return length - send->last_length < SEALED_PADDING;
    return length > send->segment_size;
}

/* The send that the next segment belongs to. */
static __always_inline const struct sealed_send *find_next_send(struct sealed_stream *stream,
                                                                __u32 number)
{
    const struct sealed_send *send = &stream->sends[stream->at & (SEALED_SENDS - 1)];

    if (number - send->first < send->segments)
        return send;
    stream->at++;
    return &stream->sends[stream->at & (SEALED_SENDS - 1)];
}

/* Returns the group of the send whose next segment the message holds; 0: not known. */
static __always_inline __u64 find_sealed_group(struct sealed_stream *stream,
                                               const struct observation *obs,
                                               const struct packet_record *now)
{
    const struct sealed_send *send;
    __u32 number;

    stream->time = now->time;
    if (stream->seen == stream->made || obs->content.fragment) {
        stream->doubtful = 1;
        return 0;
    }
    number = __sync_fetch_and_add(&stream->seen, 1);
    send = find_next_send(stream, number);
    if (!may_hold(stream, send, number - send->first, obs, now->origlen))
        stream->doubtful = 1;
    stream->last = obs->skb;
    return stream->doubtful ? 0 : send->group;
}

/* A packet that is observed for the first time, about to be sent, may hold such a segment. If it
 * does, fills obs->origin and returns 1. Global function, see content_read(). */
__noinline int wireguard_find_origin(const struct packet_record *now, struct observation *obs)
{
    struct sealed_stream *stream;
    struct track_entry *entry;
    struct origin *origin;

    if (!now || !obs || now->direction != RECORD_TX || now->point == RECORD_POINT_DROP ||
        obs->skb_iif || obs->content.protocol != IPPROTO_UDP)
        return 0;
    stream = sealed_find_stream(obs->skb);
    if (!stream || !is_data_message(obs))
        return 0;
    origin = &obs->origin;
    origin->group = find_sealed_group(stream, obs, now);
    origin->skb = cut_entry_key(origin->group);
    entry = origin->group ? entries_find(origin->skb) : NULL;
    if (!entry || !entries_copy(obs, entry, origin->group))
        return 0;
    origin->relation = RELATION_PIECE;
    origin->by_content = true;
    return 1;
}

#endif
