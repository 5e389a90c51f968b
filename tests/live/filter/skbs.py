#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real skbs of many shapes, and checks of captures with filters.

skbs.py serve READY ADDRESS ...              replies over TCP, and receives UDP
skbs.py talk CLASS ADDRESS ... [-- SOURCE]   sends ICMP, UDP and TCP in many sizes; each packet
                                             repeats a mark of its own: a magic number, and a number
                                             whose upper byte is the class
skbs.py wire DEVICE ADDRESS OTHER TO READY GO DONE CLASS
                                             the other end of a tun device, which sends packets
skbs.py check CLASS VERDICTS EXPRESSIONS UNFILTERED FILTERED ...
                                             checks that each filtered capture (one for each line of
                                             EXPRESSIONS) holds each packet of the class from its
                                             first appearance that matches according to libpcap, and
                                             nothing else. VERDICTS is verdicts.c. Prints the numbers
                                             of packets, comparisons and matches, and after an empty
                                             line the differences.
"""
import collections
import fcntl
import hashlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, __file__.rsplit("/", 2)[0])
from pcapng import (COMPONENT, COMPONENT_NAME, CUSTOM, DIRECTION, DROP_REASON, EDGE, EDGES, LOST,
                    PACKET, RECORD_COMPONENT, RECORD_PACKET, Packet, Record, blocks)
from traffic import IFF_NO_PI, IFF_TUN, TUNSETIFF, checksum

MAGIC, CLASS_SHIFT, MARK_SIZE = 0xD5B30EA7, 24, 8
TCP_PORT, UDP_PORTS, CLOSED_PORT = 80, (53, 9000), 9100
SOL_UDP, UDP_SEGMENT, SO_ZEROCOPY, MSG_ZEROCOPY, IP_MTU_DISCOVER = 17, 103, 60, 0x4000000, 10
PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMPV6 = 1, 6, 17, 58
ECHO_REQUEST, ECHO_REQUEST_V6 = 8, 128
PAUSE = 0.001


class Marks:
    """A mark for each packet."""

    def __init__(self, class_, first):
        self.number = int(class_) << CLASS_SHIFT | first

    def next(self, size):
        self.number += 1
        mark = struct.pack("!II", MAGIC, self.number)
        return (mark * (size // MARK_SIZE + 1))[:size]


# --- traffic ---

def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def answer(listener):
    """Takes messages that begin with their length, and replies to each with as many of its bytes as
    the message asks for."""
    while True:
        peer = listener.accept()[0]
        with peer, peer.makefile("rb") as stream:
            while header := stream.read(16):
                size, wanted = struct.unpack("!QQ", header)
                data = stream.read(size - len(header))
                peer.sendall(data[:wanted])


def serve(ready, *addresses):
    for address in addresses:
        listener = socket.create_server((address, TCP_PORT), family=family_of(address))
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
    takers = []
    for address in addresses:
        for port in UDP_PORTS:
            taker = socket.socket(family_of(address), socket.SOCK_DGRAM)
            taker.bind((address, port))
            takers.append(taker)
    open(ready, "w").close()
    while True:
        for taker in takers:
            taker.setblocking(False)
            try:
                taker.recv(1 << 16)
            except OSError:
                pass
        time.sleep(0.001)


def send_to(sender, data, address, flags=0):
    try:
        sender.sendto(data, flags, address)
    except OSError:
        pass  # a reply to the previous one
    time.sleep(PAUSE)


def talk_icmp(marks, address):
    version6 = ":" in address
    protocol = PROTOCOL_ICMPV6 if version6 else PROTOCOL_ICMP
    with socket.socket(family_of(address), socket.SOCK_RAW, protocol) as raw:
        for sequence, size in enumerate((16, 56, 600, 1464, 1472, 2000, 4000, 8000, 8952, 20000)):
            header = struct.pack("!BBHHH", ECHO_REQUEST_V6 if version6 else ECHO_REQUEST, 0, 0, 7,
                                 sequence)
            message = header + marks.next(size)
            if not version6:
                message = header[:2] + struct.pack("!H", checksum(message)) + message[4:]
            send_to(raw, message, (address, 0))


def talk_udp(marks, address):
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as sender:
        if ":" not in address:
            sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, 0)
        for port in (*UDP_PORTS, CLOSED_PORT):
            for size in (8, 24, 100, 500, 1400, 1472, 1700, 3000, 5000, 8900, 9500, 30000):
                send_to(sender, marks.next(size), (address, port))
        sender.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        for size in (1000, 4000, 8000, 20000):
            send_to(sender, marks.next(size), (address, UDP_PORTS[1]), MSG_ZEROCOPY)
        for segment, count in ((1400, 3), (1400, 20), (100, 40), (1000, 2)):
            sender.setsockopt(SOL_UDP, UDP_SEGMENT, segment)
            for port in UDP_PORTS:
                send_to(sender, marks.next(segment * count - 8), (address, port))


def message(marks, size, wanted):
    return struct.pack("!QQ", size, wanted) + marks.next(size - 16)


def receive(peer, count):
    while count > 0:
        count -= len(peer.recv(count))


def talk_tcp(marks, address):
    """The next message is sent after the reply to the previous one, so that they are not merged."""
    with socket.create_connection((address, TCP_PORT), timeout=5) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        for size, wanted in ((100, 16), (1400, 200), (5000, 1000), (12000, 3000), (30000, 20)):
            peer.sendall(message(marks, size, wanted))
            receive(peer, wanted)
        for size in (2000, 20000):
            peer.send(message(marks, size, 24), MSG_ZEROCOPY)
            receive(peer, 24)
        for size in (3000, 9000, 40000):
            with tempfile.TemporaryFile() as file:
                file.write(message(marks, size, 40))
                file.flush()
                peer.sendfile(file)
            receive(peer, 40)


def talk(class_, *addresses):
    marks = Marks(class_, 0)
    for address in addresses:
        talk_icmp(marks, address)
        talk_udp(marks, address)
        talk_tcp(marks, address)


def ipv4(source, destination, protocol, payload, number, options=b""):
    words = 5 + len(options) // 4
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, words * 4 + len(payload), number, 0, 64,
                         protocol, 0, socket.inet_aton(source),
                         socket.inet_aton(destination)) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def wire(device, address, other, to, ready, go, done, class_):
    marks = Marks(class_, 0x200000)
    end = time.monotonic() + 100
    with open("/dev/net/tun", "r+b", buffering=0) as tun:
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
        for words in (f"link set {device} mtu 9000 up",
                      f"address add {address} peer {other} dev {device}"):
            subprocess.run(["ip", *words.split()], check=True)
        open(ready, "w").close()
        while not os.path.exists(go) and time.monotonic() < end:
            time.sleep(0.02)
        number = 0
        for size in (8, 100, 1400, 3000, 8000):
            for options in (b"", b"\x94\x04\0\0\x01\x01\x01\0"):
                for port in (53, 80, 9000, CLOSED_PORT):
                    number += 1
                    data = struct.pack("!HHHH", 5353, port, 8 + size, 0) + marks.next(size)
                    tun.write(ipv4(other, to, PROTOCOL_UDP, data, number, options))
                    time.sleep(PAUSE)
                number += 1
                data = struct.pack("!HHIIBBHHH", 5353, 443, 1, 0, 0x50, 2, 100, 0, 0)
                tun.write(ipv4(other, to, PROTOCOL_TCP, data + marks.next(size), number, options))
        open(done, "w").close()
        while time.monotonic() < end:
            tun.read(1 << 16)


# --- captures ---

class Appearance:
    __slots__ = ("place", "frame", "length", "synthesised", "group", "number", "piece", "consumed",
                 "dropped", "identity", "lone_identity")


ETHERTYPES = {b"\x08\0": 4, b"\x86\xdd": 6}


def is_tcp_of_ours(frame):
    """Packets without a mark: acknowledgements."""
    version = ETHERTYPES.get(frame[12:14])
    if version == 4:
        transport, protocol = 14 + (frame[14] & 15) * 4, frame[23:24]
    elif version == 6:
        transport, protocol = 54, frame[20:21]
    else:
        return False
    return (protocol == bytes([PROTOCOL_TCP]) and len(frame) < transport + 50 and
            struct.pack("!H", TCP_PORT) in (frame[transport : transport + 2],
                                            frame[transport + 2 : transport + 4]))


class Capture:
    """The packets of the class in a file."""

    GROUP, PIECE, APPEARANCE, RELEASED, FLAG_SYNTHESISED, END = 12, 13, 14, 21, 33, 55

    def __init__(self, path, class_):
        self.mark = struct.pack("!IB", MAGIC, int(class_))
        self.names, self.appearances, self.faults = {}, [], []
        with open(path, "rb") as file:
            data = file.read()
        for kind, body in blocks(data):
            if kind == CUSTOM:
                self.take_record(Record(body[4:]))
            elif kind == PACKET:
                packet = Packet(body)
                if packet.record.kind == RECORD_PACKET:
                    self.take_packet(packet)
                else:
                    self.take_record(packet.record)

    def take_record(self, record):
        if record.kind == RECORD_COMPONENT:
            self.names[record.get(COMPONENT)] = record.get(COMPONENT_NAME).decode()

    def take_packet(self, packet):
        record = packet.record
        if record.get(LOST):
            self.faults.append(f"{record.get(LOST)} packets lost")
        # A hook that holds a packet for long shows its exit too.
        name = self.names[record.get(COMPONENT)]
        if name.endswith("/netfilter") and record.get(DIRECTION) == 2 and not record.get(DROP_REASON):
            return
        # Depends on when the socket is closed, which may be after the capture.
        if record.get(self.RELEASED) and record.fields.get(DROP_REASON) == b"QUEUE_PURGE":
            return
        if self.mark not in packet.bytes and not is_tcp_of_ours(packet.bytes):
            return
        seen = Appearance()
        reason = record.fields.get(DROP_REASON, b"").decode()
        words = (name, EDGES[record.get(EDGE)], record.get(DIRECTION), reason, record.get(self.END))
        seen.place = " ".join(map(str, (*words, record.get(self.RELEASED))))
        seen.frame, seen.length = packet.bytes, packet.length
        seen.synthesised = bool(record.get(self.FLAG_SYNTHESISED))
        seen.group, seen.number = record.get(self.GROUP), record.get(self.APPEARANCE)
        seen.piece = record.get(self.PIECE)
        seen.consumed = record.get(self.END) == 2
        seen.dropped = bool(reason)
        rest = (seen.length, seen.synthesised, hashlib.blake2b(seen.frame, digest_size=16).digest())
        seen.identity = (seen.place, *rest)
        # Without other copies, a drop is not a release.
        seen.lone_identity = (" ".join(map(str, (*words, 0))), *rest)
        self.appearances.append(seen)

    def groups(self):
        """Each packet in the order of time, like the file."""
        groups = collections.defaultdict(list)
        for seen in self.appearances:
            groups[seen.group].append(seen)
        return groups


def view(seen):
    """The bytes that the filter sees of it: without a header that the capture made."""
    if not seen.synthesised:
        return 0, seen.frame, seen.length
    header = 18 if seen.frame[12:14] == b"\x81\0" else 14
    return 1, seen.frame[header:], seen.length - header


def judge(verdicts, expressions, appearances):
    """For each appearance, a text with 0 or 1 for each expression."""
    parts = []
    for seen in appearances:
        form, data, length = view(seen)
        parts += [struct.pack("=III", form, len(data), length), data]
    done = subprocess.run([verdicts, expressions], input=b"".join(parts), stdout=subprocess.PIPE,
                          check=True)
    return done.stdout.decode().split()


def describe(seen):
    return f"{seen.place}, {seen.length} bytes: {seen.frame[:64].hex()}"


def expected(group, matching):
    """For each appearance of a group, in order, whether it is expected: 2 = yes; 0 = no; 3 = yes,
    but other copies may be unknown; 1 = either: a fragment or segment that did not match while
    another one did, or a copy, if another one matched only when it was dropped (LLC cuts a frame
    before). matching: whether each matches. A normal end in the kernel is not judged again."""
    pieces, whole, late = set(), False, False
    for seen, matches in zip(group, matching):
        if matches and seen.dropped and not whole and seen.piece not in pieces:
            late = True
            yield 3
            continue
        if matches and not seen.consumed:
            pieces.add(seen.piece)
            whole = whole or seen.piece == 0
        yield 2 if whole or seen.piece in pieces else 1 if pieces or late else 0


def differences(expression, index, groups, verdict_of, filtered):
    """Compares one filtered capture; yields the differences, and last the number of matches."""
    wanted, allowed, late, matches = collections.Counter(), collections.Counter(), [], 0
    where = {}
    for group in groups.values():
        matching = [verdict_of[id(seen)][index] == "1" for seen in group]
        first = matching.index(True) if True in matching else None
        matches += first is not None
        for seen, degree in zip(group, expected(group, matching)):
            where[seen.identity] = (
                f"{describe(seen)} (appearance {seen.number} of group {seen.group}, which first "
                f"matches at {None if first is None else group[first].number})")
            wanted[seen.identity] += degree == 2
            for identity in {seen.identity, seen.lone_identity} if degree == 3 else {seen.identity}:
                allowed[identity] += degree >= 1
            if degree == 3:
                late.append(seen)
    got = collections.Counter(seen.identity for seen in filtered.appearances)
    for seen in filtered.appearances:
        where.setdefault(seen.identity, describe(seen))
    for identity, count in (wanted - got).items():
        yield f"\"{expression}\" lacks {count} of {where[identity]}"
    for seen in late:
        if not got[seen.identity] + got[seen.lone_identity]:
            yield f"\"{expression}\" lacks {where[seen.identity]}"
    for identity, count in (got - allowed).items():
        yield f"\"{expression}\" has beside {count} of {where[identity]}"
    yield matches


def check(class_, verdicts, expressions, unfiltered_path, *filtered_paths):
    with open(expressions) as file:
        texts = file.read().splitlines()
    unfiltered = Capture(unfiltered_path, class_)
    groups, faults, matching = unfiltered.groups(), list(unfiltered.faults), 0
    lines = judge(verdicts, expressions, unfiltered.appearances)
    verdict_of = {id(seen): line for seen, line in zip(unfiltered.appearances, lines)}
    for index, (text, path) in enumerate(zip(texts, filtered_paths)):
        filtered = Capture(path, class_)
        faults += filtered.faults
        *different, matches = differences(text, index, groups, verdict_of, filtered)
        faults += different
        matching += matches
        print(f"  {matches:5} of {len(groups)} packets match, {len(different)} differ: {text}",
              file=sys.stderr)
    print(len(groups), len(groups) * len(filtered_paths), matching, len(unfiltered.appearances))
    print()
    for fault in faults:
        print(fault)


COMMANDS = {"serve": serve, "talk": talk, "wire": wire, "check": check}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
