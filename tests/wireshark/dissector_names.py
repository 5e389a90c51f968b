#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_names.py FILE COUNT: writes COUNT components, and at each of them a packet that is
observed, then dropped for a reason of its own, and a reading of counters."""
import sys

from dissector_pcapng import interface, section
from dissector_records import (CAPTURE_ID, COMPONENT, COPY, DROPPED, EDGE, GROUP, LOWER, PACKETS_IN,
                               REASON, RECORD_COUNTERS, RECORD_PACKET, UPPER, component, frame)


def frames(number):
    common = {CAPTURE_ID: 1, COMPONENT: number}
    seen = common | {GROUP: number, COPY: 1}
    yield component(number, f"veth{number}", "veth")
    yield frame(1, 3 * number, RECORD_PACKET, seen | {EDGE: UPPER})
    yield frame(1, 3 * number + 1, RECORD_PACKET,
                seen | {EDGE: LOWER, DROPPED: 1, REASON: f"REASON_{number}"})
    yield frame(0, 3 * number + 2, RECORD_COUNTERS, common | {EDGE: LOWER, PACKETS_IN: 1})


def main(path, count):
    with open(path, "wb") as file:
        file.write(section() + interface("@pktmon") + interface("veth"))
        for number in range(1, int(count) + 1):
            for one in frames(number):
                file.write(one)


main(*sys.argv[1:])
