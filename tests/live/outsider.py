# SPDX-License-Identifier: GPL-2.0-or-later
"""What an ordinary user does in a namespace of his own (unshare -Urn) that others must not feel.

    outsider.py ethertypes COUNT     frames of so many Ethertypes, each of which is dropped
    outsider.py devices COUNT        so many devices, each of which sends and receives a frame
    outsider.py namespaces COUNT     so many namespaces, one after the other; from outside of any

Says "ready" and waits for a line before it begins, "done" when it is, and ends after another line."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1

HEADER = bytes(12)
BODY_SIZE = 46
BATCH = 200


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], check=True, input="\n".join(lines).encode())


def frame(ethertype, number=0):
    """No two numbers look the same."""
    return HEADER + ethertype.to_bytes(2, "big") + number.to_bytes(8, "big") + bytes(BODY_SIZE - 8)


def ethertypes(count):
    ip("link add one type veth peer name other", "link set one up", "link set other up")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("one", 0))
        yield
        for number in range(count):
            sender.send(frame(0x9100 + number))
        yield


def devices(count):
    """Made in batches, each with indexes of its own choice."""
    yield
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        for first in range(0, count // 2, BATCH):
            pairs = range(first, min(first + BATCH, count // 2))
            ip(*(f"link add index {900000 + 2 * i} name a{i} up type veth peer index {900001 + 2 * i} "
                 f"name b{i}" for i in pairs), *(f"link set b{i} up" for i in pairs))
            for i in pairs:
                sender.sendto(frame(0x9100, 2 * i), (f"a{i}", 0))
                sender.sendto(frame(0x9100, 2 * i + 1), (f"b{i}", 0))
    yield


def namespace():
    """A short life: a datagram that nobody listens to, and a frame that nobody knows."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        fcntl.ioctl(sender, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
        sender.sendto(b"nobody listens", ("127.0.0.1", 9))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.sendto(frame(0x9100), ("lo", 0))


def namespaces(count):
    yield
    for _ in range(count):
        child = os.fork()
        if child == 0:
            namespace()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise OSError("no namespace of its own")
    yield


def main():
    steps = {"ethertypes": ethertypes, "devices": devices, "namespaces": namespaces}[sys.argv[1]](int(sys.argv[2]))
    for word in ("ready", "done"):
        next(steps)
        os.write(1, word.encode() + b"\n")
        if not sys.stdin.readline():
            return


main()
