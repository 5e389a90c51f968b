#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture says of TCP streams of marks (numbered.c), beside what is true of them.

streams.py CAPTURE TRUTH PREFIX POINTS

TRUTH is as for check.py; a class is a stream, its COUNT the bytes of it, its places those that each
byte passes. A line "lost CLASS PACKETS" tells how many packets of the stream the network dropped.

A packet of a stream is what its sender gave to the network at once. Behind that it may be cut into
segments, and these merged again, with segments of the packet before as well. So an appearance
belongs to the packet that its first byte was in: the newest one, if the byte was sent again.
"""
import bisect
import collections
import gc
import sys

import check
from check import CLASS_SHIFT, DUPLICATES, MAGIC, Checker, Capture, read_truth, share

MARK_SIZE = 8
ETHERNET, TCP = 14, 6


def stream_range(body, caplen, length):
    """The first and the last byte of the stream in a packet, and its class; None: none of it."""
    frame = memoryview(body)[20 : 20 + caplen]
    ip = frame[ETHERNET:]
    if ip[0] >> 4 == 4:
        protocol, headers = ip[9], (ip[0] & 15) * 4
    else:
        protocol, headers = ip[6], 40
    if protocol != TCP:
        return None
    begin = ETHERNET + headers + (ip[headers + 12] >> 4) * 4
    at = body.find(MAGIC, 20 + begin, 20 + begin + 2 * MARK_SIZE)
    if at < 0 or length <= begin:
        return None
    number = int.from_bytes(body[at + 4 : at + 8], "big")
    first = (number & (1 << CLASS_SHIFT) - 1) * MARK_SIZE - (at - 20 - begin)
    return number >> CLASS_SHIFT, first, first + length - begin


class Streams(Capture):
    """The capture, with the part of the stream that each appearance has as its key."""

    def appearance(self, fields, body, caplen):
        seen = super().appearance(fields, body, caplen)
        if seen.key is not None:
            seen.key = seen.key >> check.KIND_SHIFT == 0 and stream_range(body, caplen, int.from_bytes(body[16:20], "little")) or None
        return seen


class Packet:
    """What the sender gave to the network at once."""

    def __init__(self, seen):
        self.stream, self.first, self.last = seen.key
        self.time = seen.time
        self.group = seen.group
        self.appearances = []
        self.swallowed = False  # behind another packet, in one merged with it


class Stream:
    def __init__(self):
        self.packets = []
        self.starts = []  # of the packets in the order of their bytes; sent again: several times

    def send(self, packet):
        at = bisect.bisect_right(self.starts, packet.first)
        self.starts.insert(at, packet.first)
        self.packets.insert(at, packet)

    def newest(self, byte):
        """Of the packets that hold the byte."""
        at = bisect.bisect_right(self.starts, byte)
        found = [p for p in self.packets[max(0, at - 20) : at] if p.first <= byte < p.last]
        return max(found, key=lambda packet: packet.time, default=None)


class StreamChecker(Checker):
    def __init__(self, classes, points):
        super().__init__(classes)
        self.streams = collections.defaultdict(Stream)
        self.points = points
        self.bad_groups = set()
        self.owners = {}
        self.real_drops = collections.Counter()
        self.false_drops = 0
        self.strangers = collections.Counter()

    def add_stream(self, seen):
        if seen.key is None:
            self.strangers[seen.group] += 1
            if seen.dropped:
                self.stray_drops.append(seen)
            return
        truth = self.classes[seen.key[0]]
        stream = self.streams[seen.key[0]]
        packet = stream.newest(seen.key[1])
        if seen.place == truth.places[0]:
            packet = self.continued(stream, packet, seen) or self.sent(stream, seen)
        if packet is None:
            self.strangers[seen.group] += 1
            self.fault("before it was sent", f"bytes {seen.key} at {seen}")
            return
        packet.appearances.append(seen)
        self.swallow(stream, packet, seen)
        if seen.dropped:
            self.count_drop(packet, seen)

    def sent(self, stream, seen):
        packet = Packet(seen)
        stream.send(packet)
        return packet

    def continued(self, stream, holder, seen):
        """At points devices the first sight may be of segments: one that goes on behind the newest
        belongs to the same packet if the capture says so. None if it begins another packet. Holder is
        the newest that has had the byte before."""
        before = stream.newest(seen.key[1] - 1)
        if (self.points != "devices" or before is None or before.group != seen.group
                or holder is not None and holder.time >= before.time):
            return None
        before.last = max(before.last, seen.key[2])
        return before

    def swallow(self, stream, packet, seen):
        byte = packet.last
        while byte < seen.key[2]:
            other = stream.newest(byte)
            if other is None:
                return
            other.swallowed = True
            byte = other.last

    def count_drop(self, packet, seen):
        reason = seen.place.split()[-1]
        if seen.place in self.classes[packet.stream].allowed_drops:
            self.real_drops[packet.stream] += 1
        elif reason not in DUPLICATES:
            self.false_drops += 1
            self.fault("false drop", f"bytes {seen.key} at {seen} at {seen.location}")

    def all_packets(self):
        for stream in self.streams.values():
            yield from stream.packets

    def describe(self, packet):
        return f"stream {packet.stream} bytes {packet.first}-{packet.last}"

    def precision(self):
        owners = collections.defaultdict(list)
        for packet in self.all_packets():
            for group in {seen.group for seen in packet.appearances}:
                owners[group].append(packet)
        good = 0
        for group, packets in owners.items():
            if len(packets) == 1 and group and not self.strangers[group]:
                good += 1
            else:
                self.fault("group of several packets", f"group {group}",
                           *(f"{self.describe(p)}: " + "; ".join(
                               f"{s} bytes {s.key[1]}-{s.key[2]}" for s in p.appearances
                               if s.group == group) for p in packets[:3]),
                           f"and {self.strangers[group]} appearances of packets without marks")
        return good, len(owners)

    def recall(self):
        good = total = 0
        for packet in self.all_packets():
            total += 1
            if len({seen.group for seen in packet.appearances}) == 1:
                good += 1
            else:
                self.fault("packet of several groups", self.describe(packet),
                           *(f"{s} bytes {s.key[1]}-{s.key[2]}" for s in packet.appearances))
        return good, total

    def journeys(self):
        """A packet passes all places, unless it is dropped or goes on inside another."""
        good = total = 0
        for packet in self.all_packets():
            truth = self.classes[packet.stream]
            total += 1
            places = set(check.journey(packet.appearances, truth))
            dropped = any(s.dropped for s in packet.appearances)
            wrong = places - set(truth.places) - truth.allowed_drops
            missing = set() if dropped or packet.swallowed else set(truth.places) - places
            wrong = {p for p in wrong if p.split()[-1] not in DUPLICATES}
            if wrong or missing:
                self.fault("another journey", self.describe(packet), f"missing: {sorted(missing)}",
                           f"too many: {sorted(wrong)}",
                           *(f"{s} bytes {s.key[1]}-{s.key[2]}" for s in packet.appearances))
            elif self.counts_segments(packet):
                good += 1
        return good, total

    def counts_segments(self, packet):
        """Whether the segments count from 1 where they are first seen."""
        place = self.first_wire(packet)
        segments = [s for s in packet.appearances if s.place == place]
        numbers = [s.number for s in segments]
        if len(numbers) == 1 or numbers == list(range(1, len(numbers) + 1)):
            return True
        self.fault("segments are not counted from 1", self.describe(packet),
                   *(f"{s} bytes {s.key[1]}-{s.key[2]}" for s in segments))
        return False

    def first_wire(self, packet):
        return next(p for p in self.classes[packet.stream].places if p.endswith("Lower Tx"))

    def drops(self):
        missed = 0
        for number, truth in self.classes.items():
            missed += max(0, truth.lost - self.real_drops[number])
            self.false_drops += max(0, self.real_drops[number] - truth.lost)
            if truth.lost != self.real_drops[number]:
                self.fault("drops", f"stream {number}: the network dropped {truth.lost}, the "
                           f"capture {self.real_drops[number]}")
        return self.false_drops + self.false_strays(), missed

    def unseen(self):
        """Bytes that no packet at the first place had."""
        count = 0
        for number, truth in self.classes.items():
            if not truth.places:
                continue
            covered = 0
            for packet in self.streams[number].packets:
                count += max(0, packet.first - covered)
                covered = max(covered, packet.last)
            count += max(0, truth.count - covered)
        return count


def read_losses(classes, path):
    for truth in classes.values():
        truth.lost = 0
        truth.allowed_drops = set(truth.drops)
        truth.places = [p for p in truth.places if p not in truth.drops]
    with open(path, encoding="ascii") as file:
        for line in file:
            if line.startswith("lost "):
                _, number, lost = line.split()
                classes[int(number)].lost = int(lost)


def main():
    gc.disable()
    path, truth_path, prefix, points = sys.argv[1:5]
    with open(path, "rb") as file:
        capture = Streams(file.read(), prefix)
    classes = read_truth(truth_path, points)
    read_losses(classes, truth_path)
    checker = StreamChecker(classes, points)
    for seen in capture.appearances():
        checker.add_stream(seen)
    check.report(checker, capture, sum(1 for _ in checker.all_packets()))


if __name__ == "__main__":
    main()
