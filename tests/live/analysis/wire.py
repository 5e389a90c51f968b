#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fragments as they come from outside: wire.py DEVICE MAC SOURCE DESTINATION SOURCE6 DESTINATION6

Sends datagrams to the echo port of the destinations (hosts.py), cut here and not by the kernel: in
order, out of order, two of them mixed, and some of which a fragment is lost. Fails unless the echoes of
the whole ones come back, and no other.
"""

import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
import traffic  # noqa: E402

ECHO_PORT, SOURCE_PORT = 7, 40007
SIZE, PIECE = 4000, 1400  # bytes: three fragments; a multiple of eight
MORE, IPV6_FRAGMENT, HOP_LIMIT = 0x2000, 44, 64
PAUSE = 0.02
# The order of the fragments of one datagram.
WHOLE = ((0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1))
INCOMPLETE = ((0, 2), (0, 1), (1, 2))


def udp(family, source, destination, payload):
    length = 8 + len(payload)
    header = struct.pack("!HHH", SOURCE_PORT, ECHO_PORT, length)
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    pseudo = addresses + struct.pack("!IHH", length, 0, traffic.PROTOCOL_UDP)
    return header + struct.pack("!H", traffic.checksum(pseudo + header + b"\0\0" + payload)) + payload


def parts(datagram):
    """Offset, bytes, and whether more follow."""
    for offset in range(0, len(datagram), PIECE):
        yield offset, datagram[offset:offset + PIECE], offset + PIECE < len(datagram)


def fragments4(source, destination, number, payload):
    for offset, piece, more in parts(udp(socket.AF_INET, source, destination, payload)):
        yield struct.pack("!H", traffic.ETHERTYPE_IPV4) + traffic.ipv4(
            source, destination, traffic.PROTOCOL_UDP, piece, number, offset // 8 | (MORE if more else 0))


def fragments6(source, destination, number, payload):
    for offset, piece, more in parts(udp(socket.AF_INET6, source, destination, payload)):
        yield struct.pack("!HIHBB", traffic.ETHERTYPE_IPV6, 6 << 28, 8 + len(piece), IPV6_FRAGMENT,
                          HOP_LIMIT) + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(
                              socket.AF_INET6, destination) + struct.pack(
                                  "!BBHI", traffic.PROTOCOL_UDP, 0, offset | more, number) + piece


def echoes(receiver):
    receiver.settimeout(1)
    got = []
    while True:
        try:
            got.append(receiver.recv(65536))
        except TimeoutError:
            return got


def send_all(raw, link, fragments, source, destination):
    """Returns what should come back."""
    wanted = []
    number = 1000

    def make():
        nonlocal number
        number += 1
        payload = random.Random(number).randbytes(SIZE)
        return payload, list(fragments(source, destination, number, payload))

    for order in WHOLE + INCOMPLETE:
        payload, pieces = make()
        for index in order:
            raw.send(link + pieces[index])
        if order in WHOLE:
            wanted.append(payload)
        time.sleep(PAUSE)
    mixed = make(), make()
    for index in range(3):
        for _, pieces in mixed:
            raw.send(link + pieces[index])
    return wanted + [payload for payload, _ in mixed]


def main(device, station, *addresses):
    link = traffic.mac(station) + traffic.mac_of(device)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for family, fragments, (source, destination) in (
                (socket.AF_INET, fragments4, addresses[:2]), (socket.AF_INET6, fragments6, addresses[2:])):
            with socket.socket(family, socket.SOCK_DGRAM) as receiver:
                receiver.bind((source, SOURCE_PORT))
                if send_all(raw, link, fragments, source, destination) != echoes(receiver):
                    sys.exit(f"the echoes of {destination} are others")


if __name__ == "__main__":
    main(*sys.argv[1:])
