#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares a capture of TCP streams of marks (numbered.c) with the truth about them.

streams.py CAPTURE TRUTH PREFIX POINTS

TRUTH is as for check.py; a class is a stream, its COUNT the number of its bytes, and its places those
that each byte passes. A line "lost CLASS PACKETS" gives the number of packets of the stream that the
network dropped. A line "sealed OUTER, INNER" names the place where a host receives the messages of a
WireGuard tunnel, and the place where their content comes out, in the same order: that shows which part
of a stream is in a message, wherever it passes. Places that a message passes begin with "outer:". With
a line "sealed-apart", messages may be groups of their own, and packets may be dropped or freed
unobserved; but a group with a packet of the sender has nothing else in it.

A packet of a stream is what its sender gave to the network at once. After that, it may be cut into
segments, and these may be merged again, also with segments of the packet before. So an appearance
belongs to the packet that its first byte was in: the newest one, if the byte was retransmitted.
"""
import bisect
import collections
import gc
import sys

import check
from check import CLASS_SHIFT, DUPLICATES, MAGIC, Checker, Capture, read_truth, share

MARK_SIZE = 8
ETHERNET, TCP = 14, 6
UDP_HEADERS, MESSAGE_HEADER, SEAL = ETHERNET + 20 + 8, 16, 16  # of WireGuard's messages over IPv4
DATA_MESSAGE = bytes([4, 0, 0, 0])
OUTER = "outer:"


def tcp_at(body, caplen):
    """Where the TCP header of a frame begins, and where it ends; None: it has none."""
    ip = memoryview(body)[20 + ETHERNET : 20 + caplen]
    if len(ip) < 40:
        return None
    if ip[0] >> 4 == 4:
        protocol, headers = ip[9], (ip[0] & 15) * 4
    else:
        protocol, headers = ip[6], 40
    if protocol != TCP:
        return None
    return ETHERNET + headers, ETHERNET + headers + (ip[headers + 12] >> 4) * 4


def stream_range(body, caplen, length):
    """The first and the last byte of the stream in a packet, and its class; None: it has no bytes
    of a stream."""
    header = tcp_at(body, caplen)
    if header is None:
        return None
    begin = header[1]
    at = body.find(MAGIC, 20 + begin, 20 + begin + 2 * MARK_SIZE)
    if at < 0 or length <= begin:
        return None
    number = int.from_bytes(body[at + 4 : at + 8], "big")
    first = (number & (1 << CLASS_SHIFT) - 1) * MARK_SIZE - (at - 20 - begin)
    return number >> CLASS_SHIFT, first, first + length - begin


class Streams(Capture):
    """The capture, where the key of each appearance is its part of the stream."""

    def appearance(self, fields, body, caplen):
        seen = super().appearance(fields, body, caplen)
        if seen.key is not None:
            seen.key = seen.key >> check.KIND_SHIFT == 0 and stream_range(body, caplen, int.from_bytes(body[16:20], "little")) or None
        return seen


def bytes_of(body, caplen):
    """The connection's ports, the number of the first byte, the number of bytes, and the packet's
    own number (over IPv4), from which its segments count up; None: it is no such packet."""
    header = tcp_at(body, caplen)
    length = int.from_bytes(body[16:20], "little") - header[1] if header else 0
    if length <= 0:
        return None
    tcp, ip = body[20 + header[0] : 20 + header[1]], body[20 + ETHERNET : 20 + header[0]]
    return tcp[:4], int.from_bytes(tcp[4:8], "big"), length, int.from_bytes(ip[4:6], "big")


def message_of(body):
    """The identity of a tunnel's message: its receiver and number; None: it carries no data."""
    message = body[20 + UDP_HEADERS : 20 + UDP_HEADERS + MESSAGE_HEADER]
    length = int.from_bytes(body[16:20], "little") - UDP_HEADERS - MESSAGE_HEADER - SEAL
    udp = body[20 + ETHERNET + 9] == check.UDP
    return message[4:] if udp and message[:4] == DATA_MESSAGE and length > 0 else None


