#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dissector_statistics.py OUTPUT: writes cases that the statistics have to distinguish or
tolerate."""
import sys

from dissector_records import *

# The fifth component belongs to another capture, and has the name of the first one.
NAMES = ["eth0", "eth1", "ipv4", "nameless", "eth0"]
ETH0, ETH1, IPV4, NAMELESS, OTHERS_ETH0 = range(1, 6)
QUEUE = {EDGE_NAME: "qdisc"}
LOST_ROUTE = {REASON: "IP_OUTNOROUTES", LOCATION: "ip_forward+0x12"}
GREATEST_U64 = 2**64 - 1

FRAMES = [
    component(ETH0, "eth0", "physical"),
    component(ETH1, "eth1", "veth"),
    component(IPV4, "ipv4", "ipv4"),
    component(OTHERS_ETH0, "eth0", "physical", capture=2),
    # two packets wait in the queue of eth0, 10 and 30 us; another one passes without waiting
    seen(100, 1, ETH0, QDISC, IN, QUEUE),
    seen(110, 1, ETH0, QDISC, OUT, QUEUE),
    seen(112, 1, ETH0, LOWER, TX),
    seen(200, 2, ETH0, QDISC, IN, QUEUE),
    seen(230, 2, ETH0, QDISC, OUT, QUEUE),
    seen(234, 2, ETH0, LOWER, TX),
    seen(300, 3, ETH1, LOWER, RX),
    seen(301, 3, ETH0, LOWER, TX),
    # three drops for two reasons at two places, and a copy that is released for one of the reasons
    seen(400, 4, IPV4, 0, RX, {DROPPED: 1, **LOST_ROUTE}),
    seen(401, 5, IPV4, 0, RX, {DROPPED: 1, **LOST_ROUTE}),
    seen(402, 6, ETH1, QDISC, IN, {DROPPED: 1, CODE: 77, **QUEUE}),
    seen(403, 7, ETH1, LOWER, RX, {COPY: 1}),
    seen(405, 7, IPV4, 0, RX, {COPY: 2, COPY_OF: 1, COPY_RELEASED: 1, **LOST_ROUTE}),
    # no group, no name, an unknown edge
    seen(500, 0, NAMELESS, 9, 0),
    # the other capture has a group 1 and an eth0 too
    seen(600, 1, OTHERS_ETH0, LOWER, TX, capture=2),
    # counters grow beyond the range of a statistic's number; drops beside them
    counters(700, ETH0, {EDGE: LOWER, PACKETS_IN: 1, BYTES_IN: 2, PACKETS_OUT: 3, BYTES_OUT: 4}),
    counters(701, ETH0, {EDGE: UPPER, PACKETS_IN: 5, BYTES_IN: 6, PACKETS_OUT: 7, BYTES_OUT: 8}),
    counters(
        702, ETH0, {DROPS_IN: 9, DROP_BYTES_IN: 10, DROPS_OUT: 0, DROP_BYTES_OUT: 12}
    ),
    counters(
        800,
        ETH0,
        {EDGE: LOWER, PACKETS_IN: 11, BYTES_IN: 2**32 - 1, PACKETS_OUT: 2**32, BYTES_OUT: GREATEST_U64},
    ),
    counters(
        801,
        OTHERS_ETH0,
        {EDGE: LOWER, PACKETS_IN: 21, BYTES_IN: 22, PACKETS_OUT: 23, BYTES_OUT: 24},
        capture=2,
    ),
]

write(sys.argv[1], NAMES, FRAMES)
