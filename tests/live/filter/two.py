#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""two.py CAPTURE PORT COUNT PREFIX: checks that the capture holds the datagrams 0 to COUNT - 1 of
numbered.c to the UDP port at all places that standard input lists, in this order, each once and in a
group of its own, and no other packet. PREFIX is removed from the names of namespaces."""
import collections
import struct
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0])
from pcapng import (COMPONENT, COMPONENT_NAME, CUSTOM, DIRECTION, DIRECTIONS, DROP_REASON, EDGE, EDGES,
                    LOST, PACKET, RECORD_COMPONENT, RECORD_PACKET, Packet, Record, blocks)

GROUP, APPEARANCE = 12, 14
MAGIC = struct.pack("!I", 0xD5B30EA7)
MAX_FAULTS = 10


def main():
    path, port, count, prefix = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    way = sys.stdin.read().splitlines()
    names, journeys, faults = {}, collections.defaultdict(list), []
    with open(path, "rb") as file:
        data = file.read()
    for kind, body in blocks(data):
        record = Record(body[4:]) if kind == CUSTOM else None
        if kind == PACKET:
            packet = Packet(body)
            record = packet.record
        if not record:
            continue
        if record.kind == RECORD_COMPONENT:
            names[record.get(COMPONENT)] = record.get(COMPONENT_NAME).decode().removeprefix(prefix)
        if kind != PACKET or record.kind != RECORD_PACKET:
            continue
        place = (f"{names[record.get(COMPONENT)]} {EDGES[record.get(EDGE)]} "
                 f"{DIRECTIONS[record.get(DIRECTION)]}")
        reason = record.fields.get(DROP_REASON, b"").decode()
        if record.get(LOST):
            faults.append(f"{record.get(LOST)} lost at {place}")
        if place.split()[0].endswith("/netfilter") and place.endswith(" Out"):
            continue  # a hook that held the packet for long
        at = packet.bytes.find(MAGIC)
        if at != 42 or struct.unpack_from("!H", packet.bytes, 36)[0] != port:
            faults.append(f"another packet at {place}: {packet.bytes[:60].hex()}")
            continue
        number = struct.unpack_from("!I", packet.bytes, at + 4)[0]
        journeys[number].append((f"{place} {reason}".rstrip(), record.get(GROUP),
                                 record.get(APPEARANCE)))
    groups = collections.Counter()
    for number in range(count):
        seen = journeys.pop(number, [])
        if [place for place, _, _ in seen] != way:
            faults.append(f"packet {number}: {seen}")
        groups.update({group for _, group, _ in seen})
        if len({group for _, group, _ in seen}) > 1:
            faults.append(f"packet {number} is in several groups")
    faults += [f"packet {number} was not sent" for number in journeys]
    faults += [f"group {group} is of {packets} packets" for group, packets in groups.items()
               if packets > 1]
    for fault in faults[:MAX_FAULTS]:
        print(fault, file=sys.stderr)
    print(f"{count} packets, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
