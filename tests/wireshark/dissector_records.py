# SPDX-License-Identifier: GPL-2.0-or-later
"""Metadata records as the dissector's tests write them, one per frame of a file.

A component's number is that of its interface; interface 0 is the one for metadata.
"""
import pathlib
import sys

from dissector_pcapng import interface, metadata, packet, section

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from vocabulary import DIRECTION_NUMBERS, EDGE_NUMBERS, FIELDS, KINDS, RECORDS, TEXTS, numbers

START = 1_700_000_000_000_000_000
ETHERNET_FRAME = bytes(12) + b"\x88\xb5" + bytes(46)

RECORD_PACKET, RECORD_COMPONENT, RECORD_COUNTERS, RECORD_EVENT = numbers(
    RECORDS, "PACKET COMPONENT COUNTERS EVENT")
CAPTURE_ID, COMPONENT, NAME, TYPE, PROPERTY_NAME, PROPERTY_VALUE = numbers(
    FIELDS, "CAPTURE_ID COMPONENT COMPONENT_NAME COMPONENT_TYPE PROPERTY_NAME PROPERTY_VALUE")
EDGE, EDGE_NAME, DIRECTION, GROUP, PACKET_NUMBER, COPY, COPY_OF = numbers(
    FIELDS, "EDGE EDGE_NAME DIRECTION GROUP PACKET_NUMBER COPY COPY_OF")
DROPPED, COPY_RELEASED, REASON, CODE, LOCATION, LOST, END = numbers(
    FIELDS, "DROPPED COPY_RELEASED DROP_REASON DROP_CODE DROP_LOCATION LOST END")
PACKETS_IN, BYTES_IN, PACKETS_OUT, BYTES_OUT = numbers(
    FIELDS, "PACKETS_IN BYTES_IN PACKETS_OUT BYTES_OUT")
DROPS_IN, DROPS_OUT, DROP_BYTES_IN, DROP_BYTES_OUT = numbers(
    FIELDS, "DROPS_IN DROPS_OUT DROP_BYTES_IN DROP_BYTES_OUT")
EVENT_PROVIDER, EVENT_ID, EVENT_MESSAGE = numbers(FIELDS, "EVENT_PROVIDER EVENT_ID EVENT_MESSAGE")

WIDTHS = {"FLAG": 1, "U8": 1, "U16": 2, "U32": 4, "U64": 8}

UPPER, LOWER, QDISC = numbers(EDGE_NUMBERS, "UPPER LOWER QDISC")
IN, OUT, RX, TX = numbers(DIRECTION_NUMBERS, "IN OUT RX TX")
DELIVERED, CONSUMED = 1, 2
EVENT_LOST, EVENT_TROUBLE = 1, 6


def encoded(field, value):
    if field in TEXTS:
        return field, value.encode()
    return field, value.to_bytes(WIDTHS[KINDS[field]], "little")


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
