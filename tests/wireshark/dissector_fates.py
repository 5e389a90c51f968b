#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_fates.py CAPTURE EXPECTED writes packets that end in every way, and what is to be shown
of each of their records: frame number, fate."""
import pathlib
import sys

from dissector_records import *

NAMES = ["eth0", "tun0", "tap0", "macvtap0", "ipvtap0", "veth0", "eth1", "veth1", "tap1", "ipv4"]
NAMES += ["sockets"]
NIC, TUN, TAP, MACVTAP, IPVTAP, VETH, NIC_PORT, VETH_PORT, TAP_PORT, IPV4, SOCKETS = range(1, 12)

COMPONENTS = [
    component(NIC, "eth0", "physical"),
    component(TUN, "tun0", "tun"),
    component(TAP, "tap0", "tap"),
    component(MACVTAP, "macvtap0", "macvtap"),
    component(IPVTAP, "ipvtap0", "ipvtap"),
    component(VETH, "veth0", "veth", [("ifindex", "7"), ("kind", "veth")]),
    component(NIC_PORT, "eth1", "bridge port", [("ifindex", "8"), ("driver", "e1000")]),
    component(VETH_PORT, "veth1", "bridge port", [("ifindex", "9"), ("kind", "veth")]),
    component(TAP_PORT, "tap1", "bridge port", [("MTU", "1500"), ("kind", "tun")]),
    component(IPV4, "ipv4", "ipv4"),
    component(SOCKETS, "sockets", "sockets"),
]

ARRIVES = (VETH, LOWER, RX, {})
TAKEN = (SOCKETS, LOWER, RX, {END: DELIVERED})
KERNEL = (IPV4, 0, RX, {END: CONSUMED})
DROP = (IPV4, 0, RX, {DROPPED: 1, REASON: "NETFILTER_DROP"})
RELEASE = (IPV4, 0, RX, {COPY_RELEASED: 1, REASON: "NO_SOCKET"})


def leaves(device, edge=LOWER, direction=TX):
    return (device, edge, direction, {})


def of(copy, step, copy_of=0, number=0):
    more = {COPY: copy, COPY_OF: copy_of, PACKET_NUMBER: number}
    return (*step[:3], {**step[3], **{field: value for field, value in more.items() if value}})


def losing(step):
    return (*step[:3], {**step[3], LOST: 3})


# The records of a packet, each step with the fate that its record shows; one group each.
PACKETS = [
    # a socket takes it
    [(ARRIVES, "delivered"), (TAKEN, "delivered")],
    # ... and has no room: the drop follows
    [(ARRIVES, "dropped"), (TAKEN, "dropped"), (DROP, "dropped")],
    # ... and is closed before it reads
    [(ARRIVES, "delivered"), (TAKEN, "delivered"), (RELEASE, "delivered")],
    # the kernel replies
    [(ARRIVES, "consumed"), (KERNEL, "consumed")],
    [(ARRIVES, "dropped"), (DROP, "dropped")],
    # no record shows the end
    [(ARRIVES, "unknown")],
    # the only copy is released
    [(ARRIVES, "unknown"), (RELEASE, "unknown")],
    # out of this stack, or to another part of it
    [(ARRIVES, "forwarded"), (leaves(NIC, UPPER), "forwarded"), (leaves(NIC), "forwarded")],
    [(leaves(TUN), "forwarded")],
    [(leaves(TAP), "forwarded")],
    [(leaves(MACVTAP), "forwarded")],
    [(leaves(IPVTAP), "forwarded")],
    [(leaves(NIC_PORT), "forwarded")],
    [(leaves(TAP_PORT), "forwarded")],
    [(leaves(VETH), "unknown")],
    [(leaves(VETH_PORT), "unknown")],
    [(leaves(NIC, UPPER), "unknown")],
    [(leaves(NIC, LOWER, RX), "unknown")],
    [(leaves(NIC), "unknown"), (ARRIVES, "unknown")],
    [(leaves(NIC), "dropped"), (DROP, "dropped")],
    # a flood: forwarded by one port, not allowed out of the second, not wanted by the third
    [
        (of(1, ARRIVES), "forwarded"),
        (of(2, leaves(NIC), 1), "forwarded"),
        (of(3, leaves(VETH), 1), "dropped"),
        (of(3, DROP, 1), "dropped"),
        (of(4, RELEASE, 1), "forwarded"),
        (of(5, leaves(VETH), 1), "forwarded"),
    ],
    # a raw socket takes its copy, and no other socket wants the packet
    [(of(1, ARRIVES), "delivered"), (of(2, TAKEN, 1), "delivered"), (of(1, RELEASE), "delivered")],
    # a mere copy is taken, and the packet is dropped
    [(of(1, ARRIVES), "dropped"), (of(2, TAKEN, 1), "delivered"), (of(1, DROP), "dropped")],
    # precedence: delivered, forwarded, consumed, dropped
    [
        (of(1, KERNEL), "delivered"),
        (of(2, leaves(NIC), 1), "delivered"),
        (of(3, TAKEN, 1), "delivered"),
        (of(4, DROP, 1), "dropped"),
    ],
    [(of(1, KERNEL), "forwarded"), (of(2, leaves(NIC), 1), "forwarded")],
    [(of(1, KERNEL), "consumed"), (of(2, DROP, 1), "dropped"), (of(3, ARRIVES, 1), "consumed")],
    [(of(1, ARRIVES), "dropped"), (of(2, DROP, 1), "dropped")],
    # segments: one is delivered, one dropped, one is not observed again
    [
        (of(1, leaves(VETH, UPPER)), "delivered"),
        (of(1, ARRIVES, 0, 1), "delivered"),
        (of(1, ARRIVES, 0, 2), "dropped"),
        (of(1, ARRIVES, 0, 3), "delivered"),
        (of(1, DROP, 0, 2), "dropped"),
        (of(1, TAKEN, 0, 1), "delivered"),
    ],
    # a record was lost on the way
    [(losing(ARRIVES), "unknown"), (TAKEN, "unknown")],
    [(ARRIVES, "unknown"), (losing(DROP), "unknown")],
    [(ARRIVES, "unknown"), (losing(leaves(NIC)), "unknown")],
]

SECOND = 1_000_000  # microseconds
COUNTS = {EDGE: LOWER, PACKETS_IN: 1, BYTES_IN: 1, PACKETS_OUT: 1, BYTES_OUT: 1}
LOSS = {EVENT_ID: EVENT_LOST, EVENT_MESSAGE: "events did not fit"}

# Readings of counters, and losses between two of them: time, step, fate. A packet that had not
# ended by then may have continued in a lost record.
TIMES = [
    (10 * SECOND, counters, (VETH, COUNTS)),
    (11 * SECOND, counters, (VETH, COUNTS)),
    (11 * SECOND + 900, counters, (NIC, COUNTS)),
    (15 * SECOND, leaves(NIC), "forwarded"),
    (20 * SECOND, counters, (VETH, COUNTS)),
    (20 * SECOND + 1, leaves(NIC), "unknown"),
    (20 * SECOND + 2, TAKEN, "delivered"),
    (20 * SECOND + 3, KERNEL, "consumed"),
    (20 * SECOND + 4, DROP, "dropped"),
    (20 * SECOND + 5, RELEASE, "unknown"),
    (21 * SECOND, counters, (VETH, COUNTS)),
    (21 * SECOND + 700, counters, (NIC, COUNTS)),
    (21 * SECOND + 800, event, (VETH, LOSS)),
    (22 * SECOND, leaves(NIC), "forwarded"),
    # a notice of the whole capture, or of another provider, is not a component's loss
    (23 * SECOND, event, (0, LOSS)),
    (23 * SECOND + 1, event, (VETH, LOSS, "other")),
    (23 * SECOND + 2, event, (VETH, {**LOSS, EVENT_ID: EVENT_TROUBLE})),
    (25 * SECOND, counters, (VETH, COUNTS)),
]

frames = list(COMPONENTS)
expected = []


def put(microseconds, group, step, fate):
    number, edge, direction, more = step
    frames.append(seen(microseconds, group, number, edge, direction, more))
    expected.append(f"{len(frames)}|{fate}")


def put_packet(group, steps):
    for position, (step, fate) in enumerate(steps):
        put(group * 100 + position, group, step, fate)


for group, steps in enumerate(PACKETS, 1):
    put_packet(group, steps)
for position, (time, what, details) in enumerate(TIMES):
    if callable(what):
        frames.append(what(time, *details))
    else:
        put(time, 1000 + position, what, details)
# A dropped copy shows that it was dropped; whether the others were delivered is no longer certain.
put(30 * SECOND, 2000, of(1, ARRIVES), "unknown")
put(30 * SECOND, 2000, of(2, DROP, 1), "dropped")
put(30 * SECOND, 2001, of(1, ARRIVES), "delivered")
put(30 * SECOND, 2001, of(2, TAKEN, 1), "delivered")
frames.append(event(30 * SECOND + 1, VETH, LOSS))
# What happened because of a packet does not change what became of it.
frames.append(event(40 * SECOND, IPV4, {EVENT_ID: EVENT_TROUBLE, GROUP: 1, DROPPED: 1}))

write(sys.argv[1], NAMES, frames)
pathlib.Path(sys.argv[2]).write_text("\n".join(expected) + "\n")
