#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares a capture of numbered packets (numbered.c) with the truth about them.

check.py CAPTURE TRUTH PREFIX POINTS [SAMPLE]

TRUTH has a paragraph for each class of packets, written by hand:

    class NUMBER COUNT FATE [in-any-order]
    PLACE [*TIMES]
    ...

A PLACE is like "a/eth0 Upper Tx", or "b/netfilter input Rx NETFILTER_DROP" for the drop of the packet;
if the kernel may give one of several reasons, they are separated by "|". A NUMBER with "-reply" or
"-error" is the class of ICMP messages about the packets of that class. A class without places has no
list to compare with, but its packets must have groups of their own, and a drop only if that is their
FATE; "any" means that the kernel decides by chance. A line "stray PLACE" says where the network drops
packets without a number. A line "drops COMPONENT NUMBER COUNTER: CASE" says how many received packets
of the whole capture are dropped there, as the kernel's counter has it. A line "sealed" says that packets are encrypted on their way: a record
without a number belongs to the packet of its group. PREFIX is removed from the names of namespaces.
At POINTS devices, places that are observed only at points stack are left out. SAMPLE gets a capture
of some of the packets.

Prints the figures as "NAME VALUE", and after an empty line the first faults of each kind.
"""
import collections
import gc
import os
import struct
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0])
from pcapng import (COMPONENT, CUSTOM, DIRECTIONS, EDGE, EDGES, LOST, PACKET, RECORD_COMPONENT,
                    RECORD_COUNTERS, RECORD_PACKET, Record, blocks)
from vocabulary import EDGE_NUMBERS, FIELDS, numbers

COMPONENT_NAME, DIRECTION, GROUP, PACKET_NUMBER, COPY, LINKED = numbers(
    FIELDS, "COMPONENT_NAME DIRECTION GROUP PACKET_NUMBER COPY LINKED")
DROPPED, COPY_RELEASED, DROP_REASON, DROP_LOCATION, DROPS_IN, EVENT_LEVEL, EVENT_MESSAGE = numbers(
    FIELDS, "DROPPED COPY_RELEASED DROP_REASON DROP_LOCATION DROPS_IN EVENT_LEVEL EVENT_MESSAGE")
WARNING = 3
# Edges that are seen at points stack alone.
STACK_ALONE = {EDGES[number] for name, number in EDGE_NUMBERS.items() if name != "LOWER"}

MAGIC = struct.pack("!I", 0xD5B30EA7)
CLASS_SHIFT = 24
# Packets that the network makes from a numbered one have its number, and another kind.
KIND_SHIFT, KIND_REPLY, KIND_ERROR, KIND_CONTROL = 32, 1, 2, 3
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
RST = 4
ICMP_REPLIES = {(ICMP, 0), (ICMPV6, 129)}
ICMP_ERRORS = {(ICMP, 3), (ICMP, 5), (ICMP, 11), (ICMP, 12), (ICMPV6, 1), (ICMPV6, 2), (ICMPV6, 3),
               (ICMPV6, 4)}
ETHERTYPES = b"\x08\x00", b"\x86\xdd", b"\x81\x00"
VXLAN_PORT, VXLAN_HEADERS = b"\x12\xb5", 16
HELD_NS = 100000  # a hook shows the exit of a packet that it held longer
MAX_FAULTS = int(os.environ.get("GROUNDTRUTH_FAULTS", "1"))
SAMPLE_STEP = int(os.environ.get("GROUNDTRUTH_SAMPLE", "101"))  # one packet in so many is in the sample
# Reasons for which TCP refuses data that it already has, data outside its window, or segments to a
# closed connection.
DUPLICATES = {"TCP_OLD_DATA", "TCP_OLD_ACK", "TCP_OLD_SEQUENCE", "TCP_OFOMERGE", "TCP_OVERWINDOW",
              "TCP_ABORT_ON_DATA", "TCP_CLOSE"}


class Appearance:
    __slots__ = ("key", "place", "group", "time", "dropped", "released", "copy", "number", "linked",
                 "fields", "frame", "frame_number", "garbled")

    @property
    def location(self):
        return self.fields.get(DROP_LOCATION, b"").decode()

    def __str__(self):
        flags = [f"group {self.group}", f"copy {self.copy}"]
        flags += [f"number {self.number}"] if self.number else []
        flags += ["by content"] if self.linked == 2 else []
        flags += ["released"] if self.released else []
        return f"{self.place} ({', '.join(flags)}, {self.time % 10**11 / 1000:.1f} us)"


def icmp_kind(frame, offset):
    """The kind of the IP packet at the offset: 0, or that of a packet made from another."""
    version = frame[offset] >> 4
    if version == 4:
        protocol, transport = frame[offset + 9], offset + (frame[offset] & 15) * 4
        if frame[offset + 6] & 0x1F or frame[offset + 7]:
            return 0  # not the first fragment
    elif version == 6:
        protocol, transport = frame[offset + 6], offset + 40
    else:
        return 0
    if protocol == UDP and frame[transport + 2 : transport + 4] == VXLAN_PORT:
        return icmp_kind(frame, transport + VXLAN_HEADERS + 14)
    if protocol not in (ICMP, ICMPV6):
        return 0
    message = protocol, frame[transport]
    return KIND_REPLY if message in ICMP_REPLIES else KIND_ERROR if message in ICMP_ERRORS else 0


def packet_key(body, at):
    """The packet whose mark is there, in the body of a packet block."""
    return icmp_kind(body, 20 + 14) << KIND_SHIFT | int.from_bytes(body[at + 4 : at + 8], "big")


def metadata_of(body, caplen):
    """A packet block's record. Its length is that of the option around it, less the enterprise
    number; searching for it is faster than reading the options."""
    at = body.find(b"PKMN", 20 + caplen)
    return Record(body[at : at - 4 + int.from_bytes(body[at - 6 : at - 4], "little")])


def control_packet(body, ip=20 + 14):
    """The identity of a TCP packet without data, wherever it is observed, and whatever address and
    port it has there; None if it has none. A reset has no number of its own."""
    if body[ip - 2 : ip] != b"\x08\x00" or body[ip] != 0x45:
        return None
    transport = ip + 20
    if body[ip + 9] == UDP and body[transport + 2 : transport + 4] == VXLAN_PORT:
        return control_packet(body, transport + VXLAN_HEADERS + 14)
    if body[ip + 9] != TCP or body[transport + 13] & RST:
        return None
    if int.from_bytes(body[ip + 2 : ip + 4], "big") != 20 + (body[transport + 12] >> 4) * 4:
        return None
    return body[ip + 4 : ip + 6] + body[transport + 4 : transport + 12] + body[transport + 13 : transport + 14]


def refused(seen):
    """Whether TCP refuses a packet without data: old, late, outside its window, or of a connection
    that it has forgotten. That may happen to any stream, and the drop is true."""
    numbered = seen.key is not None and seen.key >> KIND_SHIFT != KIND_CONTROL
    reason = seen.place.split()[-1]
    late = reason == "NO_SOCKET" and seen.location.startswith(("tcp_v4_rcv", "tcp_v6_rcv"))
    return not numbered and (late or reason.startswith("TCP_"))


def describe(key):
    if key is None:
        return "a packet without a number"
    if key >> KIND_SHIFT == KIND_CONTROL:
        return "a TCP packet without data"
    kind = {0: "", KIND_REPLY: "reply to ", KIND_ERROR: "error about "}[key >> KIND_SHIFT]
    number = key & (1 << KIND_SHIFT) - 1
    return f"{kind}packet {number >> CLASS_SHIFT}/{number & (1 << CLASS_SHIFT) - 1}"


class Capture:
    """The packet records of a file."""

    def __init__(self, data, prefix):
        self.prefix = prefix
        self.names, self.places, self.controls = {}, {}, {}
        self.counted_drops = {}  # received packets, by the component's id
        self.lost = 0
        self.warnings = []  # texts of the capture
        self.frames = 0
        self.data = data

    def place(self, parts):
        component, edge, direction, reason = parts
        name = self.names.get(component, f"component {component}").removeprefix(self.prefix)
        words = [name, EDGES.get(edge or 0, str(edge)), DIRECTIONS[direction or 0]]
        if reason:
            words.append(reason.decode())
        self.places[parts] = " ".join(words)
        return self.places[parts]

    def appearance(self, fields, body, caplen):
        seen = Appearance()
        get = fields.get
        at = body.find(MAGIC, 20, 20 + caplen)
        seen.key = packet_key(body, at) if at >= 0 else self.control_key(body)
        parts = get(COMPONENT), get(EDGE), get(DIRECTION), get(DROP_REASON)
        seen.place = self.places.get(parts) or self.place(parts)
        seen.group = get(GROUP, 0)
        seen.time = int.from_bytes(body[4:8], "little") << 32 | int.from_bytes(body[8:12], "little")
        seen.dropped = bool(get(DROPPED))
        seen.released = bool(get(COPY_RELEASED))
        seen.copy = get(COPY, 0)
        seen.number = get(PACKET_NUMBER, 0)
        seen.linked = get(LINKED, 0)
        seen.fields = fields
        seen.frame_number = self.frames
        seen.garbled = at >= 0 and body[32:34] not in ETHERTYPES
        seen.frame = body[20 : 20 + caplen] if seen.dropped or seen.garbled else b""
        self.lost += get(LOST, 0)
        return seen

    def control_key(self, body):
        packet = control_packet(body)
        if packet is None:
            return None
        return KIND_CONTROL << KIND_SHIFT | self.controls.setdefault(packet, len(self.controls))

    def appearances(self):
        for kind, body in blocks(self.data):
            self.frames += kind in (CUSTOM, PACKET)
            if kind == CUSTOM:
                self.describe(Record(body[4:]))
            if kind != PACKET:
                continue
            caplen = int.from_bytes(body[12:16], "little")
            record = metadata_of(body, caplen)
            if record.kind == RECORD_PACKET:
                yield self.appearance(record.fields, body, caplen)
            else:
                self.describe(record)

    def component_names(self):
        """All components that the file describes, by id."""
        for _ in self.appearances():
            pass
        return self.names

    def describe(self, record):
        if record.fields.get(EVENT_LEVEL, WARNING + 1) <= WARNING:
            self.warnings.append(record.fields[EVENT_MESSAGE].decode())
        if record.kind == RECORD_COMPONENT:
            self.names[record.get(COMPONENT)] = record.fields.get(COMPONENT_NAME, b"").decode()
        if record.kind == RECORD_COUNTERS and DROPS_IN in record.fields:
            self.counted_drops[record.get(COMPONENT)] = record.get(DROPS_IN)


def is_drop(place):
    return len(place.split()) > 3


class Class:
    """A class of packets, and the truth about them."""

    def __init__(self, line):
        _, number, count, self.fate, *words = line.split()
        kind = {"reply": KIND_REPLY, "error": KIND_ERROR}.get(number.partition("-")[2], 0)
        self.number = kind << KIND_SHIFT - CLASS_SHIFT | int(number.partition("-")[0])
        self.count = int(count)
        self.any_order = "in-any-order" in words
        self.places = []

    def add(self, line):
        place, _, times = line.partition(" *")
        self.places += [place.strip()] * int(times or 1)

    def finish(self, points):
        if points == "devices":
            self.places = [p for p in self.places if is_drop(p)
                           or p.split()[1] not in STACK_ALONE]
        self.drops = collections.Counter(p for p in self.places if is_drop(p))
        self.expected_drops = sum(self.drops.values()) if self.places else self.fate == "dropped"
        self.sorted = sorted(self.places)
        self.aliases = {}
        for place in self.drops:
            where, _, reasons = place.rpartition(" ")
            self.aliases.update({f"{where} {reason}": place for reason in reasons.split("|")})

    def fits(self, places):
        if self.any_order:
            return sorted(places) == self.sorted
        return places == self.places


def read_strays(path):
    """The places where the network itself drops packets without a number, each as a line "stray
    PLACE"."""
    with open(path, encoding="ascii") as file:
        return {line.strip().removeprefix("stray ") for line in file if line.startswith("stray ")}


