# SPDX-License-Identifier: GPL-2.0-or-later
"""Actions of an ordinary user in a namespace of his own (unshare -Urn) that must not affect others.

    outsider.py ethertypes COUNT     frames of COUNT Ethertypes, each of which is dropped
    outsider.py devices COUNT        COUNT devices, each of which sends and receives a frame; then each
                                     receives a packet that is dropped without a reason
    outsider.py stacks SECONDS       for SECONDS, packets that are dropped without a reason in
                                     interrupts, during any activity of his programs
    outsider.py namespaces COUNT     COUNT namespaces, one after the other; run outside of any

Prints "ready" and waits for a line before it begins, prints "done" at the end, and ends after another
line."""

import contextlib
import ctypes
import fcntl
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import steps

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1

HEADER = bytes(12)
BODY_SIZE = 46
BATCH = 200

# IPv6, to a group, and then nothing: each receiver drops it without a reason.
WITHOUT_REASON = (bytes.fromhex("333300001234 020000000002 86dd 60000000 0000 3b ff") +
                  socket.inet_pton(socket.AF_INET6, "fe80::aaaa") +
                  socket.inet_pton(socket.AF_INET6, "ff0e::1234"))


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], check=True, input="\n".join(lines).encode())


def frame(ethertype, number=0):
    """No two addresses are alike."""
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
            for i in pairs:
                sender.sendto(WITHOUT_REASON, (f"a{i}", 0))
    yield


def call_the_kernel():
    """Calls it through as many call paths as there are."""
    one, other = socket.socketpair()
    names = os.listdir("/proc/self")
    for number in range(1 << 30):
        with contextlib.suppress(OSError), open(f"/proc/self/{names[number % len(names)]}", "rb") as file:
            file.read(2000)
        with tempfile.TemporaryFile() as file:
            file.write(bytes(3000))
        with mmap.mmap(-1, 65536) as memory:
            memory[0] = memory[9000] = 1
        one.send(b"x")
        other.recv(1)
        os.listdir("/proc/self/fd")
        if number % 20 == 0:
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)


def stacks(seconds):
    """A queue's timer sends them one by one."""
    os.sched_setaffinity(0, {0})
    ip("link add one type veth peer name other", "link set one up", "link set other up")
    subprocess.run("tc qdisc add dev one root tbf rate 2mbit burst 150b limit 1mb".split(), check=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("one", 0))
        yield
        child = os.fork()
        if child == 0:
            call_the_kernel()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sender.send(WITHOUT_REASON)  # it waits while the queue is full
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    yield


def namespace():
    """A short life: a datagram to a closed port, and a frame of an unknown type."""
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


STEPS = {"ethertypes": ethertypes, "devices": devices, "stacks": stacks, "namespaces": namespaces}
steps.lead(STEPS[sys.argv[1]](int(sys.argv[2])))
