#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic of the live tests: traffic.py COMMAND [ARGUMENT ...]; see the functions below."""
import socket
import struct
import sys
import time

ETHERTYPE_IPV4, ETHERTYPE_VLAN, PROTOCOL_ICMP, ECHO_REQUEST = 0x0800, 0x8100, 1, 8
IDENTIFIER = 0x7AB5
VSOCK_LOCAL = 1  # linux/vm_sockets.h: VMADDR_CID_LOCAL
ADDRESS_A, ADDRESS_B = "10.77.0.1", "10.77.0.2"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(sequence, payload=bytes(range(56))):
    header = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, IDENTIFIER, sequence)
    sum_ = struct.pack("!H", checksum(header + payload))
    return header[:2] + sum_ + header[4:] + payload


def ipv4(source, destination, protocol, payload, number):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, 0, 64, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def pattern(length, start=0):
    """Bytes that tell where they are: a running number in each eight of them."""
    words = range(start // 8, (start + length) // 8 + 1)
    text = b"".join(b"%08x" % (word & 0xFFFFFFFF) for word in words)
    return text[start % 8 : start % 8 + length]


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def vlan_echo(device, source, destination, vlan, count):
    """Tagged echo requests from a packet socket: this needs no VLAN device."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for sequence in range(1, int(count) + 1):
            packet = ipv4(ADDRESS_A, ADDRESS_B, PROTOCOL_ICMP, echo_request(sequence), sequence)
            raw.send(mac(destination) + mac(source) +
                     struct.pack("!HHH", ETHERTYPE_VLAN, int(vlan), ETHERTYPE_IPV4) + packet)
            time.sleep(0.01)


def udp(address, port, count, size, pause_ms=0):
    """Datagrams of size bytes."""
    payload = pattern(int(size))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(int(count)):
            try:
                sender.sendto(payload, (address, int(port)))
            except ConnectionRefusedError:
                pass  # of the one before
            if pause_ms:
                time.sleep(int(pause_ms) / 1000)


MARK = b"no packet of the network "


def unix_pair(kind, count):
    """Messages of which the last stay unread until the sockets are closed: these are dropped."""
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    for number in range(count):
        one.send(MARK * 4)
        if number % 10:
            other.recv(4096)
    one.close()
    other.close()


def unix_refused():
    """A datagram for a socket that has gone."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.close()
    try:
        one.send(MARK)
    except ConnectionRefusedError:
        pass
    one.close()


def netlink_dump():
    """All links are asked for, and the answer is not read to its end."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asker:
        asker.bind((0, 0))
        asker.send(struct.pack("=IHHIIBBHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0, 0))
        asker.recv(100)


def vsock():
    """To this host itself; where the kernel has no way there, the attempt is all."""
    try:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as listener:
            listener.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
            listener.listen()
            with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as peer:
                peer.settimeout(0.2)
                peer.connect((VSOCK_LOCAL, listener.getsockname()[1]))
                peer.send(MARK)
    except OSError:
        pass


def local(seconds):
    """What never leaves the host's own sockets."""
    vsock()
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            unix_pair(kind, 50)
        unix_refused()
        netlink_dump()


def main():
    commands = {"vlan-echo": vlan_echo, "udp": udp, "local": local}
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