def read_drop_counts(path):
    """What the kernel counts at a component, by its name: the number, and the words for it."""
    with open(path, encoding="ascii") as file:
        lines = [line.split(None, 3)[1:] for line in file if line.startswith("drops ")]
    return {component: (int(number), words.strip()) for component, number, words in lines}


def is_sealed(path):
    with open(path, encoding="ascii") as file:
        return "sealed\n" in file


def unsealed(appearances):
    """Gives packets without a number that of their group."""
    appearances, numbers = list(appearances), {}
    for seen in appearances:
        if seen.key is not None:
            numbers.setdefault(seen.group, seen.key)
    for seen in appearances:
        if seen.key is None:
            seen.key = numbers.get(seen.group)
    return appearances


def read_truth(path, points):
    classes = {}
    with open(path, encoding="ascii") as file:
        for line in file.read().splitlines():
            if line.startswith("class "):
                current = Class(line)
                classes[current.number] = current
            elif line.strip() and not line.startswith(("lost ", "stray ", "drops ", "sealed")):
                current.add(line.strip())
    for truth in classes.values():
        truth.finish(points)
    return classes


def held(seen, entered):
    """Whether it is shown only because the hook held the packet for long."""
    return (seen.place.endswith(" Out")
            and seen.time - entered.get(seen.place.removesuffix("Out"), seen.time) >= HELD_NS)


