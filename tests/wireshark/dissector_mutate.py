#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaks the metadata records of a pcapng file in every place.

dissector_mutate.py INPUT DIRECTORY takes the longest record of each type and writes:

  bytes.pcapng    every byte of the record changed, in several ways
  lengths.pcapng  every field's length made impossible
  cuts.pcapng     the record cut in the middle of a field, at every place
  bare.pcapng     all packets of the input, without their options
  file-N.pcapng   the whole input, changed in a few places: lengths of blocks and options among them

Every packet of lengths and cuts must be reported as malformed; prints how many those are.
"""
import pathlib
import random
import struct
import sys

from dissector_pcapng import (
    FIELD_HEADER_SIZE,
    HEADER_SIZE,
    INTERFACE,
    OPTION_CUSTOM,
    PACKET,
    SECTION,
    blocks,
    fields_of,
    option,
    record_of,
    with_options,
)

LENGTHS = [0, 1, 4, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]
STRING_FIELDS = {3, 4, 5, 7, 8, 10, 22, 24, 28, 29, 30, 44, 45, 46, 47, 48, 49, 50, 51, 54}


def changed_bytes(record):
    for offset, byte in enumerate(record):
        for new in {0, 1, 0x7F, 0x80, 0xFF, byte ^ 1, (byte + 1) & 0xFF} - {byte}:
            yield record[:offset] + bytes([new]) + record[offset + 1 :]


def changed_lengths(record):
    for offset, number, length in fields_of(record):
        wrong = [0xFFFF, len(record) - offset - FIELD_HEADER_SIZE + 1]
        if number not in STRING_FIELDS:
            wrong += [0, length - 1 if length > 1 else 2, length + 1]
        for new in wrong:
            yield record[: offset + 2] + struct.pack("<H", new) + record[offset + 4 :]


def cut_short(record):
    good_ends = {offset for offset, _, _ in fields_of(record)}
    for end in range(HEADER_SIZE, len(record)):
        if end not in good_ends:
            yield record[:end]


def longest_of_each_type(packets):
    found = {}
    for packet in packets:
        enterprise, record = record_of(packet)
        if record and len(record) > len(found.get(record[5], (None, None, b""))[2]):
            found[record[5]] = (packet, enterprise, record)
    return found.values()


def broken(originals, mutate):
    return [
        with_options(packet, option(OPTION_CUSTOM, enterprise + mutant))
        for packet, enterprise, record in originals
        for mutant in mutate(record)
    ]


def changed_files(data, count):
    """Changed bytes, impossible lengths, missing and repeated parts; always the same."""
    chance = random.Random(9)
    for _ in range(count):
        mutant = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data) // 4) * 4
            kind = chance.randrange(4)
            if kind == 0:
                mutant[place] ^= 1 << chance.randrange(8)
            elif kind == 1:
                mutant[place : place + 4] = struct.pack("<I", chance.choice(LENGTHS))
            elif kind == 2:
                del mutant[place : place + chance.randint(1, 64)]
            else:
                mutant[place:place] = mutant[place : place + chance.randint(1, 64)]
        yield bytes(mutant)


def main(source, directory):
    data = list(blocks(pathlib.Path(source).read_bytes()))
    head = [block for kind, block in data if kind in (SECTION, INTERFACE)]
    packets = [block for kind, block in data if kind == PACKET]
    originals = longest_of_each_type(packets)
    if not originals:
        sys.exit(f"{source} has no packet with a metadata record")
    files = {
        "bytes": broken(originals, changed_bytes),
        "lengths": broken(originals, changed_lengths),
        "cuts": broken(originals, cut_short),
        "bare": [with_options(packet, b"") for packet in packets],
    }
    for name, made in files.items():
        pathlib.Path(directory, name + ".pcapng").write_bytes(b"".join(head + made))
    for number, mutant in enumerate(changed_files(pathlib.Path(source).read_bytes(), 12)):
        pathlib.Path(directory, f"file-{number}.pcapng").write_bytes(mutant)
    print(len(files["lengths"]) + len(files["cuts"]))


main(*sys.argv[1:])
