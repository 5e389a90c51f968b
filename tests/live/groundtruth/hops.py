#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the packets view of a capture with the truth about it, as tshark shows it.

hops.py fields                                     prints the fields that HOPS has, in its order
hops.py CHECKER CAPTURE HOPS TRUTH PREFIX POINTS

CHECKER is check.py or streams.py, which say what a TRUTH is. CAPTURE has a frame for each packet, HOPS a line
for each frame, with the values of the fields separated by tabs, those of one field by ";". Each hop is an
observation, at the place and time and with the copy that its fields have, as often as its line says; so the
truth is the same in both views, and so are the figures. The packet is told by the bytes of the frame, or
by its group if it continues another. Beside that, each frame has its packet's fate, its path passes the components of
its hops alone, and a packet whose fate is a drop was dropped in a hop."""
import collections
import gc
import re
import sys

import check
import streams
from check import CUSTOM, DIRECTIONS, EDGES, LOST, PACKET, Appearance, Capture, Checker, blocks
from pcapng import records
from vocabulary import RECORDS

ONE = ["frame.number", "pktmon.record", "pktmon.group", "pktmon.fate", "pktmon.lost", "pktmon.merged_into",
       "pktmon.path", "pktmon.continued"]
EACH = ["pktmon.hop", "pktmon.component.name", "pktmon.edge", "pktmon.direction", "pktmon.elapsed", "pktmon.copy"]
DROPS = ["pktmon.drop.reason"]
RECORD_PACKET = str(RECORDS["PACKET"])
TIMES = re.compile(" × ([0-9]+)$")
STEPS = re.compile(r" → | \(\+[0-9]+ cop(?:y|ies)\)$")
NO_STEP = {"", "…", "[NAT]"}
DROPPED, RELEASED = " dropped ", " copy released "
NS = 10**9


class Row:
    """What tshark shows of a frame."""

    def __init__(self, line):
        self.one = dict(zip(ONE + EACH + DROPS, line.rstrip("\n").split("\t")))
        self.is_packet = self.one["pktmon.record"] == RECORD_PACKET
        self.group = int(self.one["pktmon.group"] or 0)
        self.fate = self.one["pktmon.fate"]
        self.path = self.one["pktmon.path"]
        self.lost = sum(map(int, self.values("pktmon.lost")))
        self.is_continued = self.one["pktmon.continued"] != ""
        self.merged_into = int(self.one["pktmon.merged_into"] or 0)

    def values(self, field):
        return self.one[field].split(";") if self.one[field] else []

    def hops(self):
        """Text, component, edge, direction, time and copy of each hop."""
        columns = [self.values(field) for field in EACH]
        if not self.group:  # nothing is known of its packet's beginning, and of no copies
            columns[4] = columns[5] = ["0"] * len(columns[0])
        if len(set(map(len, columns))) != 1:
            raise ValueError(f"frame {self.one['frame.number']} has hops {list(map(len, columns))}: {self.one}")
        return list(zip(*columns))


def nanoseconds(text):
    """Of a number of seconds."""
    seconds, _, fraction = text.partition(".")
    return int(seconds) * NS + int(fraction.ljust(9, "0"))


class Hops(Capture):
    """The hops of a file, as if each were a frame of the appearances view."""

    def __init__(self, data, prefix, rows):
        super().__init__(data, prefix)
        self.rows = rows
        self.keys, self.begins = {}, {}  # by the group
        self.seen = []                   # key and row of each frame with hops

    def appearances(self):
        found = []
        for kind, body in blocks(self.data):
            if kind == CUSTOM:
                self.frames += 1
                self.describe(check.Record(body[4:]))
            elif kind == PACKET:
                self.frames += 1
                self.take(found, self.rows[self.frames - 1], body)
        for seen in found:
            if seen.fields["continued"]:
                seen.key = self.keys.get(seen.group)
        # The elapsed time is that since the packet's first frame.
        return sorted(found, key=lambda seen: seen.time)

    def take(self, found, row, body):
        if not row.is_packet:
            for record in records(body):
                self.describe(check.Record(record))
            return
        self.lost += row.lost
        time = int.from_bytes(body[4:8], "little") << 32 | int.from_bytes(body[8:12], "little")
        begin = self.begins.setdefault(row.group, time) if row.group else time
        key = None if row.is_continued else self.frame_key(body)
        if key is not None:
            self.keys.setdefault(row.group, key)
        self.seen.append((key, row))
        for text, component, edge, direction, elapsed, copy in row.hops():
            times = TIMES.search(text)
            seen = Appearance()
            seen.key, seen.group, seen.copy = key, row.group, int(copy)
            seen.time = begin + nanoseconds(elapsed)
            seen.dropped, seen.released = DROPPED in text, RELEASED in text
            reason = text.removesuffix(times[0] if times else "").partition(DROPPED)[2]
            seen.place = " ".join([component.removeprefix(self.prefix), EDGES.get(int(edge), edge),
                                   DIRECTIONS[int(direction)], *[reason][:bool(reason)]])
            seen.number = seen.linked = 0
            seen.fields = {"merged": row.merged_into != 0, "continued": row.is_continued}
            seen.frame_number = self.frames
            seen.frame = body[20:20 + int.from_bytes(body[12:16], "little")]
            seen.garbled = self.is_garbled(body, seen.frame)
            found += [seen] * int(times[1] if times else 1)

    def frame_key(self, body):
        at = body.find(check.MAGIC, 20, 20 + int.from_bytes(body[12:16], "little"))
        return check.packet_key(body, at) if at >= 0 else self.control_key(body)

    @staticmethod
    def is_garbled(body, frame):
        return check.MAGIC in frame and body[32:34] not in check.ETHERTYPES


class StreamHops(Hops):
    """The key of a hop is its frame's part of the stream."""

    def frame_key(self, body):
        key = super().frame_key(body)
        caplen, length = int.from_bytes(body[12:16], "little"), int.from_bytes(body[16:20], "little")
        return streams.stream_range(body, caplen, length) if key is not None and key >> check.KIND_SHIFT == 0 else None


