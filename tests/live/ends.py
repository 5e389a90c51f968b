#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic of ends.sh: ends.py COMMAND [ARGUMENT ...]; see the functions below."""
import select
import socket
import struct
import sys
import time

from traffic import PROTOCOL_TCP, PROTOCOL_UDP, checksum, ipv4, mac, mac_of, pseudo_header

SYN, ACK = 2, 0x10
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, SEND_QUEUE = 19, 20, 21, 2
ND_SOLICITATION, ND_ADVERTISEMENT, ND_SOLICITED, ND_OPTION_SOURCE = 135, 136, 0x40, 1
IGMP_REPORT_V3 = 0x22
SOL_UDP, UDP_SEGMENT, UDP_ENCAP, UDP_ENCAP_ESPINUDP = 17, 103, 100, 2
MSG_FASTOPEN, TCP_FASTOPEN = 0x20000000, 23


def listen(ready_file, *listeners):
    """PORT:BACKLOG ...: listening sockets that accept nothing; PORT:udp: a socket for datagrams."""
    sockets = []
    for listener in listeners:
        port, backlog = listener.split(":")
        if backlog == "udp":
            sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sockets[-1].bind(("0.0.0.0", int(port)))
            continue
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        sockets[-1].bind(("0.0.0.0", int(port)))
        sockets[-1].setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 10)
        sockets[-1].listen(int(backlog))
    open(ready_file, "w").close()
    time.sleep(60)


def connect(address, port, count):
    """Connections one after the other, each of which sends one SYN."""
    sockets = []
    for _ in range(int(count)):
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        sockets[-1].setblocking(False)
        sockets[-1].connect_ex((address, int(port)))
        select.select([], sockets[-1:], [], 0.02)


def fast_open(address, port):
    """One SYN with data."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as peer:
        peer.sendto(b"at once", MSG_FASTOPEN, (address, int(port)))


def tcp(source, destination, source_port, port, number, flags, payload=b""):
    segment = struct.pack("!HHIIBBHHH", source_port, port, number, 0, 5 << 4, flags, 8192, 0,
                          0) + payload
    pseudo = pseudo_header(source, destination, PROTOCOL_TCP, len(segment))
    sum_ = struct.pack("!H", checksum(pseudo + segment))
    return segment[:16] + sum_ + segment[18:]


def syn(source, destination, source_port, port):
    return tcp(source, destination, source_port, port, 1000 * source_port, SYN)


def syns(source, destination, port, first, count, times=1):
    """SYNs from an address that no host has, from count source ports, each repeated."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(int(times)):
            for source_port in range(int(first), int(first) + int(count)):
                segment = syn(source, destination, source_port, int(port))
                raw.sendto(ipv4(source, destination, PROTOCOL_TCP, segment, source_port + number),
                           (destination, 0))
                time.sleep(0.002)


def cut_short(source, destination, port, count):
    """Each repeated: 12 bytes of a TCP segment, a header that claims 8 bytes, 4 bytes of a
    datagram."""
    segment = syn(source, destination, 1, int(port))
    packets = ((PROTOCOL_TCP, segment[:12]), (PROTOCOL_UDP, segment[:4]),
               (PROTOCOL_TCP, segment[:12] + bytes([2 << 4]) + segment[13:]))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(int(count)):
            for protocol, payload in packets:
                raw.sendto(ipv4(source, destination, protocol, payload, number + 1),
                           (destination, 0))
                time.sleep(0.002)


def datagrams(source, destination, port, count, sum_):
    """Datagrams with no checksum (0), or with a wrong one."""
    datagram = struct.pack("!HHHH", int(port), int(port), 8 + 8, int(sum_)) + b"datagram"
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(int(count)):
            raw.sendto(ipv4(source, destination, PROTOCOL_UDP, datagram, number + 1),
                       (destination, 0))
            time.sleep(0.002)


