#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_journeys.py OUTPUT writes packets whose journeys end in different ways."""
import pathlib
import sys

from dissector_pcapng import interface, metadata, packet, section

START = 1_700_000_000_000_000_000
ETHERNET_FRAME = bytes(12) + b"\x88\xb5" + bytes(46)

# numbers of metadata.h
RECORD_PACKET, RECORD_COMPONENT = 1, 2
CAPTURE_ID, COMPONENT, NAME, TYPE, EDGE, DIRECTION, GROUP = 1, 2, 3, 5, 9, 11, 12
PACKET_NUMBER, COPY, DROPPED, LOST = 13, 15, 20, 35
UPPER, LOWER = 1, 2
RX, TX = 3, 4
WIDTHS = {CAPTURE_ID: 8, COMPONENT: 4, EDGE: 2, DIRECTION: 2, GROUP: 8, PACKET_NUMBER: 2}
WIDTHS.update({COPY: 4, DROPPED: 1, LOST: 8})

NIC, VETH, STRANGER = 1, 2, 3


def numbers(values):
    return [(field, value.to_bytes(WIDTHS[field], "little")) for field, value in values.items()]


def component(number, name, kind):
    head = numbers({CAPTURE_ID: 1, COMPONENT: number})
    record = metadata(RECORD_COMPONENT, *head, (NAME, name), (TYPE, kind))
    return packet(0, START, ETHERNET_FRAME, record)


def seen(microseconds, group, number, edge, direction, more=None, capture=1):
    values = {CAPTURE_ID: capture, COMPONENT: number, EDGE: edge, DIRECTION: direction}
    values[GROUP] = group
    values.update(more or {})
    record = metadata(RECORD_PACKET, *numbers(values))
    return packet(number, START + microseconds * 1000, ETHERNET_FRAME, record)


FILE = [
    section(),
    interface("@pktmon"),
    interface("wan"),
    interface("lan"),
    interface("stranger"),
    component(NIC, b"wan", b"physical"),  # frame 1
    component(VETH, b"lan", b"veth"),
    # 3-5: forwarded; the clock was set back in between
    seen(10, 1, VETH, LOWER, RX),
    seen(30, 1, NIC, UPPER, TX),
    seen(20, 1, NIC, LOWER, TX),
    # 6-7: the same, but something was lost
    seen(40, 2, VETH, LOWER, RX),
    seen(41, 2, NIC, LOWER, TX, {LOST: 1}),
    # 8-9: dropped, but something was lost
    seen(50, 3, VETH, LOWER, RX, {LOST: 1}),
    seen(52, 3, VETH, 0, 0, {DROPPED: 1}),
    # 10-14: two copies, one of which leaves by the network card
    seen(60, 4, VETH, LOWER, RX),
    seen(61, 4, VETH, UPPER, RX, {COPY: 1}),
    seen(62, 4, NIC, UPPER, TX),
    seen(64, 4, VETH, LOWER, TX, {COPY: 1}),
    seen(68, 4, NIC, LOWER, TX),
    # 15-18: two segments of one packet
    seen(70, 5, VETH, UPPER, TX, {PACKET_NUMBER: 1}),
    seen(71, 5, VETH, UPPER, TX, {PACKET_NUMBER: 2}),
    seen(72, 5, VETH, LOWER, TX, {PACKET_NUMBER: 1}),
    seen(73, 5, VETH, LOWER, TX, {PACKET_NUMBER: 2}),
    # 19: the group's number in another capture, where nothing is known of the component
    seen(80, 1, NIC, LOWER, TX, capture=2),
    # 20: a component that nothing but its interface describes
    seen(90, 6, STRANGER, LOWER, TX),
    # 21: no group, no journey
    seen(95, 0, NIC, LOWER, TX),
]

pathlib.Path(sys.argv[1]).write_bytes(b"".join(FILE))