class StreamHopChecker(streams.StreamChecker):
    """Which bytes each segment has is not among the fields of hops."""

    def swallow(self, stream, packet, seen):
        packet.swallowed = packet.swallowed or seen.fields["merged"]

    def counts_segments(self, packet):
        return True


def check_frames(capture, classes, checker):
    """What each frame says of its packet as a whole."""
    wrong = collections.Counter()
    dropped = {row.group for _, row in capture.seen if DROPPED in row.one["pktmon.hop"]}
    for key, row in capture.seen:
        components = {component for _, component, *_ in row.hops()}
        steps = {step.rpartition(" ")[0] if "/netfilter " in step else step for step in STEPS.split(row.path)}
        number = key if isinstance(key, int) else None
        truth = classes.get(number >> check.CLASS_SHIFT) if number is not None else None
        for kind, is_wrong in (
                ("fates", truth and truth.fate != "any" and row.fate != truth.fate),
                ("paths", not row.path or steps - components - NO_STEP),
                ("dropped nowhere", row.fate == "dropped" and not dropped & {row.group, row.merged_into})):
            if is_wrong:
                wrong[kind] += 1
                checker.fault(kind, f"frame {row.one['frame.number']}: {check.describe(number)}", str(row.one))
    return wrong


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        return [Row(line) for line in file]


def main():
    gc.disable()
    if sys.argv[1:] == ["fields"]:
        print(*ONE, *EACH, *DROPS)
        return
    kind, path, rows, truth_path, prefix, points = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()
    classes = check.read_truth(truth_path, points)
    if kind == "streams.py":
        streams.read_losses(classes, truth_path)
        capture, checker = StreamHops(data, prefix, read_rows(rows)), StreamHopChecker(classes, points)
        add, count = checker.add_stream, lambda: sum(1 for _ in checker.all_packets())
    else:
        capture = Hops(data, prefix, read_rows(rows))
        checker = Checker(classes, check.read_strays(truth_path))
        add, count = checker.add, lambda: len(checker.packets)
    for seen in capture.appearances():
        add(seen)
    wrong = check_frames(capture, {} if kind == "streams.py" else classes, checker)
    print("wrong", sum(wrong.values()))
    check.report(checker, capture, count(), truth_path)


if __name__ == "__main__":
    main()