def journey(appearances, truth):
    """The places of a packet; ends of copies are not places."""
    places, entered = [], {}
    for seen in appearances:
        if seen.released or held(seen, entered) and seen.place not in truth.places:
            continue
        if seen.place.endswith(" In"):
            entered[seen.place.removesuffix("In")] = seen.time
        places.append(truth.aliases.get(seen.place, seen.place))
    return places


class Checker:
    def __init__(self, classes, strays=()):
        self.classes = classes
        self.strays = strays
        self.packets = collections.defaultdict(list)
        self.groups = collections.defaultdict(list)
        self.stray_drops = []
        self.captured_drops = collections.Counter()  # by the component's name
        self.garbled = 0
        self.faults = collections.defaultdict(list)

    def add(self, seen):
        if seen.garbled:
            self.garbled += 1
            self.fault("no link header", f"{describe(seen.key)} at {seen}", seen.frame.hex())
        if seen.dropped:
            self.captured_drops[seen.place.split()[0]] += 1
        if seen.key is None and seen.dropped:
            self.stray_drops.append(seen)
        if seen.key is not None:
            self.packets[seen.key].append(seen)
        if not self.groups[seen.group] or self.groups[seen.group][-1].key != seen.key:
            self.groups[seen.group].append(seen)

    def truth_of(self, key):
        return self.classes.get(key >> CLASS_SHIFT)

    def fault(self, kind, *lines):
        self.faults[kind].append(lines)

    def precision(self):
        """Groups that hold one numbered packet and nothing else."""
        good = total = 0
        for group, changes in self.groups.items():
            keys = {seen.key for seen in changes}
            if keys == {None}:
                continue
            total += 1
            if len(keys) == 1 and group != 0:
                good += 1
            else:
                self.fault("group of several packets", f"group {group}",
                           *(f"{describe(seen.key)} at {seen}" for seen in changes[:4]))
        return good, total

    def recall(self):
        good = 0
        for key, appearances in self.packets.items():
            if len({seen.group for seen in appearances}) == 1:
                good += 1
            else:
                self.fault("packet of several groups", describe(key), *appearances)
        return good, len(self.packets)

    def journeys(self):
        good = total = 0
        for key, appearances in self.packets.items():
            truth = self.truth_of(key)
            if truth is None or not truth.places:
                continue
            total += 1
            places = journey(appearances, truth)
            if truth.fits(places):
                good += 1
            else:
                self.fault("another journey", describe(key), *self.difference(truth, appearances))
        return good, total

    def difference(self, truth, appearances):
        if truth.any_order:
            got = collections.Counter(seen.place for seen in appearances if not seen.released)
            wanted = collections.Counter(truth.places)
            yield "missing: " + ", ".join((wanted - got).elements())
            yield "too many: " + ", ".join((got - wanted).elements())
        else:
            yield "expected:"
            yield from truth.places
        yield "got:"
        yield from appearances

    def unseen(self):
        count = 0
        for number, truth in self.classes.items():
            seen = sum(1 for key in self.packets if key >> CLASS_SHIFT == number)
            if truth.count and seen != truth.count:
                count += abs(truth.count - seen)
                self.fault("packets unseen", f"class {number}: {seen} of {truth.count}")
        return count

    def false_strays(self):
        """Drops of packets without a number that the test did not cause."""
        false = [seen for seen in self.stray_drops
                 if not refused(seen) and seen.place not in self.strays]
        for seen in false:
            self.fault("false drop", f"{describe(None)} at {seen} at {seen.location}",
                       seen.frame[:80].hex())
        return len(false)

    def drops(self):
        """False drops and missed ones. A drop is expected if the class has that very place."""
        false, missed = self.false_strays(), 0
        for key, appearances in self.packets.items():
            truth = self.truth_of(key)
            if truth and truth.fate == "any":
                continue
            expected = truth.expected_drops if truth else 0
            dropped = [seen for seen in appearances if seen.dropped and not refused(seen)]
            false += max(0, len(dropped) - expected)
            missed += max(0, expected - len(dropped))
            if len(dropped) > expected:
                self.fault("false drop", describe(key), *(f"{s} at {s.location}" for s in dropped))
            elif len(dropped) < expected:
                self.fault("missed drop", describe(key), *appearances)
        return false, missed


