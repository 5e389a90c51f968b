#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Extracts one network from a capture of several.

part.py CAPTURE PREFIX FROM TO OUTPUT

Copies the packets between two times (nanoseconds) and all descriptions, without records in the
namespaces of other networks: those that begin with the part of PREFIX before its first "-", but not
with PREFIX.
"""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/live")
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/live/groundtruth")
from check import COMPONENT, PACKET, RECORD_PACKET, Capture, block_bytes, blocks, metadata_of


def main():
    path, prefix, start, end, output = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()
    capture = Capture(data, prefix)
    names = capture.component_names()
    others = prefix.split("-")[0] + "-"
    with open(output, "wb") as file:
        for kind, body in blocks(data):
            if kind == PACKET:
                record = metadata_of(body, int.from_bytes(body[12:16], "little"))
                time = int.from_bytes(body[4:8], "little") << 32 | int.from_bytes(body[8:12], "little")
                name = names.get(record.get(COMPONENT), "")
                if record.kind == RECORD_PACKET and not (
                        int(start) <= time <= int(end)
                        and (name.startswith(prefix) or not name.startswith(others))):
                    continue
            file.write(block_bytes(kind, body))


if __name__ == "__main__":
    main()