def receive(ready_file, port):
    """Sockets whose packets the kernel frees without a reason, though these are no drops: a raw
    socket of IGMP, a socket of an IPsec daemon behind NAT, and one for datagrams over IPv6 to
    all addresses of this host."""
    igmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    ipsec = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ipsec.setsockopt(SOL_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
    ipsec.bind(("", int(port)))
    everywhere = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    everywhere.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    everywhere.bind(("::", int(port)))
    open(ready_file, "w").close()
    time.sleep(60)
    igmp.close()


def igmp_report(source, destination, count):
    """IGMPv3 reports without a group."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(int(count)):
            report = struct.pack("!BBHI", IGMP_REPORT_V3, 0, 0xFFFF - (IGMP_REPORT_V3 << 8), 0)
            raw.sendto(ipv4(source, destination, socket.IPPROTO_IGMP, report, number + 1),
                       (destination, 0))
            time.sleep(0.002)


def keepalives(address, port, count):
    """NAT keepalives of IPsec: one byte."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(int(count)):
            sender.sendto(b"\xff", (address, int(port)))
            time.sleep(0.002)


def all_of_host(device, port, count):
    """Datagrams that do not leave this host, although they go to a device."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        for _ in range(int(count)):
            sender.sendto(b"all", ("ff01::1", int(port), 0, socket.if_nametoindex(device)))
            time.sleep(0.002)


def hang_up(ready_file, port, count):
    """Closes each connection before the other side does."""
    with socket.create_server(("", int(port))) as listener:
        open(ready_file, "w").close()
        for _ in range(int(count)):
            listener.accept()[0].close()


def follow_suit(address, port, count):
    """Connections that are closed some time after the other side has closed them."""
    for _ in range(int(count)):
        with socket.create_connection((address, int(port))) as peer:
            peer.recv(1)
            time.sleep(0.05)


def unread(ready_file, port, stopped_port):
    """Takes connections, and reads nothing; to the second port with a small buffer."""
    with socket.socket() as small:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2000)
        small.bind(("", int(stopped_port)))
        small.listen()
        with socket.create_server(("", int(port))):
            open(ready_file, "w").close()
            time.sleep(60)


def next_number(connection):
    """Of the next byte that it sends."""
    connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    number = connection.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ) % 2**32
    connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, 0)
    connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 0)
    return number


def duplicates(connection, count, size=10):
    """Data from before what the other side has acknowledged."""
    (source, source_port), (destination, port) = connection.getsockname(), connection.getpeername()
    number = (next_number(connection) - 5 * size) % 2**32
    segment = tcp(source, destination, source_port, port, number, ACK, b"d" * size)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for identification in range(count):
            raw.sendto(ipv4(source, destination, PROTOCOL_TCP, segment, identification + 1),
                       (destination, 0))


def probe(address, port, stopped_port, count):
    """An idle connection sends keepalives, and a full one asks for room: both for two seconds. Then the
    first one sends count late duplicates. Both are aborted, so that they send nothing more."""
    abort = struct.pack("ii", 1, 0)
    with socket.create_connection((address, int(port))) as idle, \
            socket.create_connection((address, int(stopped_port))) as full:
        for connection in (idle, full):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort)
        idle.sendall(b"i" * 100)
        for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1)):
            idle.setsockopt(socket.IPPROTO_TCP, option, value)
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        full.setblocking(False)
        try:
            while full.send(b"f" * 1000):
                pass
        except BlockingIOError:
            pass
        time.sleep(2.3)
        duplicates(idle, int(count))


def neighbour_message(kind, flags, source, destination, target, options=b""):
    """Over IPv6, with its header."""
    source, destination = (socket.inet_pton(socket.AF_INET6, text)
                           for text in (source, destination))
    body = struct.pack("!I", flags << 24) + socket.inet_pton(socket.AF_INET6, target) + options
    pseudo = source + destination + struct.pack("!II", 4 + len(body), socket.IPPROTO_ICMPV6)
    sum_ = checksum(pseudo + struct.pack("!BBH", kind, 0, 0) + body)
    return struct.pack("!IHBB", 6 << 28, 4 + len(body), socket.IPPROTO_ICMPV6, 255) + source + \
        destination + struct.pack("!BBH", kind, 0, sum_) + body


def neighbour_faults(device, destination, group, target):
    """A solicitation of a host without an address, to the group of the destination, that yet has its
    link-layer address; and an advertisement to all, as if one had asked."""
    own = mac_of(device)
    option = struct.pack("!BB", ND_OPTION_SOURCE, 1) + own
    messages = (neighbour_message(ND_SOLICITATION, 0, "::", group, target, option),
                neighbour_message(ND_ADVERTISEMENT, ND_SOLICITED, "fe80::1", "ff02::1", target))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for message in messages:
            raw.send(mac(destination) + own + b"\x86\xdd" + message)


def large_udp(address, port, count, segments, size):
    """Sends of several datagrams each (UDP_SEGMENT)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(SOL_UDP, UDP_SEGMENT, int(size))
        for number in range(int(count)):
            sender.sendto(b"".join(b"%04d %04d " % (number, segment) + bytes(int(size) - 10)
                                   for segment in range(int(segments))), (address, int(port)))
            time.sleep(0.02)


def main():
    commands = {"listen": listen, "connect": connect, "fast-open": fast_open, "syns": syns,
                "large-udp": large_udp, "cut-short": cut_short, "hang-up": hang_up,
                "follow-suit": follow_suit, "receive": receive, "igmp-report": igmp_report,
                "keepalives": keepalives, "all-of-host": all_of_host, "datagrams": datagrams,
                "unread": unread, "probe": probe, "neighbour-faults": neighbour_faults}
    commands[sys.argv[1]](*sys.argv[2:])


main()
