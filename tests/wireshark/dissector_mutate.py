#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaks the metadata records of a pcapng file in every place.

dissector_mutate.py INPUT DIRECTORY writes, from the longest record of each type:

  bytes.pcapng    every byte of the record changed, in several ways
  lengths.pcapng  every field's length made impossible
  cuts.pcapng     the record cut in the middle of a field, at every place

Every packet of the last two must be reported as malformed; prints how many those are.
"""
import pathlib
import struct
import sys

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
OPTION_CUSTOM = 2989
MAGIC = b"PKMN"
HEADER_SIZE = 8
FIELD_HEADER_SIZE = 4
STRING_FIELDS = {3, 4, 5, 7, 8, 10, 22, 24, 28, 29, 30, 44, 45, 46, 47, 48, 49, 50, 51, 54}


def aligned(length):
    return length + -length % 4


def padded(data):
    return data.ljust(aligned(len(data)), b"\0")


def blocks(data):
    offset = 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        yield kind, data[offset : offset + length]
        offset += length


def options(body):
    """Code and value of each option of a packet block."""
    offset = 28 + aligned(struct.unpack_from("<I", body, 20)[0])
    while True:
        code, length = struct.unpack_from("<HH", body, offset)
        if code == 0:
            return
        yield code, body[offset + 4 : offset + 4 + length]
        offset += 4 + aligned(length)


def record_of(block):
    """Enterprise number and record of a packet block, or (None, None)."""
    for code, value in options(block):
        if code == OPTION_CUSTOM and value[4:8] == MAGIC:
            return value[:4], value[4:]
    return None, None


def with_record(block, enterprise, record):
    """The packet block with this record as its only option."""
    size = struct.unpack_from("<I", block, 20)[0]
    value = enterprise + record
    body = block[8 : 28 + aligned(size)]
    body += struct.pack("<HH", OPTION_CUSTOM, len(value)) + padded(value) + bytes(4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", PACKET) + length + body + length


def fields(record):
    """Offset, type and length of each field."""
    offset = HEADER_SIZE
    while offset < len(record):
        kind, length = struct.unpack_from("<HH", record, offset)
        yield offset, kind, length
        offset += FIELD_HEADER_SIZE + length


def changed_bytes(record):
    for offset, byte in enumerate(record):
        for new in {0, 1, 0x7F, 0x80, 0xFF, byte ^ 1, (byte + 1) & 0xFF} - {byte}:
            yield record[:offset] + bytes([new]) + record[offset + 1 :]


def changed_lengths(record):
    for offset, kind, length in fields(record):
        wrong = [0xFFFF, len(record) - offset - FIELD_HEADER_SIZE + 1]
        if kind not in STRING_FIELDS:
            wrong += [0, length - 1 if length > 1 else 2, length + 1]
        for new in wrong:
            yield record[: offset + 2] + struct.pack("<H", new) + record[offset + 4 :]


def cut_short(record):
    ends = {offset for offset, _, _ in fields(record)} | {len(record)}
    for end in range(HEADER_SIZE, len(record)):
        if end not in ends:
            yield record[:end]


def longest_of_each_type(packets):
    found = {}
    for block in packets:
        enterprise, record = record_of(block)
        if record:
            longest = found.get(record[5])
            if not longest or len(record) > len(longest[2]):
                found[record[5]] = (block, enterprise, record)
    return found.values()


def main(source, directory):
    data = list(blocks(pathlib.Path(source).read_bytes()))
    head = b"".join(block for kind, block in data if kind in (SECTION, INTERFACE))
    records = longest_of_each_type(block for kind, block in data if kind == PACKET)
    if not records:
        sys.exit(f"{source} has no packet block with a metadata record")
    malformed = 0
    for name, mutate in (
        ("bytes", changed_bytes),
        ("lengths", changed_lengths),
        ("cuts", cut_short),
    ):
        made = [with_record(b, e, m) for b, e, r in records for m in mutate(r)]
        pathlib.Path(directory, name + ".pcapng").write_bytes(head + b"".join(made))
        malformed += 0 if name == "bytes" else len(made)
    print(malformed)


main(*sys.argv[1:])
