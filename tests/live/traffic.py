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

ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_IPV6, ETHERTYPE_VLAN = 0x0800, 0x0806, 0x86DD, 0x8100
PROTOCOL_ICMP, PROTOCOL_UDP, PROTOCOL_UNKNOWN = 1, 17, 99
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


def ipv4(source, destination, protocol, payload, number, fragmentation=0):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, fragmentation, 64,
                         protocol, 0, socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def pattern(length, start=0):
    """Bytes that show their position: a running number in every eight bytes."""
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


def without_ethertype(device, source, destination):
    """One packet from a packet socket, without an Ethertype."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as raw:
        raw.sendto(ipv4(source, destination, PROTOCOL_UNKNOWN, bytes(64), 1), (device, 0))


def frame(device, destination, source, ethertype, payload):
    """One frame, all but the device in hexadecimal digits."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        raw.send((mac(destination) + mac(source) + bytes.fromhex(ethertype + payload)).ljust(60, b"\0"))


def udp(address, port, count, size, pause_ms=0):
    """Datagrams of size bytes."""
    payload = pattern(int(size))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(int(count)):
            try:
                sender.sendto(payload, (address, int(port)))
            except ConnectionRefusedError:
                pass  # an error of the previous one
            if pause_ms:
                time.sleep(int(pause_ms) / 1000)


def udp_and_rises(address, port, datagrams, device, rises):
    """Datagrams that are read; then the device comes up and goes down, on one CPU: their memory is
    free."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        receiver.bind((address, int(port)))
        for _ in range(int(rises)):
            for _ in range(int(datagrams)):
                sender.sendto(bytes(50), (address, int(port)))
            for _ in range(int(datagrams)):
                receiver.recv(100)
            subprocess.run(["ip", "link", "set", device, "up"], check=True)
            subprocess.run(["ip", "link", "set", device, "down"], check=True)


def udp_numbered(address, port, count, pause_ms, first=1):
    """Datagrams with their number in nine digits."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(int(first), int(first) + int(count)):
            try:
                sender.sendto(b"packet %09d" % number, (address, int(port)))
            except ConnectionRefusedError:
                pass  # an error of the previous one
            time.sleep(int(pause_ms) / 1000)


def in_tunnel(kind, source, destination, address, first, count, port=0):
    """Echo requests with these sequence numbers that are already encapsulated when they are sent;
    those over UDP have their sequence number plus 20000 as source port."""
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


def raw(address, protocol, count, size):
    """Packets of a protocol; larger ones than the device takes are fragmented."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, int(protocol)) as sender:
        for _ in range(int(count)):
            sender.sendto(bytes(int(size)), (address, 0))
            time.sleep(0.001)


def hold(ready_file, *devices):
    """Packet sockets that are never read: the kernel keeps a copy of each packet for them, which
    shares its bytes with the packet under way."""
    sockets = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
               for _ in devices]
    for holder, device in zip(sockets, devices):
        holder.bind((device, ETH_P_ALL))
    open(ready_file, "w").close()
    signal.pause()


def tcp_receive(port, count, ready_file):
    """Accepts one connection; fails if it does not carry the pattern."""
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
    """Reads the data of one connection, whatever it is."""
    with socket.create_server(("0.0.0.0", int(port))) as listener:
        open(ready_file, "w").close()
        with listener.accept()[0] as peer:
            while peer.recv(1 << 20):
                pass


def tcp_flood(address, port, seconds):
    """Zeros, as fast as possible."""
    end = time.monotonic() + float(seconds)
    with socket.create_connection((address, int(port))) as peer:
        while time.monotonic() < end:
            peer.sendall(bytes(1 << 20))


TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def tun(device, address, other, ready_file, go_file, datagrams):
    """A host at the other end of a tun device: sends one echo request, and takes the reply and a
    number of datagrams, in any order."""
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


TUNSETOFFLOAD, IFF_TAP, IFF_VNET_HDR = 0x400454D0, 2, 0x4000
NEEDS_CHECKSUM, GSO_TCPV4, GSO_UDP_L4 = 1, 1, 5  # linux/virtio_net.h
ETHERTYPE_LOCAL, PROTOCOL_TCP, TCP_ACK = 0x88B5, 6, 0x10
GUEST_TCP_PORT, GUEST_UDP_PORT, GUEST_MAC = 7008, 7009, mac("02:00:00:00:00:0b")


def pseudo_header(source, destination, protocol, length):
    return socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack(
        "!HH", protocol, length)


def partial_checksum(source, destination, protocol, length):
    """Checksum of the pseudo header: the kernel adds the rest (NEEDS_CHECKSUM)."""
    return ~checksum(pseudo_header(source, destination, protocol, length)) & 0xFFFF


def mac_of(device):
    with open(f"/sys/class/net/{device}/address", encoding="ascii") as file:
        return mac(file.read().strip())


def large_send(gso, source, destination, size, segments, number):
    """A frame that the kernel has to cut, after its struct virtio_net_hdr. The last segment is
    shorter than the others."""
    payload = pattern(size * (segments - 1) + size // 2)
    if gso == GSO_TCPV4:
        protocol, length, sum_at = PROTOCOL_TCP, 20 + len(payload), 16
        head = struct.pack("!HHIIBBHHH", 40000, GUEST_TCP_PORT, 1000, 1, 5 << 4, TCP_ACK, 1000,
                           partial_checksum(source, destination, protocol, length), 0)
    else:
        protocol, length, sum_at = PROTOCOL_UDP, 8 + len(payload), 6
        head = struct.pack("!HHHH", 40000, GUEST_UDP_PORT, length,
                           partial_checksum(source, destination, protocol, length))
    link = 14 + 20
    virtio = struct.pack("=BBHHHH", NEEDS_CHECKSUM, gso, link + len(head), size, link, sum_at)
    return virtio, ipv4(source, destination, protocol, head + payload, number)


def reflection(frame):
    """The same bytes back to their sender; a broadcast is answered from the guest's address."""
    back = bytearray(frame)
    back[0:6], back[6:12] = frame[6:12], GUEST_MAC if frame[0] & 1 else frame[0:6]
    ethertype = int.from_bytes(frame[12:14], "big")
    if ethertype == ETHERTYPE_IPV4:
        back[26:30], back[30:34] = frame[30:34], frame[26:30]
        back[34:36], back[36:38] = frame[36:38], frame[34:36]
    elif ethertype == ETHERTYPE_IPV6:
        back[22:38], back[38:54] = frame[38:54], frame[22:38]
        back[54:56], back[56:58] = frame[56:58], frame[54:56]
    return bytes(back)


