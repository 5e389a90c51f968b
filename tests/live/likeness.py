# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of two users that look the same, as far as their content identifies them.

    likeness.py wait          a datagram waits for seconds in the queue of a device of this namespace
    likeness.py tun           a datagram to a closed port comes out of a tun device
    likeness.py send ADDRESS  datagrams of a container go to its host

Prints "ready", waits for a line before it acts, prints "done", and ends after another line."""

import fcntl
import os
import socket
import struct
import subprocess
import sys

import steps
from traffic import ipv4

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
IDENTIFICATION, DONT_FRAGMENT, PORT = 0x1234, 0x4000, 7777
ADDRESS, OTHER_ADDRESS = "10.8.8.1", "10.8.8.2"
SIGNED = {0: b"SIGNATURE-BYTES0", 24: b"AAAA", 48: b"BBBBBBBB"}
FILL = bytes(12) + b"\x88\xb5" + bytes(1400)


def run(*lines):
    subprocess.run(["ip", "-batch", "-"], check=True, input="\n".join(lines).encode())


def packet(source, destination, port, filler):
    """Over IPv4: the filler is not part of any signature."""
    payload = bytearray(filler * 80)
    for at, text in SIGNED.items():
        payload[at : at + len(text)] = text
    datagram = struct.pack("!HHHH", 1111, port, 8 + len(payload), 0) + payload
    return ipv4(source, destination, socket.IPPROTO_UDP, datagram, IDENTIFICATION, DONT_FRAGMENT)


def wait():
    run("link add one type veth peer name other", "link set one up", "link set other up")
    subprocess.run("tc qdisc add dev one root tbf rate 4kbit burst 1600b limit 100k".split(), check=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("one", 0))
        yield
        for frame in (FILL, FILL, bytes(12) + b"\x08\x00" + packet("10.9.9.2", "10.9.9.77", 5555, b"x")):
            sender.send(frame)
        yield


def tun():
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    run(f"address add {ADDRESS}/24 dev tun0", "link set tun0 up")
    yield
    os.write(device, packet(OTHER_ADDRESS, ADDRESS, PORT, b"V"))
    yield


def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        yield
        for number in range(20):
            sender.sendto(f"container {number:03}".encode() + bytes(80), (sys.argv[2], PORT))
        yield


steps.lead({"wait": wait, "tun": tun, "send": send}[sys.argv[1]]())
