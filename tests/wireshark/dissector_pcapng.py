# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of pcapng and of the metadata record that the dissector's tests read and write.

Written from the format's description (metadata.h), not from the library, so that the two check each
other.
"""
import struct

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
OPTION_NAME, OPTION_TIME_UNIT, OPTION_CUSTOM = 2, 9, 2989
ENTERPRISE = struct.pack("<I", 32473)
MAGIC = b"PKMN"
HEADER_SIZE = 8
FIELD_HEADER_SIZE = 4


def aligned(length):
    return length + -length % 4


def padded(data):
    return data.ljust(aligned(len(data)), b"\0")


def blocks(data):
    """Type and bytes of each block of a file."""
    offset = 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        yield kind, data[offset : offset + length]
        offset += length


def block(kind, body):
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def option(code, value):
    return struct.pack("<HH", code, len(value)) + padded(value)


def section():
    return block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(name):
    """An Ethernet interface whose times are in nanoseconds."""
    options = option(OPTION_NAME, name.encode()) + option(OPTION_TIME_UNIT, b"\x09") + bytes(4)
    return block(INTERFACE, struct.pack("<HHI", 1, 0, 0) + options)


def packet(interface_id, time, data, record):
    head = struct.pack("<IIIII", interface_id, time >> 32, time & 0xFFFFFFFF, len(data), len(data))
    return block(PACKET, head + padded(data) + option(OPTION_CUSTOM, ENTERPRISE + record) + bytes(4))


def end_of_data(packet_block):
    """The offset of a packet block's options."""
    return 28 + aligned(struct.unpack_from("<I", packet_block, 20)[0])


def record_of(packet_block):
    """Enterprise number and metadata record of a packet block, or (None, None)."""
    offset = end_of_data(packet_block)
    while True:
        code, length = struct.unpack_from("<HH", packet_block, offset)
        value = packet_block[offset + 4 : offset + 4 + length]
        if code == 0:
            return None, None
        if code == OPTION_CUSTOM and value[4:8] == MAGIC:
            return value[:4], value[4:]
        offset += 4 + aligned(length)


def with_options(packet_block, options):
    return block(PACKET, packet_block[8 : end_of_data(packet_block)] + options + bytes(4))


def metadata(kind, *fields):
    """A record from pairs of field number and value."""
    encoded = b"".join(struct.pack("<HH", n, len(value)) + value for n, value in fields)
    return MAGIC + struct.pack("<BBH", 1, kind, 0) + encoded


def fields_of(record):
    """Offset, number and length of each field of a well-formed record."""
    offset = HEADER_SIZE
    while offset < len(record):
        number, length = struct.unpack_from("<HH", record, offset)
        yield offset, number, length
        offset += FIELD_HEADER_SIZE + length
