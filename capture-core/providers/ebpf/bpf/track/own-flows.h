/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_*: packets of the capture's own output. What a capture sends over a connection passes the
 * devices that it captures, and would be captured and sent again. A packet that begins there is
 * excluded with all of its observations (GROUP_OWN), like shed packets (shed-groups.h).
 *
 * A packet is recognised by its socket: programs/own-output-walk.h finds out through which sockets
 * the output goes. In the other direction, and where the socket is not known, it is recognised by
 * its addresses and ports in its namespace. These are learned, exactly, from each packet that was
 * recognised by its socket, wherever it passes, also after address translation.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_OWN_FLOWS_H
#define PKTMON_EBPF_BPF_TRACK_OWN_FLOWS_H

#include "content.h"
#include "shed-groups.h"

/* A connection that is idle for this long is forgotten. TCP reserves the ports of a closed
 * connection for as long (TCP_TIMEWAIT_LEN), so that no other connection can have them. */
#define OWN_FLOW_AGE_NS     (60 * 1000 * 1000 * 1000ULL)
#define OWN_FLOW_REFRESH_NS (1000 * 1000 * 1000ULL)

/* Of a process with more connections than this, most serve something else. */
#define OWN_MAX_SOCKETS 8

#define DNS_PORT 53 /* a program's DNS queries are not the output */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___started {
    __u64 start_time;
    struct task_struct___started *group_leader;
};

#pragma clang attribute pop

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct own_control);
} own_control SEC(".maps");

/* A process that the output goes through, by its process id (tgid). */
struct own_process {
    __u64 start;   /* start time: process ids are reused */
    __u32 walk;    /* the last walk that reached it */
    __u32 sockets; /* connections that this walk found */
    __u32 is_end;  /* it has network sockets, and passes data on only through them */
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, struct own_process);
} own_processes SEC(".maps");

/* A socket of such a process, by its cookie. */
struct own_socket {
    __u32 held;      /* the last walk in which one of these processes had it */
    __u32 elsewhere; /* the last walk in which another process had it */
    __u32 tgid;
    __u32 slot; /* in own_slots */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u64);
    __type(value, struct own_socket);
} own_sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, RECORD_OWN_FLOWS);
    __type(key, struct own_flow);
    __type(value, struct own_flow_value);
} own_flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct own_counts);
} own_counts SEC(".maps");

/* Set with the first socket of the output. Until then, packets cost no more than this check. */
static bool own_sockets_exist;

/* The cookies of the newest sockets. A group number has the slot of the socket that sent it. */
static __u64 own_slots[OWN_SLOTS];
static __u32 last_own_slot;

static __always_inline bool own_is_excluded(void)
{
    return config.leaves_out_own && own_sockets_exist;
}

static __always_inline const struct own_control *own_get_control(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&own_control, &zero);
}

/* The start time of the task's process. */
static __always_inline __u64 own_read_start(const void *task)
{
    return BPF_CORE_READ((const struct task_struct___started *)task, group_leader, start_time);
}

/* The task's process if the output goes through it, by a walk not older than since; otherwise
 * NULL. */
static __always_inline struct own_process *own_find_process(const void *task, __u32 tgid,
                                                            __u32 since)
{
    struct own_process *process = bpf_map_lookup_elem(&own_processes, &tgid);

    return process && process->walk >= since && process->start == own_read_start(task) ? process
                                                                                       : NULL;
}

static __always_inline void own_add_socket(__u64 cookie, __u32 tgid, __u32 walk)
{
    struct own_socket *known = bpf_map_lookup_elem(&own_sockets, &cookie);
    struct own_socket added = {.held = walk, .tgid = tgid};

    if (known) {
        known->held = walk;
        known->tgid = tgid;
        return;
    }
    added.slot = __sync_fetch_and_add(&last_own_slot, 1) & (OWN_SLOTS - 1);
    own_slots[added.slot] = cookie;
    bpf_map_update_elem(&own_sockets, &cookie, &added, BPF_NOEXIST);
    own_sockets_exist = true;
}

/* The socket with this cookie if the output goes through it. A socket that no process has any more
 * may still send what was written to it. */
static __always_inline const struct own_socket *own_find_socket(__u64 cookie)
{
    const struct own_control *control = own_get_control();
    const struct own_socket *socket;
    const struct own_process *process;
    __u32 tgid;

    if (!cookie || !control)
        return NULL;
    socket = bpf_map_lookup_elem(&own_sockets, &cookie);
    if (!socket || (socket->held < control->finished && socket->elsewhere >= control->finished))
        return NULL;
    tgid = socket->tgid;
    process = bpf_map_lookup_elem(&own_processes, &tgid);
    return !process || process->sockets <= OWN_MAX_SOCKETS ? socket : NULL;
}

/* A process got a socket: the output's, if the process is. */
static __always_inline void own_note_socket(__u64 cookie, const void *task, __u32 tgid)
{
    const struct own_control *control = own_get_control();

    if (config.leaves_out_own && control && own_find_process(task, tgid, control->finished))
        own_add_socket(cookie, tgid, control->walk);
}

/* A listening socket got a connection. */
static __always_inline void own_note_connection(__u64 cookie, __u64 listener)
{
    const struct own_control *control = own_get_control();
    const struct own_socket *known =
        own_is_excluded() && control ? own_find_socket(listener) : NULL;

    if (known)
        own_add_socket(cookie, known->tgid, control->walk);
}

/* --- flows --- */

static __always_inline void set_endpoint(struct own_flow *flow, __u32 end, const __u32 *address,
                                         __u16 port)
{
    for (__u32 i = 0; i < 4; i++)
        flow->ends[end].address[i] = address[i];
    flow->ends[end].port = port;
}

