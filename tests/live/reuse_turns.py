#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two ends that take turns, as fast as possible.

reuse_turns.py ask|answer udp|tcp ADDRESS PORT CLASS COUNT

Each message is a packet of its own and has the marks of numbered.c: its class, and its number. The end
that answers prints "ready", and ends after COUNT messages.
"""
import os
import socket
import struct
import sys

MAGIC, CLASS_SHIFT, MARKS = 0xD5B30EA7, 24, 8
MESSAGE_SIZE = 8 * MARKS
SECONDS = 20  # without a message
KINDS = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}


def message(packet_class, number):
    return struct.pack("!II", MAGIC, packet_class << CLASS_SHIFT | number) * MARKS


def number_of(data):
    if len(data) != MESSAGE_SIZE:
        sys.exit(f"a message of {len(data)} bytes")
    return int.from_bytes(data[4:8], "big") & (1 << CLASS_SHIFT) - 1


def open_end(kind):
    end = socket.socket(socket.AF_INET, KINDS[kind])
    end.settimeout(SECONDS)
    if kind == "tcp":
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end


def ask(kind, address, packet_class, count):
    with open_end(kind) as end:
        end.connect(address)
        for number in range(count):
            end.send(message(packet_class, number))
            if number_of(end.recv(MESSAGE_SIZE)) != number:
                sys.exit(f"not the answer to message {number}")


def answer_from(end, first, packet_class, count):
    """The first message identified the peer."""
    data = first
    for number in range(count):
        end.send(message(packet_class, number_of(data)))
        if number + 1 < count:
            data = end.recv(MESSAGE_SIZE)


def answer(kind, address, packet_class, count):
    with open_end(kind) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        end.bind(address)
        if kind == "tcp":
            end.listen()
        print("ready", flush=True)
        if kind == "udp":
            first, peer = end.recvfrom(MESSAGE_SIZE)
            end.connect(peer)
            answer_from(end, first, packet_class, count)
            return
        connection, _ = end.accept()
        with connection:
            connection.settimeout(SECONDS)
            answer_from(connection, connection.recv(MESSAGE_SIZE), packet_class, count)
            connection.recv(1)  # the other end closes first


def stay_on_one_processor():
    """Memory freed on another processor is given back to that one, and that end is visible."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main():
    stay_on_one_processor()
    command, kind, address, port, packet_class, count = sys.argv[1:]
    run = {"ask": ask, "answer": answer}[command]
    run(kind, (address, int(port)), int(packet_class), int(count))


if __name__ == "__main__":
    main()
