#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_crowd.py FILE KIND: one metadata block of 800 KB, full of fields as small as can be.

KIND: unknown (fields of a type that nobody knows), properties, or flags.
"""
import struct
import sys

from dissector_pcapng import ENTERPRISE, HEADER_SIZE, MAGIC, block, interface, packet, section

SIZE = 800_000
CUSTOM_BLOCK = 0x0BAD
EVENT = 6
FIELDS = {
    "unknown": struct.pack("<HH", 4000, 0),
    "properties": struct.pack("<HH", 7, 0) + struct.pack("<HH", 8, 0),
    "flags": struct.pack("<HHB", 20, 1, 1),
}


def main(path, kind):
    head = MAGIC + bytes([1, EVENT, 0, 0])
    count = (SIZE - HEADER_SIZE) // len(FIELDS[kind])
    record = head + FIELDS[kind] * count
    record += bytes(-len(record) % 4)
    with open(path, "wb") as file:
        file.write(section() + interface("@pktmon"))
        file.write(packet(0, 1, bytes(64), head))
        file.write(block(CUSTOM_BLOCK, ENTERPRISE + record))
    print(count * (2 if kind == "properties" else 1))


main(*sys.argv[1:])
