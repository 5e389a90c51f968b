/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of the capture's own output: what a capture sends through a connection passes the
 * devices that it captures, and would be captured, and sent, again. A packet that begins there is
 * left out from its first observation to its end (GROUP_OWN), as shed ones are (shed.h).
 *
 * It is known by its socket, of which own_chain.h says whether the output goes through it; and in
 * the other direction, or where the socket is not seen, by its addresses and ports in its
 * namespace: exactly these, of which each packet that was known by its socket tells wherever it
 * passes, after address translation too.
 */
#ifndef PKTMON_OWN_H
#define PKTMON_OWN_H

#include "content.h"
#include "shed.h"

/* A connection that was quiet for as long is forgotten: TCP keeps the ports of a closed one for
 * itself as long (TCP_TIMEWAIT_LEN), so that they cannot be another one's. */
#define OWN_FLOW_AGE_NS     (60 * 1000 * 1000 * 1000ULL)
#define OWN_FLOW_REFRESH_NS (1000 * 1000 * 1000ULL)

/* A process with more connections than this has most of them for others. */
#define OWN_MAX_SOCKETS 8

#define DNS_PORT 53 /* what a program asks there is not the output */

#define TCP_SYN 0x02 /* of the transport header's flags */
#define TCP_ACK 0x10

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

/* A process that the output goes through, by its id (tgid). */
struct own_process {
    __u64 start;   /* when it began: ids are used again */
    __u32 walk;    /* the last walk that came to it */
    __u32 sockets; /* connections, as that walk found them */
    __u32 is_end;  /* it has sockets of the network, and hands nothing on but by these */
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
    __u32 held;      /* the last walk in which one of the processes had it */
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

/* There was a socket of the output: until then no packet costs more than this look. */
static bool own_sockets_exist;

/* The cookies of the newest ones: a part of the group number says which of them sent it. */
static __u64 own_slots[OWN_SLOTS];
static __u32 last_own_slot;

static __always_inline bool leaves_out_own(void)
{
    return config.leaves_out_own && own_sockets_exist;
}

static __always_inline const struct own_control *own_control_of(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&own_control, &zero);
}

/* When the task's process began. */
static __always_inline __u64 start_of(const void *task)
{
    return BPF_CORE_READ((const struct task_struct___started *)task, group_leader, start_time);
}

/* The task's process, if the output goes through it, as walks have found since that one; NULL: it
 * does not. */
