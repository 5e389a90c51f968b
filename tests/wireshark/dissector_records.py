# SPDX-License-Identifier: GPL-2.0-or-later
"""Metadata records as the dissector's tests write them, one per frame of a file.

A component's number is that of its interface; interface 0 is the one for metadata.
"""
import pathlib

from dissector_pcapng import interface, metadata, packet, section

START = 1_700_000_000_000_000_000
ETHERNET_FRAME = bytes(12) + b"\x88\xb5" + bytes(46)

# numbers of metadata.h
RECORD_PACKET, RECORD_COMPONENT, RECORD_COUNTERS, RECORD_EVENT = 1, 2, 3, 6
CAPTURE_ID, COMPONENT, NAME, TYPE, PROPERTY_NAME, PROPERTY_VALUE = 1, 2, 3, 5, 7, 8
EDGE, EDGE_NAME, DIRECTION, GROUP, PACKET_NUMBER, COPY, COPY_OF = 9, 10, 11, 12, 13, 15, 16
DROPPED, COPY_RELEASED, REASON, CODE, LOCATION, LOST, END = 20, 21, 22, 23, 24, 35, 55
PACKETS_IN, BYTES_IN, PACKETS_OUT, BYTES_OUT = 36, 37, 38, 39
DROPS_IN, DROPS_OUT, DROP_BYTES_IN, DROP_BYTES_OUT = 40, 41, 42, 43
EVENT_PROVIDER, EVENT_ID, EVENT_MESSAGE = 51, 52, 54

WIDTHS = {1: (DROPPED, COPY_RELEASED, END), 2: (EDGE, DIRECTION, PACKET_NUMBER, EVENT_ID)}
WIDTHS[4] = (COMPONENT, COPY, COPY_OF, CODE)
WIDTHS[8] = (CAPTURE_ID, GROUP, LOST, *range(PACKETS_IN, DROP_BYTES_OUT + 1))

UPPER, LOWER, QDISC = 1, 2, 3
IN, OUT, RX, TX = 1, 2, 3, 4
DELIVERED, CONSUMED = 1, 2
EVENT_LOST, EVENT_TROUBLE = 1, 6


def encoded(field, value):
    for width, fields in WIDTHS.items():
        if field in fields:
            return field, value.to_bytes(width, "little")
    return field, value.encode()


def record(kind, values):
    return metadata(kind, *(encoded(*value) for value in values.items()))


def frame(interface_id, microseconds, kind, values):
    return packet(interface_id, START + microseconds * 1000, ETHERNET_FRAME, record(kind, values))


def component(number, name, kind, properties=(), capture=1):
    head = {CAPTURE_ID: capture, COMPONENT: number, NAME: name, TYPE: kind}
    pairs = [
        encoded(field, text)
        for pair in properties
        for field, text in zip((PROPERTY_NAME, PROPERTY_VALUE), pair)
    ]
    described = metadata(RECORD_COMPONENT, *(encoded(*value) for value in head.items()), *pairs)
    return packet(0, START, ETHERNET_FRAME, described)


def seen(microseconds, group, number, edge, direction, more=None, capture=1):
    values = {CAPTURE_ID: capture, COMPONENT: number, EDGE: edge, DIRECTION: direction}
    values[GROUP] = group
    values.update(more or {})
    return frame(number, microseconds, RECORD_PACKET, values)


def counters(microseconds, number, values, capture=1):
    return frame(
        0, microseconds, RECORD_COUNTERS, {CAPTURE_ID: capture, COMPONENT: number, **values}
    )


def event(microseconds, number, values, provider="pktmon"):
    head = {CAPTURE_ID: 1, COMPONENT: number, EVENT_PROVIDER: provider}
    return frame(0, microseconds, RECORD_EVENT, {**head, **values})


def write(path, names, frames):
    """names: of the components' interfaces, from number 1 on."""
    interfaces = [interface(name) for name in ["@pktmon", *names]]
    pathlib.Path(path).write_bytes(b"".join([section(), *interfaces, *frames]))
