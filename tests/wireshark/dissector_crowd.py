#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_crowd.py FILE KIND: writes one metadata block of 800 KB, full of fields of minimum size.

KIND: unknown (fields of an unknown type), properties, or flags.
"""
import pathlib
import struct
import sys

from dissector_pcapng import ENTERPRISE, HEADER_SIZE, MAGIC, block, interface, packet, section

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from vocabulary import FIELDS, RECORDS

SIZE = 800_000
CUSTOM_BLOCK = 0x0BAD
SMALLEST = {
    "unknown": struct.pack("<HH", 4000, 0),
    "properties": struct.pack("<HHHH", FIELDS["PROPERTY_NAME"], 0, FIELDS["PROPERTY_VALUE"], 0),
    "flags": struct.pack("<HHB", FIELDS["DROPPED"], 1, 1),
}


def main(path, kind):
    head = MAGIC + bytes([1, RECORDS["EVENT"], 0, 0])
    count = (SIZE - HEADER_SIZE) // len(SMALLEST[kind])
    record = head + SMALLEST[kind] * count
    record += bytes(-len(record) % 4)
    with open(path, "wb") as file:
        file.write(section() + interface("@pktmon"))
        file.write(packet(0, 1, bytes(64), head))
        file.write(block(CUSTOM_BLOCK, ENTERPRISE + record))
    print(count * (2 if kind == "properties" else 1))


main(*sys.argv[1:])
