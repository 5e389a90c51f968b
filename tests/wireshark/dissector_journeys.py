#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_journeys.py OUTPUT writes packets that travel in copies and segments."""
import sys

from dissector_records import *

NIC, VETH, STRANGER = 1, 2, 3

FRAMES = [
    component(NIC, "wan", "physical"),  # frame 1
    component(VETH, "lan", "veth"),
    # 3-5: forwarded; the clock was set back in between
    seen(10, 1, VETH, LOWER, RX),
    seen(30, 1, NIC, UPPER, TX),
    seen(20, 1, NIC, LOWER, TX),
    # 6-7: the same, but a record was lost
    seen(40, 2, VETH, LOWER, RX),
    seen(41, 2, NIC, LOWER, TX, {LOST: 1}),
    # 8-9: dropped, but a record was lost
    seen(50, 3, VETH, LOWER, RX, {LOST: 1}),
    seen(52, 3, VETH, 0, 0, {DROPPED: 1}),
    # 10-14: two copies, one of which leaves by the network card
    seen(60, 4, VETH, LOWER, RX),
    seen(61, 4, VETH, UPPER, RX, {COPY: 1}),
    seen(62, 4, NIC, UPPER, TX),
    seen(64, 4, VETH, LOWER, TX, {COPY: 1}),
    seen(68, 4, NIC, LOWER, TX),
    # 15-18: two segments of one packet
    seen(70, 5, VETH, UPPER, TX, {PACKET_NUMBER: 1}),
    seen(71, 5, VETH, UPPER, TX, {PACKET_NUMBER: 2}),
    seen(72, 5, VETH, LOWER, TX, {PACKET_NUMBER: 1}),
    seen(73, 5, VETH, LOWER, TX, {PACKET_NUMBER: 2}),
    # 19: the same group number in another capture, where the component is not described
    seen(80, 1, NIC, LOWER, TX, capture=2),
    # 20: a component described by its interface only
    seen(90, 6, STRANGER, LOWER, TX),
    # 21: no group, no journey
    seen(95, 0, NIC, LOWER, TX),
    # 22-26: a flood; the second copy is made at the first's second appearance, the third from the
    # second copy
    seen(100, 7, VETH, LOWER, RX, {COPY: 1}),
    seen(101, 7, VETH, UPPER, RX, {COPY: 1}),
    seen(103, 7, NIC, LOWER, TX, {COPY: 2, COPY_OF: 1}),
    seen(106, 7, VETH, LOWER, TX, {COPY: 1}),
    seen(110, 7, STRANGER, LOWER, TX, {COPY: 3, COPY_OF: 2}),
    # 27-32: a large send, cut in two; the second segment is copied
    seen(120, 8, VETH, UPPER, TX, {COPY: 1}),
    seen(122, 8, VETH, LOWER, TX, {COPY: 1, PACKET_NUMBER: 1}),
    seen(123, 8, VETH, LOWER, TX, {COPY: 1, PACKET_NUMBER: 2}),
    seen(127, 8, NIC, LOWER, RX, {COPY: 1, PACKET_NUMBER: 1}),
    seen(129, 8, NIC, LOWER, RX, {COPY: 2, COPY_OF: 1, PACKET_NUMBER: 2}),
    seen(130, 8, NIC, LOWER, RX, {COPY: 1, PACKET_NUMBER: 2}),
    # 33-35: a copy of a copy that was never observed, and a notice in between
    seen(140, 9, VETH, LOWER, TX, {COPY: 3, COPY_OF: 2}),
    event(141, VETH, {EVENT_ID: EVENT_TROUBLE, GROUP: 9, EVENT_MESSAGE: "sent again"}),
    seen(142, 9, NIC, LOWER, TX, {COPY: 3, COPY_OF: 2}),
]

write(sys.argv[1], ["wan", "lan", "stranger"], FRAMES)
