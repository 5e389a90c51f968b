# SPDX-License-Identifier: GPL-2.0-or-later
"""An ordinary user's namespace with a device whose index was chosen with intent. Inside it (unshare
-Urn): makes the device, prints its index, and sends a packet over it for each line of its input.

The index is the one that a fixed hash of namespace and index, formerly used for ids, turns into the
highest number that exists."""

import socket
import subprocess
import sys

SO_NETNS_COOKIE = 71
MULTIPLIER = 0x9E3779B97F4A7C15
MODULUS = 1 << 64
INDEXES = 0x7FFFFFFF
HIGHEST = 0x7FFFFFFF << 33  # the upper 31 bits are the hash


def first_multiple(factor, modulus, low, high):
    """The smallest x with low <= factor * x % modulus <= high; -1: there is none."""
    if low == 0:
        return 0
    if factor == 0:
        return -1
    x = -(-low // factor)
    if factor * x <= high:
        return x
    rounds = first_multiple(modulus % factor, factor, -high % factor, -low % factor)
    return -1 if rounds < 0 else -(-(low + modulus * rounds) // factor)


def chosen_index(cookie):
    """0: the namespace has no such index."""
    base = (cookie << 20) & ~INDEXES
    start = MULTIPLIER * base % MODULUS
    low, high = (HIGHEST - start) % MODULUS, (MODULUS - 1 - start) % MODULUS
    number = 0 if low > high else first_multiple(MULTIPLIER, MODULUS, low, high)
    if not 0 <= number <= INDEXES:
        return 0
    return (base + number) ^ (cookie << 20)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def main():
    with socket.socket() as control:
        cookie = int.from_bytes(control.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)
    index = chosen_index(cookie)
    if index < 4096:
        print(0, flush=True)
        return
    ip("link", "add", "index", str(index), "name", "chosen", "type", "veth", "peer", "name", "other")
    ip("link", "set", "chosen", "up")
    ip("link", "set", "other", "up")
    print(index, flush=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("chosen", 0))
        for _ in sys.stdin:
            sender.send(bytes(12) + b"\x88\xb6" + bytes(46))
            print("sent", flush=True)


main()