def is_to_reflect(frame):
    ethertype = int.from_bytes(frame[12:14], "big")
    return (ethertype in (ETHERTYPE_LOCAL, ETHERTYPE_ARP) or
            ethertype == ETHERTYPE_IPV4 and frame[23] == PROTOCOL_UDP or
            ethertype == ETHERTYPE_IPV6 and frame[20] == PROTOCOL_UDP)


def guest(device, address, other, ready_file, go_file, echoes, *destinations):
    """A guest at a tap device whose frames the kernel cuts (struct virtio_net_hdr): sends a large
    one over TCP and UDP to each destination, and returns a number of frames byte for byte."""
    end = time.monotonic() + 20
    with open("/dev/net/tun", "r+b", buffering=0) as wire:
        fcntl.ioctl(wire, TUNSETIFF, struct.pack("16sH22x", device.encode(),
                                                 IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        for words in (f"address add {address}/24 dev {device}", f"link set {device} up",
                      f"neighbour replace {other} lladdr {GUEST_MAC.hex(':')} dev {device}"):
            subprocess.run(["ip", *words.split()], check=True)
        host = mac_of(device)
        open(ready_file, "w").close()
        while not os.path.exists(go_file) and time.monotonic() < end:
            time.sleep(0.05)
        number = 100
        for destination in destinations:
            for gso, segments in ((GSO_TCPV4, 6), (GSO_UDP_L4, 5)):
                number += 1
                virtio, packet = large_send(gso, other, destination, 1000, segments, number)
                wire.write(virtio + host + GUEST_MAC + b"\x08\0" + packet)
        left = int(echoes)
        while left:
            frame = wire.read(65536)[10:]
            if is_to_reflect(frame):
                wire.write(bytes(10) + reflection(frame))
                left -= 1


def arp_request(sender_mac, sender, wanted):
    return struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, 1) + sender_mac + socket.inet_aton(
        sender) + bytes(6) + socket.inet_aton(wanted)


def reflected(device, other, address6, port, count):
    """Sends the guest a number of datagrams over IPv4 and IPv6, frames of an Ethertype of its own,
    and ARP requests: to the guest itself for the hosts 10.84.8.N, and as broadcasts for
    10.84.9.N."""
    host = mac_of(device)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four, \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six, \
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for number in range(int(count)):
            payload = pattern(64, 64 * number)
            four.sendto(payload, (other, int(port)))
            six.sendto(payload, (address6, int(port)))
            raw.send(GUEST_MAC + host + struct.pack("!H", ETHERTYPE_LOCAL) + payload)
            for station, net in ((GUEST_MAC, 8), (mac("ff:ff:ff:ff:ff:ff"), 9)):
                raw.send(station + host + struct.pack("!H", ETHERTYPE_ARP) +
                         arp_request(host, "10.84.0.1", f"10.84.{net}.{number}"))
            time.sleep(0.005)


MARK = b"no packet of the network "


def unix_pair(kind, count):
    """Messages, the last of which are unread when the sockets are closed: these are dropped."""
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    for number in range(count):
        one.send(MARK * 4)
        if number % 10:
            other.recv(4096)
    one.close()
    other.close()


def unix_refused():
    """A datagram for a socket that no longer exists."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.close()
    try:
        one.send(MARK)
    except ConnectionRefusedError:
        pass
    one.close()


def netlink_dump():
    """Requests all links, and does not read the whole reply."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asker:
        asker.bind((0, 0))
        asker.send(struct.pack("=IHHIIBBHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0, 0))
        asker.recv(100)


def vsock():
    """To this host itself; if the kernel has no route, trying is enough."""
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
    """Data that never leaves the host's own sockets."""
    vsock()
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            unix_pair(kind, 50)
        unix_refused()
        netlink_dump()


def main():
    commands = {"vlan-echo": vlan_echo, "without-ethertype": without_ethertype, "frame": frame,
                "udp": udp, "udp-and-rises": udp_and_rises,
                "udp-numbered": udp_numbered, "in-tunnel": in_tunnel, "raw": raw, "local": local, "tun": tun,
                "guest": guest, "reflected": reflected, "hold": hold, "tcp-send": tcp_send,
                "tcp-receive": tcp_receive, "tcp-flood": tcp_flood, "tcp-sink": tcp_sink}
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