static __always_inline struct own_process *own_process_of(const void *task, __u32 tgid, __u32 since)
{
    struct own_process *process = bpf_map_lookup_elem(&own_processes, &tgid);

    return process && process->walk >= since && process->start == start_of(task) ? process : NULL;
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

/* The socket with this cookie, if the output goes through it. One that no process has any more may
 * still send what it was given. */
static __always_inline const struct own_socket *own_socket_of(__u64 cookie)
{
    const struct own_control *control = own_control_of();
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

/* A process has got a socket: it is the output's, if the process is. */
static __always_inline void own_note_socket(__u64 cookie, const void *task, __u32 tgid)
{
    const struct own_control *control = own_control_of();

    if (config.leaves_out_own && control && own_process_of(task, tgid, control->finished))
        own_add_socket(cookie, tgid, control->walk);
}

/* A connection has come in to a listening socket. */
static __always_inline void own_note_connection(__u64 cookie, __u64 listener)
{
    const struct own_control *control = own_control_of();
    const struct own_socket *known = leaves_out_own() && control ? own_socket_of(listener) : NULL;

    if (known)
        own_add_socket(cookie, known->tgid, control->walk);
}

/* --- flows --- */

static __always_inline void put_end(struct own_flow *flow, __u32 end, const __u32 *address,
                                    __u16 port)
{
    for (__u32 i = 0; i < 4; i++)
        flow->ends[end].address[i] = address[i];
    flow->ends[end].port = port;
}

/* Both directions have one key: the lower end comes first. */
static __always_inline bool is_higher(const __u32 *one, __u16 port, const __u32 *other,
                                      __u16 other_port)
{
    for (__u32 i = 0; i < 4; i++) {
        if (one[i] != other[i])
            return one[i] > other[i];
    }
    return port > other_port;
}

/* Reads the addresses and ports of the packet in scratch; none: own->flow.protocol is 0. A global
 * function, as read_content(). */
__noinline int own_read_flow(const struct scratch *scratch, struct own_sight *own)
{
    __u32 at, transport, source[4] = {}, destination[4] = {};
    __u16 ports[2];
    __u8 version;

    if (!scratch || !own)
        return 0;
    at = scratch->sight.content.network;
    version = half(scratch, at) >> 12;
    own->flow.protocol = 0;
    if (!scratch->sight.content.flow || scratch->sight.content.fragment)
        return 0;
    if (version == 4) {
        source[0] = word(scratch, at + 12);
        destination[0] = word(scratch, at + 16);
        transport = at + (half(scratch, at) >> 8 & 0xF) * 4;
    } else {
        for (__u32 i = 0; i < 4; i++) {
            source[i] = word(scratch, at + 8 + 4 * i);
            destination[i] = word(scratch, at + 24 + 4 * i);
        }
        transport = at + IPV6_HLEN;
        if (half(scratch, at + 6) >> 8 != scratch->sight.content.protocol)
            return 0;
    }
    ports[0] = half(scratch, transport);
    ports[1] = half(scratch, transport + 2);
    if (ports[0] == DNS_PORT || ports[1] == DNS_PORT)
        return 0;
    own->flow.net_cookie = scratch->record.net_cookie;
    own->flow.version = version;
    own->flow.protocol = scratch->sight.content.protocol;
    own->flags = half(scratch, transport + 12);
    own->from = is_higher(source, ports[0], destination, ports[1]);
    if (own->from) {
        put_end(&own->flow, 1, source, ports[0]);
        put_end(&own->flow, 0, destination, ports[1]);
    } else {
        put_end(&own->flow, 0, source, ports[0]);
        put_end(&own->flow, 1, destination, ports[1]);
    }
    return 0;
}

/* The connection's packets pass here: from here on they are known here in both directions. sent: by
 * the socket itself, just now. A global function, for its own stack. */
__noinline int own_learn_flow(const struct packet_record *record, const struct own_sight *own,
                              __u64 socket, int sent)
{
    struct own_flow_value value = {.socket = socket}, *known;
    struct own_flow flow;

    if (!record || !own)
        return 0;
    flow = own->flow; /* 6.1 takes keys from the stack and from maps alone */
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

/* A packet that the output's socket has sent, or sends now (begins), is there. The outer packet of
 * a tunnel, which others use too, has the group of the inner one, but is not TCP. Beside
 * own_parts() and not in it: the two together would need more stack than Linux 6.1 has. */
static __always_inline void own_follow_flow(const struct packet_record *record,
                                            const struct sight *sight, bool begins)
{
    if (leaves_out_own() && record->group & GROUP_OWN_SENT &&
        (begins || sight->own.flow.protocol == IPPROTO_TCP))
        own_learn_flow(record, &sight->own,
                       begins ? record->socket : own_slots[GROUP_OWN_SLOT(record->group)], begins);
}

static __always_inline bool is_in_own_flow(const struct packet_record *record,
                                           const struct own_sight *own)
{
    const struct own_flow_value *known;
    struct own_flow flow = own->flow;

    known = bpf_map_lookup_elem(&own_flows, &flow);
    if (!known)
        return false;
    /* A new connection: one of the output's would be known by its socket. */
    if (flow.protocol == IPPROTO_TCP && (own->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        bpf_map_delete_elem(&own_flows, &flow);
        return false;
    }
    return record->time - known->time < OWN_FLOW_AGE_NS && own_socket_of(known->socket);
}

/* What the number of a group that begins there says of it (shed.h); counts it. A global function,
 * for its own stack. */
__noinline __u64 own_parts(const struct packet_record *record, const struct sight *sight)
{
    const struct own_socket *socket;
    struct own_counts *counts;
    __u32 zero = 0;
    __u64 parts = 0;

    if (!record || !sight || !sight->own.flow.protocol)
        return 0;
    socket = own_socket_of(record->socket);
    if (socket) {
        parts = GROUP_OWN | GROUP_OWN_SENT | GROUP_OF_OWN_SLOT(socket->slot);
    } else if (is_in_own_flow(record, &sight->own)) {
        parts = GROUP_OWN;
    }
    if (!parts)
        return 0;
    counts = bpf_map_lookup_elem(&own_counts, &zero);
    if (counts) {
        __sync_fetch_and_add(&counts->packets, sight->segments ? sight->segments : 1);
        __sync_fetch_and_add(&counts->bytes, record->origlen);
    }
    return parts;
}

#endif