class SealedStreams(Streams):
    """The same through a tunnel: the key of a message is the part of the stream in it. If the
    kernel programs cannot read the bytes of a large send, its TCP numbers identify them."""

    def __init__(self, data, prefix, ends, apart):
        super().__init__(data, prefix)
        self.ends, self.apart = ends, apart

    def appearance(self, fields, body, caplen):
        seen = super().appearance(fields, body, caplen)
        seen.fields["message"] = message_of(body)
        seen.fields["bytes"] = bytes_of(body, caplen)
        return seen

    def find_unmarked(self, everything):
        begins = {}
        for seen in everything:
            if seen.key and seen.fields["bytes"]:
                ports, number, *_ = seen.fields["bytes"]
                begins[ports] = seen.key[0], number - seen.key[1]
        for seen in everything:
            if not seen.key and seen.fields["bytes"] and seen.fields["bytes"][0] in begins:
                ports, number, length, _ = seen.fields["bytes"]
                stream, begin = begins[ports]
                first = number - begin & 0xFFFFFFFF
                seen.key = stream, first, first + length

    def appearances(self):
        everything = list(super().appearances())
        self.find_unmarked(everything)
        inside = {}
        for outer, inner in self.ends:
            messages = in_order(seen for seen in everything if seen.place == outer and seen.fields["message"])
            packets = in_order(seen for seen in everything if seen.place == inner)
            if len(messages) != len(packets):
                self.warnings.append(f"{len(messages)} messages at {outer}, {len(packets)} packets at {inner}")
                self.lost += 1
            inside.update((m.fields["message"], p) for m, p in zip(messages, packets))
        for seen in everything:
            packet = inside.get(seen.fields["message"], seen)
            seen.fields["number"] = packet.fields["bytes"] and packet.fields["bytes"][3]
            if seen.fields["message"]:
                seen.key = packet.key
                seen.place = OUTER + seen.place
        return without_apart(everything) if self.apart else everything


def without_apart(appearances):
    """The packets without groups that begin with a message."""
    begins = {}
    for seen in in_order(appearances):
        begins.setdefault(seen.group, seen)
    return [seen for seen in appearances if not begins[seen.group].place.startswith(OUTER)]


def in_order(appearances):
    return sorted(appearances, key=lambda seen: seen.time)


def is_apart(path):
    with open(path, encoding="ascii") as file:
        return "sealed-apart\n" in file


def read_ends(path):
    with open(path, encoding="ascii") as file:
        return [line.strip().removeprefix("sealed ").split(", ") for line in file
                if line.startswith("sealed ")]


class Packet:
    """A packet as the sender gave it to the network."""

    def __init__(self, seen):
        self.stream, self.first, self.last = seen.key
        self.time = seen.time
        self.number = seen.fields.get("number")  # of IP, if that distinguishes packets with the same bytes
        self.group = seen.group
        self.appearances = []
        self.swallowed = False  # it was merged behind another packet


class Stream:
    def __init__(self):
        self.packets = []
        self.starts = []  # of the packets, in the order of their bytes; several times if retransmitted

    def send(self, packet):
        at = bisect.bisect_right(self.starts, packet.first)
        self.starts.insert(at, packet.first)
        self.packets.insert(at, packet)

    def newest(self, byte, number=None):
        """Among the packets with the byte; if there is an IP number, it decides."""
        at = bisect.bisect_right(self.starts, byte)
        found = [p for p in self.packets[max(0, at - 20) : at] if p.first <= byte < p.last]
        if number is not None:
            return min(found, key=lambda packet: number - packet.number & 0xFFFF, default=None)
        return max(found, key=lambda packet: packet.time, default=None)


class StreamChecker(Checker):
    def __init__(self, classes, points, apart=False):
        super().__init__(classes)
        self.apart = apart
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
        packet = stream.newest(seen.key[1], seen.fields.get("number"))
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
        """At points devices, the first observation may be of segments: a segment that follows the
        newest packet belongs to it if the capture says so. None: it begins another packet.
        Holder is the newest packet that had the byte before."""
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
        """A packet passes all places, unless it is dropped or continues inside another."""
        good = total = 0
        for packet in self.all_packets():
            truth = self.classes[packet.stream]
            total += 1
            places = set(check.journey(packet.appearances, truth))
            dropped = any(s.dropped for s in packet.appearances)
            wrong = places - set(truth.places) - truth.allowed_drops
            excused = dropped or packet.swallowed or self.apart
            missing = set() if excused else set(truth.places) - places
            wrong = {p for p in wrong if p.split()[-1] not in DUPLICATES}
            if wrong or missing:
                self.fault("another journey", self.describe(packet), f"missing: {sorted(missing)}",
                           f"too many: {sorted(wrong)}",
                           *(f"{s} bytes {s.key[1]}-{s.key[2]}" for s in packet.appearances))
            elif self.counts_segments(packet):
                good += 1
        return good, total

    def counts_segments(self, packet):
        """Whether the segments count from 1 where they are first observed."""
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
        if self.apart:
            return 0, 0
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
        data = file.read()
    ends = read_ends(truth_path)
    apart = is_apart(truth_path)
    capture = SealedStreams(data, prefix, ends, apart) if ends else Streams(data, prefix)
    classes = read_truth(truth_path, points)
    read_losses(classes, truth_path)
    checker = StreamChecker(classes, points, apart)
    for seen in capture.appearances():
        checker.add_stream(seen)
    check.report(checker, capture, sum(1 for _ in checker.all_packets()))


if __name__ == "__main__":
    main()
