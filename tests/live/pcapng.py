#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads captures block by block, to check the order of blocks or their bytes.

pcapng.py order FILE            prints faults: descriptions that come too late, times that run
                                backwards, kernel addresses
pcapng.py complete FILE         prints what a reader of this file alone would miss: descriptions of
                                the capture and its filter, and each interface's statistics at the end
pcapng.py payload FILE PORT     prints faults in the payload of packets to the port, compared with the
                                pattern of traffic.py; and last the number of packets and their length
pcapng.py counters FILE         prints for each edge: component, edge ("-" for drops and other ends),
                                packets counted in and out, packets recorded in and out, and losses
                                reported by records and by the last counters; then for each component:
                                name, "*", and losses reported by the statistics of its interface
"""
import collections
import pathlib
import re
import struct
import sys

from traffic import pattern

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from vocabulary import DIRECTION_NUMBERS, DIRECTIONS, EDGES, FIELDS, RECORDS, TEXTS, numbers

SECTION, INTERFACE, PACKET, STATISTICS, CUSTOM = 0x0A0D0D0A, 1, 6, 5, 0xBAD
IF_NAME, IF_DROP, DROPCOUNT, CUSTOM_OPTION = 2, 5, 4, 2989
OWN_INTERFACE = "@pktmon"
COMPONENT, COMPONENT_NAME, EDGE, DIRECTION, DROP_REASON, LOST, PACKETS_IN, PACKETS_OUT = numbers(
    FIELDS, "COMPONENT COMPONENT_NAME EDGE DIRECTION DROP_REASON LOST PACKETS_IN PACKETS_OUT")
OUTWARDS = set(numbers(DIRECTION_NUMBERS, "OUT TX EGRESS"))
RECORD_PACKET, RECORD_COMPONENT, RECORD_COUNTERS, RECORD_FILTER, RECORD_CAPTURE = numbers(
    RECORDS, "PACKET COMPONENT COUNTERS FILTER CAPTURE")
TCP, SYN = 6, 2
NUMBERS = {1: "B", 2: "H", 4: "I", 8: "Q"}

# Addresses of kernel text, data and memory map, as 8 bytes in either order, and as text.
ADDRESSES = [
    re.compile(rb"[\x80-\xff]\xff\xff\xff\xff", re.S),
    re.compile(rb"\xff\xff\xff\xff[\x80-\xff]", re.S),
    re.compile(rb"[\x80-\xf0]\xff\xff", re.S),
    re.compile(rb"ffff[0-9a-f]{12}", re.I),
]


def blocks(data):
    offset = 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        if length < 12 or length % 4 or offset + length > len(data):
            raise ValueError(f"block at {offset} has {length} bytes")
        if struct.unpack_from("<I", data, offset + length - 4)[0] != length:
            raise ValueError(f"block at {offset} ends with another length")
        yield kind, data[offset + 8 : offset + length - 4]
        offset += length


def options(data):
    offset = 0
    while offset + 4 <= len(data):
        code, length = struct.unpack_from("<HH", data, offset)
        if code == 0:
            return
        yield code, data[offset + 4 : offset + 4 + length]
        offset += 4 + (length + 3) // 4 * 4


class Record:
    """The metadata record (capture-core/include/pktmon/metadata.h): its type, and values by field
    type: numbers, and the bytes of texts. Many records have the same fields, so their offsets
    are computed once for each arrangement, and kept in `layouts` by the record's length."""

    layouts = collections.defaultdict(list)

    def __init__(self, data):
        if data[:4] != b"PKMN":
            raise ValueError("a metadata record without its magic")
        self.kind = data[5]
        for layout, types, lengths in self.layouts[len(data)]:
            values = layout.unpack_from(data, 8)
            if values[0::3] == types and values[1::3] == lengths:
                self.fields = dict(zip(types, values[2::3]))
                return
        self.fields = self.read(data)

    def read(self, data):
        offset, code, types, lengths = 8, "<", [], []
        while offset + 4 <= len(data):
            field, length = struct.unpack_from("<HH", data, offset)
            if field == 0:
                break
            text = field in TEXTS or length not in NUMBERS
            code += "HH" + (f"{length}s" if text else NUMBERS[length])
            types.append(field)
            lengths.append(length)
            offset += 4 + length
        layout = struct.Struct(code)
        if offset <= len(data):
            self.layouts[len(data)].append((layout, tuple(types), tuple(lengths)))
        return dict(zip(types, layout.unpack_from(data, 8)[2::3]))

    def get(self, field):
        return self.fields.get(field, 0)


