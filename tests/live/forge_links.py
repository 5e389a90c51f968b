# SPDX-License-Identifier: GPL-2.0-or-later
"""Forged rtnetlink messages of an unrelated user, as if they came from the kernel.

    forge_links.py multicast GO DONE   in a namespace of its own: waits for the file GO, then announces
                                       devices and namespaces to all listeners, and makes DONE
    forge_links.py unicast PORT ...    the same to these ports
    forge_links.py strangers SECONDS   makes namespaces, so that the kernel itself announces their ids
    forge_links.py scans SECONDS PID ...   prints how often these walk through all processes
"""

import ctypes
import os
import select
import socket
import struct
import sys
import time

RTM_NEWLINK, RTM_DELLINK, RTM_NEWNSID, RTM_DELNSID = 16, 17, 88, 89
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_INFO_KIND = 1, 3, 4, 18, 1
NETNSA_NSID, NETNSA_PID = 1, 2
NLM_F_REQUEST, NLM_F_ACK = 1, 4
GROUP_LINK, GROUP_NSID = 1, 1 << 27
CLONE_NEWNET = 0x40000000
FORGED = 1000  # devices
libc = ctypes.CDLL(None, use_errno=True)


def attribute(kind, payload, length=None):
    """One attribute, whose length may be false."""
    data = struct.pack("=HH", len(payload) + 4 if length is None else length, kind) + payload
    return data + bytes(-len(data) % 4)


def message(kind, payload, length=None, flags=0, sequence=0, port=0):
    return struct.pack("=IHHII", len(payload) + 16 if length is None else length, kind, flags,
                       sequence, port) + payload


def link(index, name, more=b""):
    return (struct.pack("=BxHiII", 0, 1, index, 0x1043, 0) + attribute(IFLA_IFNAME, name) +
            attribute(IFLA_ADDRESS, b"\x02forge") + attribute(IFLA_MTU, struct.pack("=I", 1500)) + more)


def malformed():
    """Messages that end before their announced content, each a whole datagram."""
    kind = attribute(IFLA_INFO_KIND, b"x" * 40)  # the string has no end
    yield message(RTM_NEWLINK, b"")
    yield message(RTM_NEWLINK, b"\0" * 3)
    yield message(RTM_DELLINK, b"")
    yield message(RTM_NEWNSID, b"")
    yield message(RTM_DELNSID, b"")
    yield message(RTM_NEWLINK, link(900001, b"forged-no-end"))
    yield message(RTM_NEWLINK, link(900002, b"forged\0", attribute(IFLA_LINKINFO, kind, 4000)))
    yield message(RTM_NEWLINK, link(900003, b"forged\0", attribute(IFLA_LINKINFO, kind)))
    yield message(RTM_NEWLINK, link(900004, b"forged\0", attribute(IFLA_MTU, b"")))
    yield message(RTM_NEWLINK, link(900005, b"f" * 4000))
    yield message(RTM_NEWLINK, link(900006, b"forged\0"), length=60000)
    yield message(RTM_NEWNSID, b"\0" * 4 + attribute(NETNSA_NSID, b""))


def forged():
    yield from malformed()
    for number in range(FORGED):
        yield message(RTM_NEWLINK, link(100000 + number, b"forged%d\0" % number))
    for number in range(FORGED):
        yield message(RTM_NEWNSID, b"\0" * 4 + attribute(NETNSA_NSID, struct.pack("=i", 7000 + number)))


def send(destination):
    """Sends slowly enough for the listener's buffer."""
    rtnetlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    rtnetlink.bind((0, 0))
    for number, data in enumerate(forged()):
        try:
            rtnetlink.sendto(data, socket.MSG_DONTWAIT, destination(data))
        except OSError as error:
            if error.errno not in (11, 105, 111):  # nobody listens, or the buffer is full
                raise
        if number % 20 == 0:
            time.sleep(0.01)


def multicast(go, done):
    while not os.path.exists(go):
        time.sleep(0.05)
    send(lambda data: (0, GROUP_NSID if data[4] in (RTM_NEWNSID, RTM_DELNSID) else GROUP_LINK))
    open(done, "w").close()


def unicast(*ports):
    for port in ports:
        send(lambda data: (int(port), 0))


def strangers(seconds):
    rtnetlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        ready, asleep = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            libc.unshare(CLONE_NEWNET)
            os.write(ready[1], b"x")
            os.close(asleep[1])
            os.read(asleep[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
        data = b"\0" * 4 + attribute(NETNSA_PID, struct.pack("=I", child)) + attribute(
            NETNSA_NSID, struct.pack("=i", -1))
        rtnetlink.sendto(message(RTM_NEWNSID, data, flags=NLM_F_REQUEST), (0, 0))
        time.sleep(0.03)
        for descriptor in ready + asleep:
            os.close(descriptor)
        os.waitpid(child, 0)


def scans(seconds, *processes):
    """Each walk opens the directory once."""
    fan_open, fan_ondir, fan_mark_add, at_fdcwd = 0x20, 0x40000000, 1, -100
    watch = libc.fanotify_init(0, os.O_RDONLY)
    if watch < 0 or libc.fanotify_mark(watch, fan_mark_add, ctypes.c_uint64(fan_open | fan_ondir),
                                       at_fdcwd, b"/proc") < 0:
        raise OSError(ctypes.get_errno(), "fanotify")
    count = 0
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        if not select.select([watch], [], [], 0.1)[0]:
            continue
        events = os.read(watch, 65536)
        while events:
            length, _, _, _, _, descriptor, process = struct.unpack_from("=IBBHQii", events)
            os.close(descriptor)
            count += str(process) in processes
            events = events[length:]
    print(count)


if __name__ == "__main__":
    {"multicast": multicast, "unicast": unicast, "strangers": strangers,
     "scans": scans}[sys.argv[1]](*sys.argv[2:])
