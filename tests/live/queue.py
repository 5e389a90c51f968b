#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""queue.py QUEUE PORT: a slow firewall in user space. It binds an NFQUEUE of its network namespace and a
UDP socket, and follows the commands on standard input, one per line:

    bind            binds the queue
    wait COUNT      waits until COUNT packets are in the queue, at most 5 s
    waiting         does nothing; the reply has the number of waiting packets
    pass COUNT      waits likewise, then releases the packets that have arrived
    release         releases all packets, including those that arrive meanwhile
    unbind          unbinds the queue
    crowd COUNT     also binds COUNT other queues, which get no packets, until unbind
    limit COUNT     limits the number of waiting packets
    refused         does nothing; the reply has the number of packets dropped because of the limit

The reply to each is a line: the number of waiting packets, or, for "release", how often a packet came
to the queue and how many datagrams came to the socket since the last release.
"""
import select
import socket
import struct
import sys
import time

NETLINK_NETFILTER = 12
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NLMSG_ERROR = 2
QUEUE_PACKET, QUEUE_VERDICT, QUEUE_CONFIG = 0x300, 0x301, 0x302
ATTRIBUTE_PACKET_HEADER, ATTRIBUTE_VERDICT_HEADER = 1, 2
CONFIG_COMMAND, CONFIG_PARAMS, CONFIG_LIMIT = 1, 2, 3
COMMAND_BIND, COMMAND_UNBIND = 1, 2
COPY_META = 1
NF_ACCEPT = 1
CROWD = 1000  # number of the first of the other queues
SETTLE = 0.3  # seconds; a packet that comes a second time comes within them


def attribute(kind, payload):
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + bytes(-length % 4)


class Queue:
    def __init__(self, number):
        self.number = number
        self.netlink = None
        self.packets = []

    def send(self, kind, flags, *attributes, number=None):
        body = struct.pack(">BBH", socket.AF_UNSPEC, 0,
                           self.number if number is None else number) + b"".join(attributes)
        header = struct.pack("=IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, 0, 0)
        self.netlink.send(header + body)

    def configure(self, *attributes, number=None):
        self.send(QUEUE_CONFIG, NLM_F_ACK, *attributes, number=number)
        while True:
            for kind, body in messages(self.netlink.recv(65536)):
                if kind == NLMSG_ERROR:
                    error = struct.unpack_from("=i", body)[0]
                    if error:
                        raise OSError(-error, "NFQUEUE")
                    return

    def bind(self):
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.netlink.bind((0, 0))
        self.configure(attribute(CONFIG_COMMAND,
                                 struct.pack(">BBH", COMMAND_BIND, 0, socket.AF_INET)))
        self.configure(attribute(CONFIG_PARAMS, struct.pack(">IB", 0, COPY_META)))

    def crowd(self, count):
        for number in range(CROWD, CROWD + count):
            self.configure(attribute(CONFIG_COMMAND,
                                     struct.pack(">BBH", COMMAND_BIND, 0, socket.AF_INET)),
                           number=number)

    def limit(self, count):
        self.configure(attribute(CONFIG_LIMIT, struct.pack(">I", count)))

    def unbind(self):
        self.netlink.close()
        self.netlink = None

    def take(self, timeout):
        """The identifiers of packets that have arrived."""
        if not select.select([self.netlink], [], [], timeout)[0]:
            return
        for kind, body in messages(self.netlink.recv(65536)):
            if kind == QUEUE_PACKET:
                self.packets.append(packet_id(body[4:]))

    def accept_all(self):
        came = len(self.packets)
        for packet in self.packets:
            self.send(QUEUE_VERDICT, 0,
                      attribute(ATTRIBUTE_VERDICT_HEADER, struct.pack(">II", NF_ACCEPT, packet)))
        self.packets = []
        return came

    def counted(self, column):
        for line in open("/proc/self/net/netfilter/nfnetlink_queue"):
            if int(line.split()[0]) == self.number:
                return int(line.split()[column])
        return -1

    def waiting(self):
        return self.counted(2)

    def refused(self):
        return self.counted(5)


def messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind & 0xFFF, data[16:length]
        data = data[(length + 3) & ~3:]


def packet_id(attributes):
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind & 0x3FFF == ATTRIBUTE_PACKET_HEADER:
            return struct.unpack_from(">I", attributes, 4)[0]
        attributes = attributes[(length + 3) & ~3:]
    raise ValueError("a packet without a header")


def arrived(receiver):
    count = 0
    while select.select([receiver], [], [], 0)[0]:
        receiver.recv(65536)
        count += 1
    return count


def release(queue, receiver):
    end = time.monotonic() + SETTLE
    came = 0
    while time.monotonic() < end:
        queue.take(0.02)
        came += queue.accept_all()
    return f"{came} {arrived(receiver)}"


def wait(queue, count):
    end = time.monotonic() + 5
    while queue.waiting() < count and time.monotonic() < end:
        queue.take(0.02)
    return queue.waiting()


def main():
    queue = Queue(int(sys.argv[1]))
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("", int(sys.argv[2])))
    for line in sys.stdin:
        words = line.split()
        answer = None
        if words[0] == "bind":
            queue.bind()
        elif words[0] == "unbind":
            queue.unbind()
        elif words[0] == "crowd":
            queue.crowd(int(words[1]))
        elif words[0] == "limit":
            queue.limit(int(words[1]))
        elif words[0] == "refused":
            answer = queue.refused()
        elif words[0] == "wait":
            answer = wait(queue, int(words[1]))
        elif words[0] == "pass":
            wait(queue, int(words[1]))
            queue.accept_all()
        elif words[0] == "release":
            answer = release(queue, receiver)
        print(queue.waiting() if answer is None else answer, flush=True)


main()
