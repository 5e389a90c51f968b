# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets of many protocols, made from the specifications, for tests of their text."""
import random
import struct

MAC_A, MAC_B = bytes.fromhex("02aabbccdd01"), bytes.fromhex("02aabbccdd02")
A4, B4 = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
A6, B6 = bytes.fromhex("20010db8" + "00" * 11 + "01"), bytes.fromhex("fe80" + "00" * 13 + "02")
TCP_OPTIONS = bytes.fromhex("020405b4" "0402" "080a0001e240000f1206" "01" "030307")
HTTP = b"GET /index.html HTTP/1.1\r\nHost: example.com\r\nX-MAC: 00:11:22:33:44:5a\r\n\r\n"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ether(payload, ethertype=0x0800, destination=MAC_B):
    return destination + MAC_A + struct.pack("!H", ethertype) + payload


def ipv4(protocol, payload, fragment=0x4000, options=b""):
    length = 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH", 0x40 + 5 + len(options) // 4, 0, length, 7, fragment, 64, protocol, 0)
    rest = A4 + B4 + options
    return head[:10] + struct.pack("!H", checksum(head + rest)) + rest + payload


def ipv6(protocol, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 255) + A6 + B6 + payload


def udp(source, destination, payload):
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def tcp(flags, payload=b"", options=b"", source=51000, destination=443, seq=4207539416):
    size = 20 + len(options)
    return struct.pack("!HHIIBBHHH", source, destination, seq, 3453818831, size // 4 << 4, flags,
                       507, 0, 0) + options + payload


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def dns(number, flags, question, answer=b""):
    return struct.pack("!HHHHHH", number, flags, 1, 1 if answer else 0, 0, 0) + question + answer


def dhcp():
    options = bytes.fromhex("63825363" "350101" "3d0701" + MAC_A.hex() + "0c047061727a" "ff")
    return struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x12345678, 0, 0) + bytes(16) + MAC_A + bytes(10 + 192) + options


def arp(operation, target_mac=bytes(6)):
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + MAC_A + A4 + target_mac + B4


def neighbour(kind):
    body = struct.pack("!BBHI", kind, 0, 0, 0) + B6 + bytes([1, 1]) + MAC_A
    return ipv6(58, body)


def vxlan(port):
    inner = ether(ipv4(6, tcp(0x02, options=TCP_OPTIONS)))
    return ipv4(17, udp(40000, port, bytes.fromhex("0800000000002a00") + inner))


def ip_packets():
    """A packet without a link header."""
    question = name("www.example.com") + bytes.fromhex("00010001")
    answer = bytes.fromhex("c00c000100010000003c0004c0000201")
    netbios = b"\x20" + b"EBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEB" + b"\0" + bytes.fromhex("00200001")
    quoted = ipv4(17, udp(1000, 2000, b"gone"))
    return [
        ipv4(6, tcp(0x02, options=TCP_OPTIONS)),
        ipv4(6, tcp(0x12, options=bytes.fromhex("020405b40101040201030308"))),
        ipv4(6, tcp(0x10)),
        ipv4(6, tcp(0x18, b"x" * 110)),
        ipv4(6, tcp(0x11)),
        ipv4(6, tcp(0x14)),
        ipv4(6, tcp(0x18, HTTP, destination=80)),
        ipv4(6, tcp(0x18, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", source=80)),
        ipv4(6, tcp(0x10, bytes(40), options=bytes.fromhex("0101050a00000001000000020101")[:12])),
        ipv4(17, udp(40000, 53, dns(58668, 0x0100, question))),
        ipv4(17, udp(53, 40000, dns(58668, 0x8180, question, answer))),
        ipv4(17, udp(5353, 5353, dns(0, 0, name("_http._tcp.local") + bytes.fromhex("000c0001")))),
        ipv4(17, udp(137, 137, struct.pack("!HHHHHH", 1, 0x0110, 1, 0, 0, 0) + netbios)),
        ipv4(17, udp(68, 67, dhcp())),
        ipv4(17, udp(50005, 50005, b"z" * 374)),
        ipv4(1, struct.pack("!BBHHH", 8, 0, 0, 18, 1) + bytes(56)),
        ipv4(1, struct.pack("!BBHHH", 3, 3, 0, 0, 0) + quoted),
        ipv4(1, struct.pack("!BBHHH", 11, 0, 0, 0, 0) + quoted),
        ipv4(2, bytes.fromhex("1600ee00e0000001")),
        ipv4(17, b"rest of a datagram", fragment=0x2010),
        ipv4(47, bytes.fromhex("00000800") + quoted),
        ipv4(50, bytes.fromhex("00000001" "00000002") + bytes(24)),
        ipv4(6, tcp(0x10), options=bytes.fromhex("94040000")),
        ipv6(6, tcp(0x18, b"y")),
        ipv6(17, udp(1900, 1900, b"M-SEARCH * HTTP/1.1\r\n\r\n")),
        ipv6(58, struct.pack("!BBHHH", 128, 0, 0, 1, 2) + bytes(8)),
        neighbour(135),
        neighbour(136),
        vxlan(4789),
        vxlan(8472),
    ]


def ethernet_packets():
    garbage = random.Random(10)
    lldp = bytes.fromhex("0207 04 02aabbccdd01 0403 05 6531 060200780000".replace(" ", ""))
    stp = bytes.fromhex("4242030000000000" "8000" "02aabbccdd01" "00000000" "8000" "02aabbccdd01" "8001"
                        "0000140002000f00")
    frames = [ether(packet, 0x86DD if packet[0] >> 4 == 6 else 0x0800) for packet in ip_packets()]
    frames += [
        ether(arp(1), 0x0806, b"\xff" * 6),
        ether(arp(1, MAC_B), 0x0806),
        ether(arp(2, MAC_B), 0x0806),
        ether(bytes.fromhex("6064") + struct.pack("!H", 0x0800) + ipv4(6, tcp(0x10)), 0x8100),
        ether(lldp, 0x88CC, bytes.fromhex("0180c200000e")),
        ether(stp, len(stp), bytes.fromhex("0180c2000000")),
        ether(b"\n[00]0000.0000:: a line of nobody\n\0\x1b[31m" * 3, 0x88B5),
    ]
    frames += [frame[:cut] for frame in frames[:30] for cut in (13, 20, 35, 50)]
    frames += [bytes(garbage.randrange(256) for _ in range(garbage.randrange(1, 200))) for _ in range(40)]
    frames += [ether(bytes(garbage.randrange(256) for _ in range(garbage.randrange(1, 200)))) for _ in range(40)]
    return frames


def wifi_packets():
    llc = bytes.fromhex("aaaa03000000")
    head = bytes.fromhex("08010000") + MAC_B + MAC_A + bytes.fromhex("02aabbccdd03") + bytes(2)
    return [head + llc + struct.pack("!H", 0x86DD if packet[0] >> 4 == 6 else 0x0800) + packet
            for packet in ip_packets()[:12]]