def block_bytes(kind, body):
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def write_sample(data, checker, path):
    """Writes the whole groups of some packets, and all descriptions."""
    wanted = {seen.group for key, appearances in checker.packets.items()
              if key % SAMPLE_STEP == 1 % SAMPLE_STEP and checker.truth_of(key)
              for seen in appearances}
    with open(path, "wb") as file:
        for kind, body in blocks(data):
            if kind == PACKET:
                caplen = struct.unpack_from("<I", body, 12)[0]
                record = metadata_of(body, caplen)
                if record.kind == RECORD_PACKET and record.get(GROUP) not in wanted:
                    continue
            file.write(block_bytes(kind, body))


def check_drop_counts(checker, capture, path):
    """Prints those of the kernel beside those of the capture as figures. Returns how many differ."""
    wrong = 0
    names = {name.removeprefix(capture.prefix): number for number, name in capture.names.items()}
    for component, (number, words) in read_drop_counts(path).items():
        captured = checker.captured_drops[component]
        counted = capture.counted_drops.get(names.get(component), 0)
        counter, _, case = words.partition(": ")
        print("case", case, counter, number, captured, sep="\t")
        if {captured, counted} != {number}:
            wrong += 1
            checker.fault("drops", f"{component}: {number} by the kernel ({counter}), {captured} in the "
                          f"capture, {counted} by its counters")
    return wrong


