#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""roundtrip.py [--packets FILE] PKTMON FILE ...: converts captures of appearances to packets and back, and prints what
differs from the original, as "FILE: WHAT: COUNT, e.g. ...", and last one line for each file with its numbers. A capture
of packets is first converted to appearances, which are then the original. The last capture's file of packets is left
in the FILE of --packets. Exits with 1 if anything differs.

Not compared is what a conversion may choose: how often a description is repeated and on which carrier, the notices
that the capture began, the order of interface blocks and of records with the same time, and the times of
interface statistics."""
import argparse
import collections
import gc
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import pcapng
from vocabulary import FIELDS, RECORDS, numbers

NAMES = {number: name for name, number in FIELDS.items()}
GROUP, APPEARANCE, NUMBER, EVENT_ID, CAPTURE_ID = numbers(FIELDS, "GROUP APPEARANCE PACKET_NUMBER EVENT_ID CAPTURE_ID")
RECORD_PACKET, RECORD_COUNTERS, RECORD_EVENT = numbers(RECORDS, "PACKET COUNTERS EVENT")
BEGAN, JOURNEY = 5, 8  # a notice, and the record of a journey
IF_DESCRIPTION, IF_MAC, IF_SPEED, IF_RECEIVED, COMMENT, FLAGS, QUEUE = 3, 6, 8, 4, 1, 2, 6
MAGIC, KIND_AT = b"PKMN", 5
EXAMPLES = 2


def repeated_fields(data):
    """The record's fields in their order: properties come in pairs."""
    offset = 8
    while offset + 4 <= len(data):
        field, length = int.from_bytes(data[offset:offset + 2], "little"), int.from_bytes(
            data[offset + 2:offset + 4], "little")
        if field == 0:
            return
        yield NAMES.get(field, field), data[offset + 4:offset + 4 + length]
        offset += 4 + length


def kind_of(body):
    """The kind of its first record; reading the options would take longer than all else."""
    at = body.find(MAGIC, 20 + int.from_bytes(body[12:16], "little"))
    return body[at + KIND_AT] if at >= 0 else None