class Packet:
    def __init__(self, data):
        self.interface, high, low, caplen, self.length = struct.unpack_from("<5I", data)
        self.time = high << 32 | low
        self.bytes = data[20 : 20 + caplen]
        self.record, self.dropcount = None, 0
        for code, value in options(data[20 + (caplen + 3) // 4 * 4 :]):
            if code == CUSTOM_OPTION:
                self.record = Record(value[4:])
            elif code == DROPCOUNT:
                self.dropcount = struct.unpack("<Q", value)[0]


def records(body):
    """The metadata records of a packet block."""
    at = 20 + (int.from_bytes(body[12:16], "little") + 3) // 4 * 4
    return [value[4:] for code, value in options(body[at:])
            if code == CUSTOM_OPTION and value[4:8] == b"PKMN"]


def interface_name(data):
    return dict(options(data[8:])).get(IF_NAME, b"").decode()


def statistics_lost(data):
    return struct.unpack("<Q", dict(options(data[12:])).get(IF_DROP, bytes(8)))[0]


def order(data):
    """Each fault of the file, as a line."""
    names, described, newest = [], set(), 0
    for kind, body in blocks(data):
        record = None
        if kind == INTERFACE:
            names.append(interface_name(body))
        elif kind == CUSTOM:
            record = Record(body[4:])
        elif kind == PACKET:
            packet = Packet(body)
            record = packet.record
            if packet.interface >= len(names):
                yield f"a packet before its interface {packet.interface}"
            elif names[packet.interface] == "":
                yield f"interface {packet.interface} has no name"
            if packet.time < newest:
                yield f"time runs back from {newest} to {packet.time}"
            newest = max(newest, packet.time)
        if record is None:
            continue
        component = record.get(COMPONENT)
        if record.kind == RECORD_COMPONENT:
            described.add(component)
        elif component and component not in described:
            yield f"component {component} speaks before it is described"


def addresses(data):
    """Bytes that look like a kernel address, in what the capture adds to packets."""
    for kind, body in blocks(data):
        if kind == SECTION:
            continue  # its length is -1
        if kind == PACKET:
            caplen = struct.unpack_from("<I", body, 12)[0]
            body = body[20 + (caplen + 3) // 4 * 4 :]
        for pattern in ADDRESSES:
            for found in pattern.finditer(body):
                yield f"block {kind:#x}: {found.group().hex()}"


def complete(data):
    all_blocks = list(blocks(data))
    kinds = [kind for kind, _ in all_blocks]
    records = [Record(body[4:]).kind for kind, body in all_blocks if kind == CUSTOM]
    if kinds.count(SECTION) != 1 or kinds[0] != SECTION:
        yield "one section is wanted, from the beginning"
    for record, name in (RECORD_CAPTURE, "capture"), (RECORD_FILTER, "filter"):
        if records.count(record) != 1:
            yield f"{records.count(record)} descriptions of the {name}"
    interfaces = kinds.count(INTERFACE)
    for number, (kind, body) in enumerate(all_blocks[len(kinds) - interfaces :]):
        if kind != STATISTICS or struct.unpack_from("<I", body)[0] != number:
            yield f"block {kind:#x} where the statistics of interface {number} belong"


def payload(data, port):
    """UDP begins with the pattern; TCP continues it by its sequence number."""
    first, count, longest = None, 0, 0
    for kind, body in blocks(data):
        if kind != PACKET:
            continue
        packet = Packet(body)
        frame = packet.bytes
        if packet.record.kind != RECORD_PACKET or frame[12:14] != b"\x08\x00":
            continue
        transport = 14 + (frame[14] & 15) * 4
        if struct.unpack_from("!H", frame, transport + 2)[0] != int(port):
            continue
        end = 14 + struct.unpack_from("!H", frame, 16)[0]
        begin, start = transport + 8, 0
        if frame[23] == TCP:
            begin = transport + (frame[transport + 12] >> 4) * 4
            sequence, flags = struct.unpack_from("!I5xB", frame, transport + 4)
            if flags & SYN:
                first = sequence + 1
            if first is None:
                yield "a TCP segment before the SYN"
                return
            start = (sequence - first) % 2**32
        if end == begin:
            continue
        count += 1
        longest = max(longest, packet.length)
        if len(frame) != packet.length or end != packet.length:
            yield f"a packet of {end} bytes has {len(frame)} of {packet.length}"
        elif frame[begin:] != pattern(end - begin, start):
            yield f"a packet of {end} bytes carries something else"
    yield f"{count} packets, the longest {longest} bytes"


class Edge:
    """The file's numbers for one edge: packets counted and recorded (in, out), losses reported by
    records, and losses in the last counters."""

    def __init__(self):
        self.counted, self.recorded = [0, 0], [0, 0]
        self.lost = self.lost_counted = 0

    def __str__(self):
        return " ".join(map(str, self.counted + self.recorded + [self.lost, self.lost_counted]))


class Account:
    """Packets and losses of a file, by component and edge. Drops belong to no edge, even if they
    tell the hook at which they happened."""

    def __init__(self):
        self.names, self.interfaces, self.statistics = {}, {}, collections.Counter()
        self.edges = collections.defaultdict(Edge)

    def take_packet(self, packet):
        record = packet.record
        component = record.get(COMPONENT)
        if record.get(LOST) != packet.dropcount:
            raise ValueError("pktmon.lost and epb_dropcount differ")
        self.interfaces[packet.interface] = component
        of_edge = DROP_REASON not in record.fields
        edge = self.edges[component, record.get(EDGE) if of_edge else 0]
        edge.recorded[record.get(DIRECTION) in OUTWARDS] += 1
        edge.lost += record.get(LOST)

    def take_counters(self, record):
        edge = self.edges[record.get(COMPONENT), record.get(EDGE)]
        edge.counted = [record.get(PACKETS_IN), record.get(PACKETS_OUT)]
        edge.lost_counted = record.get(LOST)

    def take_record(self, record):
        if record.kind == RECORD_COMPONENT:
            self.names[record.get(COMPONENT)] = record.get(COMPONENT_NAME).decode()
        elif record.kind == RECORD_COUNTERS:
            self.take_counters(record)

    def lines(self):
        for component, edge in sorted(self.edges):
            yield f"{self.names[component]} {EDGES[edge]} {self.edges[component, edge]}"
        for component, lost in sorted(self.statistics.items()):
            yield f"{self.names[component]} * {lost}"


def counters(data):
    account = Account()
    for kind, body in blocks(data):
        if kind == CUSTOM:
            account.take_record(Record(body[4:]))
        elif kind == STATISTICS:
            component = account.interfaces.get(struct.unpack_from("<I", body)[0])
            if component:
                account.statistics[component] += statistics_lost(body)
        elif kind == PACKET:
            packet = Packet(body)
            if packet.record.kind == RECORD_PACKET:
                account.take_packet(packet)
            else:
                account.take_record(packet.record)
    return account.lines()


COMMANDS = {"order": order, "addresses": addresses, "complete": complete, "payload": payload,
            "counters": counters}


def main():
    command, path, *arguments = sys.argv[1:]
    with open(path, "rb") as file:
        for line in COMMANDS[command](file.read(), *arguments):
            print(line)


if __name__ == "__main__":
    main()
