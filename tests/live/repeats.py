#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture keeps of packets that it observes more than once.

repeats.py stream FILE PORT   prints how many bytes of a TCP transfer to the port (the pattern of
                              traffic.py) the bytes of the frames have, without a gap; "and not the
                              pattern" if they are wrong
repeats.py pieces FILE LEAST  prints, for packets of at least LEAST bytes, how many pieces there are
                              (group and packet number), how many of these no frame has whole, how
                              many frames have a whole packet, and the longest other frame
"""
import collections
import sys

from pcapng import PACKET, Packet, blocks
from traffic import pattern

from vocabulary import FIELDS, RECORDS, numbers

GROUP, NUMBER = numbers(FIELDS, "GROUP PACKET_NUMBER")
(RECORD_PACKET,) = numbers(RECORDS, "PACKET")
TCP, SYN = 6, 2


def packets(path):
    with open(path, "rb") as file:
        data = file.read()
    for kind, body in blocks(data):
        if kind == PACKET:
            packet = Packet(body)
            if packet.record and packet.record.kind == RECORD_PACKET:
                yield packet


def segments(path, port):
    """Sequence number, flags and bytes of each segment."""
    for packet in packets(path):
        frame = packet.bytes
        if frame[12:14] != b"\x08\x00" or frame[23] != TCP:
            continue
        transport = 14 + (frame[14] & 15) * 4
        if int.from_bytes(frame[transport + 2 : transport + 4], "big") != port:
            continue
        begin = transport + (frame[transport + 12] >> 4) * 4
        yield int.from_bytes(frame[transport + 4 : transport + 8], "big"), frame[transport + 13], frame[begin:]


def stream(path, port):
    first, parts = None, []
    for sequence, flags, data in segments(path, int(port)):
        if flags & SYN:
            first = sequence + 1
        elif data:
            parts.append(((sequence - first) % 2**32, data))
    wanted = pattern(max(start + len(data) for start, data in parts))
    end, wrong = 0, ""
    for start, data in sorted(parts, key=lambda part: part[0]):
        if data != wanted[start : start + len(data)]:
            wrong = ", and not the pattern"
        if start <= end:
            end = max(end, start + len(data))
    return f"{end} bytes{wrong}"


def pieces(path, least):
    whole, longest = collections.Counter(), 0
    for packet in packets(path):
        if packet.length < int(least):
            continue
        piece = packet.record.get(GROUP), packet.record.get(NUMBER)
        is_whole = len(packet.bytes) == packet.length
        whole[piece] += is_whole
        if not is_whole:
            longest = max(longest, len(packet.bytes))
    return (f"{len(whole)} pieces, {list(whole.values()).count(0)} of them not whole, "
            f"{sum(whole.values())} whole frames, others of {longest} bytes")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print({"stream": stream, "pieces": pieces}[command](*arguments))