class Normal:
    """What a file says, whatever wrote it."""

    def __init__(self, path):
        self.rows = collections.defaultdict(collections.Counter)  # what -> rows
        self.frames = collections.defaultdict(collections.Counter)  # of each interface, blocks as they are
        interfaces, frames = [], []
        for kind, body in pcapng.blocks(path.read_bytes()):
            if kind == pcapng.PACKET:
                frames[body[0] | body[1] << 8][body[4:]] += 1
            elif kind == pcapng.SECTION:
                interfaces, frames = [], []
            elif kind == pcapng.INTERFACE:
                interfaces.append(self.interface(body))
                frames.append(self.frames[interfaces[-1][:2]])
            elif kind == pcapng.CUSTOM:
                self.description(body[4:])
            elif kind == pcapng.STATISTICS:
                self.statistics(interfaces, body)

    def interface(self, body):
        options = dict(pcapng.options(body[8:]))
        row = (options.get(pcapng.IF_NAME, b"").decode(), body[0], options.get(IF_DESCRIPTION), options.get(IF_MAC),
               options.get(IF_SPEED))
        self.rows["interfaces"][row] = 1
        return row

    def description(self, record):
        self.rows["descriptions"][(record[5], tuple(repeated_fields(record)))] = 1

    def statistics(self, interfaces, body):
        row = interfaces[int.from_bytes(body[:4], "little")]
        values = dict(pcapng.options(body[12:]))
        if row[0] != pcapng.OWN_INTERFACE:
            self.rows["statistics"][row[:2] + tuple(int.from_bytes(values.get(code, b""), "little") for code in (
                IF_RECEIVED, pcapng.IF_DROP))] += 1

    def add_frames(self, frames):
        """Of an interface, with all that the blocks say, in whatever order their options are."""
        for interface, blocks in frames.items():
            for rest, count in blocks.items():
                body = bytes(4) + rest
                if kind_of(body) == RECORD_PACKET:
                    self.add_packet(interface, body, count)
                else:
                    self.add_others(body, count)

    def add_others(self, body, count):
        time = int.from_bytes(body[4:8], "little") << 32 | int.from_bytes(body[8:12], "little")
        for data in pcapng.records(body):
            record = pcapng.Record(data)
            if record.kind == RECORD_COUNTERS or record.kind == RECORD_EVENT and record.get(EVENT_ID) != BEGAN:
                self.rows["counters" if record.kind == RECORD_COUNTERS else "events"][
                    (time, tuple(repeated_fields(data)))] += count
            elif record.kind != RECORD_EVENT:
                self.description(data)

    def add_packet(self, interface, body, count):
        packet = pcapng.Packet(body)
        values = dict(pcapng.options(body[20 + (len(packet.bytes) + 3) // 4 * 4:]))
        digest = hashlib.sha1(packet.bytes).hexdigest()[:12]
        self.rows["packets"][(packet.time, interface, len(packet.bytes), packet.length, digest, values.get(FLAGS),
                              values.get(QUEUE), packet.dropcount, values.get(COMMENT),
                              tuple(map(tuple, map(repeated_fields, pcapng.records(body)))))] += count

    def without(self, other):
        """The frames that the other has not; and all that are no packets, as a description may be in a frame or not."""
        return {row: blocks if row[0] == pcapng.OWN_INTERFACE else blocks - other.frames[row]
                for row, blocks in list(self.frames.items())}


def show(row):
    if len(row) == 10:
        fields = dict(field for record in row[9] for field in record)
        return " ".join(map(str, row[:9])) + " " + " ".join(f"{name}={value.hex()}" for name, value in fields.items())
    return str(row)


def compare(name, one, other):
    same = True
    # Blocks that are equal as they are need no closer look: these are nearly all.
    left, right = one.without(other), other.without(one)
    one.add_frames(left)
    other.add_frames(right)
    for what in sorted(set(one.rows) | set(other.rows)):
        for text, left, right in ("lacking", one, other), ("added", other, one):
            rows = left.rows[what] - right.rows[what]
            if rows:
                same = False
                print(f"{name}: {what} {text}: {sum(rows.values())}, e.g.")
                for row in sorted(rows, key=str)[:EXAMPLES]:
                    print(f"    {show(row)}")
    return same


def convert(pktmon, source, view, to):
    subprocess.run([pktmon, "convert", source, "--view", view, "-w", to], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def has_journeys(path):
    return any(kind == pcapng.PACKET and kind_of(body) == JOURNEY for kind, body in pcapng.blocks(path.read_bytes()))


def round_trip(pktmon, path, packets):
    with tempfile.TemporaryDirectory() as scratch:
        first, folded, again = (pathlib.Path(scratch) / f"{name}.pcapng" for name in ("first", "packets", "again"))
        original, packets = path, packets or folded
        if has_journeys(path):
            original = first
            convert(pktmon, path, "appearances", first)
        convert(pktmon, original, "packets", packets)
        convert(pktmon, packets, "appearances", again)
        before, after = Normal(original), Normal(again)
        count = sum(blocks.total() for (name, _), blocks in before.frames.items() if name != pcapng.OWN_INTERFACE)
        same = compare(path.name, before, after)
        print(f"{path.name}: {'same' if same else 'DIFFERS'}: {count} appearances; {original.stat().st_size} "
              f"bytes, as packets {packets.stat().st_size}")
        return same


def main():
    gc.disable()  # there is no garbage before the end
    parser = argparse.ArgumentParser()
    parser.add_argument("--packets", type=pathlib.Path)
    parser.add_argument("pktmon")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    same = [round_trip(arguments.pktmon, file, arguments.packets) for file in arguments.files]
    sys.exit(0 if all(same) else 1)


if __name__ == "__main__":
    main()
