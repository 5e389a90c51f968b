#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic of the live tests: traffic.py COMMAND [ARGUMENT ...]; see the functions below."""
import socket
import struct
import sys
import time

ETHERTYPE_IPV4, ETHERTYPE_VLAN, PROTOCOL_ICMP, ECHO_REQUEST = 0x0800, 0x8100, 1, 8
IDENTIFIER = 0x7AB5
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


def main():
    commands = {"vlan-echo": vlan_echo, "udp": udp}
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
