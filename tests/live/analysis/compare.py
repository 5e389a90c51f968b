#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what tshark makes of a capture of the packets view with what it makes of tcpdump's.

    compare.py OURS FILTER THEIRS FILTER [PIECES]

Both are files; the filters choose the frames that are compared. PIECES is a filter of fragments that come
from outside: these are frames in both files. tshark is run as it is in PATH: the caller sets the user
and the plugins. Prints what differs, a line each, and nothing if all is equal.
"""

import collections
import hashlib
import re
import subprocess
import sys

# Frames that a filter matches.
# Datagrams that a host cut are whole in our file, and reassembled from fragments in tcpdump's.
COUNTS = {
    # Whether a window is full depends on where the acknowledgement was seen: ours at its sender.
    "TCP faults": "tcp.analysis.flags && !tcp.analysis.window_full",
    "requests without a reply": "icmp.resp_not_found || icmpv6.resp_not_found",
    "pings and replies": "icmp.type == 8 || icmp.type == 0 || icmpv6.type == 128 || icmpv6.type == 129",
    "ICMP errors": "icmp.type == 3 || icmp.type == 11 || icmpv6.type == 1 || icmpv6.type == 3",
    "DNS": "dns",
    "DNS, again": "dns.retransmission",
    "HTTP requests": "http.request",
    "HTTP responses": "http.response",
    "echoes": "udp.port == 7 && !icmp && !icmpv6",
    "malformed": "_ws.malformed",
}

# What is said between hosts of hosts.py, without what was cut: that differs in frames and bytes.
WHOLE = ("(tcp || udp || icmp || icmpv6.type == 128 || icmpv6.type == 129) && "
         "!(ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr || udp.length > 1480 || "
         "(icmp || icmpv6) && frame.len > 1514)")


def tshark(file, *options):
    return subprocess.run(["tshark", "-n", "-r", file, *options], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def count(file, chosen, expression):
    return len(tshark(file, "-2", "-Y", f"({chosen}) && ({expression})", "-T", "fields", "-e",
                      "frame.number").splitlines())


def conversations(file, chosen, kind):
    """Addresses, frames and bytes of both directions: times are those of another place."""
    lines = tshark(file, "-q", "-z", f"conv,{kind},({chosen}) && ({WHOLE})").splitlines()
    rows = (line.split() for line in lines if "<->" in line)
    return collections.Counter(" ".join(row[:11]) for row in rows)


def total(file, chosen):
    """Frames, and bytes of the packets."""
    sizes = tshark(file, "-Y", f"({chosen}) && ({WHOLE})", "-T", "fields", "-e", "frame.len").split()
    return f"{len(sizes)} frames, {sum(map(int, sizes))} bytes"


def rows(file, tap, chosen, pattern):
    """Of a statistic: what the pattern finds in each line."""
    found = (re.match(pattern, line) for line in tshark(file, "-q", "-z", f"{tap},{chosen}").splitlines())
    return [" ".join(one.groups()) for one in found if one]


TOPIC = r"(.+?)  +(\d+) "  # and the count: rates are those of another time
ECHOES = r"(\d+) +(\d+) +(\d+) +[\d.]+%"  # requests, replies, lost ones: times are those of another place


def over_time(file, chosen):
    """Frames and bytes of each protocol. One interval: the first frame has another time."""
    taps = [f"({chosen}) && ({WHOLE}) && {protocol}" for protocol in ("tcp", "udp", "icmp", "icmpv6", "http")]
    lines = tshark(file, "-q", "-z", ",".join(("io,stat,0", *taps))).splitlines()
    return [" ".join(re.findall(r"\d+", line.split("|", 2)[2])) for line in lines if "<>" in line]


def reassembled(file, pieces):
    """Each fragment, the one where its datagram was put together, and what that is."""
    fields = ("frame.number", "ip.id", "ip.frag_offset", "ipv6.fraghdr.ident", "ipv6.fraghdr.offset",
              "ip.reassembled_in", "ipv6.reassembled.in", "ip.reassembled.data", "ipv6.reassembled.data")
    shown = [option for field in fields for option in ("-e", field)]
    fragment = "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr"
    lines = [line.split("\t") for line in tshark(
        file, "-2", "-Y", f"({pieces}) && ({fragment}) && !icmp.type == 11 && !icmpv6.type == 3", "-T", "fields",
        *shown).splitlines()]
    names = {line[0]: "/".join(line[1:5]) for line in lines}
    return [" ".join((names[number], names.get(at4 + at6, at4 + at6 or "-"),
                      hashlib.md5((data4 + data6).encode()).hexdigest()))
            for number, _, _, _, _, at4, at6, data4, data6 in lines]


def statistics(file, chosen, pieces):
    whole = f"({chosen}) && ({WHOLE})"
    yield "http,tree", rows(file, "http,tree", chosen, TOPIC)
    yield "icmp,srt", rows(file, "icmp,srt", whole, ECHOES)
    yield "icmpv6,srt", rows(file, "icmpv6,srt", whole, ECHOES)
    yield "io,stat", over_time(file, chosen)
    if pieces:
        yield "reassembled_in", reassembled(file, f"({chosen}) && ({pieces})")


def differences(ours, our_filter, theirs, their_filter, pieces=""):
    for name, expression in COUNTS.items():
        got, wanted = count(ours, our_filter, expression), count(theirs, their_filter, expression)
        if got != wanted:
            yield f"{name}: {got} in ours, {wanted} in tcpdump's"
    for kind in ("tcp", "udp"):
        got, wanted = conversations(ours, our_filter, kind), conversations(theirs, their_filter, kind)
        for line in (got - wanted):
            yield f"conversation in ours: {line}"
        for line in (wanted - got):
            yield f"conversation in tcpdump's: {line}"
    for (name, got), (_, wanted) in zip(statistics(ours, our_filter, pieces),
                                        statistics(theirs, their_filter, pieces)):
        if got != wanted or not got:
            yield "\n".join((f"{name} of ours:", *got, "of tcpdump's:", *wanted))
    got, wanted = total(ours, our_filter), total(theirs, their_filter)
    if got != wanted:
        yield f"total: {got} in ours, {wanted} in tcpdump's"


if __name__ == "__main__":
    for fault in differences(*sys.argv[1:]):
        print(fault)