/* Both directions of a flow have one key: the lower endpoint comes first. */
static __always_inline bool is_higher_endpoint(const __u32 *one, __u16 port, const __u32 *other,
                                               __u16 other_port)
{
    for (__u32 i = 0; i < 4; i++) {
        if (one[i] != other[i])
            return one[i] > other[i];
    }
    return port > other_port;
}

/* Reads addresses and ports of the packet in scratch. own->flow.protocol is 0 if there are none.
 * Global function, see content_read(). */
__noinline int own_read_flow(const struct scratch *scratch, struct own_observation *own)
{
    __u32 at, transport, source[4] = {}, destination[4] = {};
    __u16 ports[2];
    __u8 version;

    if (!scratch || !own)
        return 0;
    at = scratch->obs.content.network;
    version = content_half(scratch, at) >> 12;
    own->flow.protocol = 0;
    if (!scratch->obs.content.flow || scratch->obs.content.fragment)
        return 0;
    if (version == 4) {
        source[0] = content_word(scratch, at + 12);
        destination[0] = content_word(scratch, at + 16);
        transport = at + (content_half(scratch, at) >> 8 & 0xF) * 4;
    } else {
        for (__u32 i = 0; i < 4; i++) {
            source[i] = content_word(scratch, at + 8 + 4 * i);
            destination[i] = content_word(scratch, at + 24 + 4 * i);
        }
        transport = at + IPV6_HLEN;
        if (content_half(scratch, at + 6) >> 8 != scratch->obs.content.protocol)
            return 0;
    }
    ports[0] = content_half(scratch, transport);
    ports[1] = content_half(scratch, transport + 2);
    if (ports[0] == DNS_PORT || ports[1] == DNS_PORT)
        return 0;
    own->flow.net_cookie = scratch->record.net_cookie;
    own->flow.version = version;
    own->flow.protocol = scratch->obs.content.protocol;
    own->flags = content_half(scratch, transport + 12);
    own->from = is_higher_endpoint(source, ports[0], destination, ports[1]);
    if (own->from) {
        set_endpoint(&own->flow, 1, source, ports[0]);
        set_endpoint(&own->flow, 0, destination, ports[1]);
    } else {
        set_endpoint(&own->flow, 0, source, ports[0]);
        set_endpoint(&own->flow, 1, destination, ports[1]);
    }
    return 0;
}

/* Packets of the output's connection pass here: from now on they are recognised in this namespace,
 * in both directions. sent: the socket itself sends the packet now. A global function, for a stack
 * of its own. */
__noinline int own_learn_flow(const struct packet_record *record, const struct own_observation *own,
                              __u64 socket, int sent)
{
    struct own_flow_value value = {.socket = socket}, *known;
    struct own_flow flow;

    if (!record || !own)
        return 0;
    flow = own->flow; /* Linux 6.1 takes keys only from the stack and from maps */
    known = bpf_map_lookup_elem(&own_flows, &flow);
    if (known && known->socket == socket && (known->sent || !sent)) {
        if (record->time - known->time > OWN_FLOW_REFRESH_NS)
            known->time = record->time;
        return 0;
    }
    value.time = record->time;
    value.from = own->from;
    value.sent = sent;
    bpf_map_update_elem(&own_flows, &flow, &value, BPF_ANY);
    return 0;
}

/* The output's socket has sent the packet earlier, or sends it now (begins). The outer packet of a
 * shared tunnel is in the group of its inner packet, but is not TCP. Not part of own_choose_bits():
 * both together would need more stack than Linux 6.1 has. */
static __always_inline void own_follow_flow(const struct packet_record *record,
                                            const struct observation *obs, bool begins)
{
    if (own_is_excluded() && record->group & GROUP_OWN_SENT &&
        (begins || obs->own.flow.protocol == IPPROTO_TCP))
        own_learn_flow(record, &obs->own,
                       begins ? record->socket : own_slots[GROUP_OWN_SLOT(record->group)], begins);
}

static __always_inline bool is_in_own_flow(const struct packet_record *record,
                                           const struct own_observation *own)
{
    const struct own_flow_value *known;
    struct own_flow flow = own->flow;

    known = bpf_map_lookup_elem(&own_flows, &flow);
    if (!known)
        return false;
    /* A new connection. If it were the output's, it would be known by its socket. */
    if (flow.protocol == IPPROTO_TCP && (own->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        bpf_map_delete_elem(&own_flows, &flow);
        return false;
    }
    return record->time - known->time < OWN_FLOW_AGE_NS && own_find_socket(known->socket);
}

/* Returns the bits of the number of a group that begins now (shed-groups.h), and counts the packet.
 * A global function, for a stack of its own. */
__noinline __u64 own_choose_bits(const struct packet_record *record, const struct observation *obs)
{
    const struct own_socket *socket;
    struct own_counts *counts;
    __u32 zero = 0;
    __u64 bits = 0;

    if (!record || !obs || !obs->own.flow.protocol)
        return 0;
    socket = own_find_socket(record->socket);
    if (socket)
        bits = GROUP_OWN | GROUP_OWN_SENT | GROUP_FROM_OWN_SLOT(socket->slot);
    else if (is_in_own_flow(record, &obs->own))
        bits = GROUP_OWN;
    if (!bits)
        return 0;
    counts = bpf_map_lookup_elem(&own_counts, &zero);
    if (counts) {
        __sync_fetch_and_add(&counts->packets, obs->segments ? obs->segments : 1);
        __sync_fetch_and_add(&counts->bytes, record->origlen);
    }
    return bits;
}

#endif
