#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic of the live tests: traffic.py COMMAND [ARGUMENT ...]; see the functions below."""
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time

ETHERTYPE_IPV4, ETHERTYPE_VLAN, PROTOCOL_ICMP, PROTOCOL_UDP = 0x0800, 0x8100, 1, 17
ECHO_REQUEST, ETH_P_ALL = 8, 3
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


def udp_numbered(address, port, count, pause_ms, first=1):
    """Datagrams that hold their number in nine digits."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(int(first), int(first) + int(count)):
            try:
                sender.sendto(b"packet %09d" % number, (address, int(port)))
            except ConnectionRefusedError:
                pass  # of the one before
            time.sleep(int(pause_ms) / 1000)


def in_tunnel(kind, source, destination, address, first, count, port=0):
    """Echo requests with these sequence numbers that are already in a tunnel when they are sent; of
    those over UDP the source port is 20000 more."""
    for sequence in range(int(first), int(first) + int(count)):
        inner = ipv4(source, destination, PROTOCOL_ICMP, echo_request(sequence), sequence)
        frame = bytes(11) + b"\2" + b"\x08\0" + inner
        if kind in ("gre", "ipip"):
            protocol, header = (47, b"\0\0\x08\0") if kind == "gre" else (4, b"")
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as sender:
                sender.sendto(header + inner, (address, 0))
        else:
            header = b"\x08\0\0\0\0\0\x07\0" if kind == "vxlan" else b"\0\0\x65\x58\0\0\x07\0"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind(("0.0.0.0", 20000 + sequence))
                sender.sendto(header + frame, (address, int(port)))
        time.sleep(0.02)


def hold(ready_file, *devices):
    """Packet sockets that never read: the kernel keeps a copy of each packet for them, which shares
    the bytes with the packet on its way."""
    sockets = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
               for _ in devices]
    for holder, device in zip(sockets, devices):
        holder.bind((device, ETH_P_ALL))
    open(ready_file, "w").close()
    signal.pause()


def tcp_receive(port, count, ready_file):
    """Accepts one connection; fails where it does not bring the pattern."""
    count = int(count)
    data = bytearray()
    with socket.create_server(("0.0.0.0", int(port))) as listener:
        open(ready_file, "w").close()
        with listener.accept()[0] as peer:
            while part := peer.recv(1 << 20):
                data += part
    if bytes(data) != pattern(count):
        sys.exit("what arrived is not what was sent")


def tcp_send(address, port, count):
    """The pattern, in calls large enough for packets of 64 KiB."""
    with socket.create_connection((address, int(port))) as peer:
        peer.sendall(pattern(int(count)))


def tcp_sink(port, ready_file):
    """Reads what one connection brings, whatever it is."""
    with socket.create_server(("0.0.0.0", int(port))) as listener:
        open(ready_file, "w").close()
        with listener.accept()[0] as peer:
            while peer.recv(1 << 20):
                pass


def tcp_flood(address, port, seconds):
    """Zeros, as fast as they go."""
    end = time.monotonic() + float(seconds)
    with socket.create_connection((address, int(port))) as peer:
        while time.monotonic() < end:
            peer.sendall(bytes(1 << 20))


TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def tun(device, address, other, ready_file, go_file, datagrams):
    """A host at the other end of a tun device: sends one echo request, and takes the reply and as
    many datagrams, in whatever order they come."""
    end = time.monotonic() + 20
    with open("/dev/net/tun", "r+b", buffering=0) as wire:
        fcntl.ioctl(wire, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
        for words in (f"address add {address} peer {other} dev {device}",
                      f"link set {device} up"):
            subprocess.run(["ip", *words.split()], check=True)
        open(ready_file, "w").close()
        while not os.path.exists(go_file) and time.monotonic() < end:
            time.sleep(0.05)
        wire.write(ipv4(other, address, PROTOCOL_ICMP, echo_request(1), 1))
        wanted = {PROTOCOL_ICMP: 1, PROTOCOL_UDP: int(datagrams)}
        while any(wanted.values()):
            packet = wire.read(2048)
            if packet[9] == PROTOCOL_ICMP and packet[20] != 0:
                sys.exit("the answer is no echo reply")
            if packet[9] in wanted:
                wanted[packet[9]] -= 1


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
    commands = {"vlan-echo": vlan_echo, "udp": udp, "udp-numbered": udp_numbered,
                "in-tunnel": in_tunnel, "local": local,
                "tun": tun, "hold": hold, "tcp-send": tcp_send, "tcp-receive": tcp_receive,
                "tcp-flood": tcp_flood, "tcp-sink": tcp_sink}
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