def share(part):
    good, total = part
    return f"{good / total:.6f}".rstrip("0").rstrip(".") if total else "-"


def report(checker, capture, packets, truth_path=os.devnull):
    false, missed = checker.drops()
    figures = {"packets": packets, "unseen": checker.unseen(),
               "precision": share(checker.precision()), "recall": share(checker.recall()),
               "journeys": share(checker.journeys()), "false": false, "missed": missed,
               "garbled": checker.garbled, "lost": capture.lost}
    if read_drop_counts(truth_path):
        figures["counts"] = check_drop_counts(checker, capture, truth_path)
    for name, value in figures.items():
        print(name, value)
    print()
    if capture.warnings:
        print("the capture says:", *dict.fromkeys(capture.warnings), sep="\n    ")
    for kind, faults in checker.faults.items():
        for lines in faults[:MAX_FAULTS]:
            print(f"{kind}:", *lines, sep="\n    ")
        print(f"  ({len(faults)} in all: {kind})")


def main():
    gc.disable()  # there is no garbage before the end
    path, truth_path, prefix, points, *sample = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()
    checker = Checker(read_truth(truth_path, points), read_strays(truth_path))
    capture = Capture(data, prefix)
    appearances = capture.appearances()
    for seen in unsealed(appearances) if is_sealed(truth_path) else appearances:
        checker.add(seen)
    report(checker, capture, len(checker.packets), truth_path)
    if sample and points == "stack":
        write_sample(data, checker, sample[0])


if __name__ == "__main__":
    main()
