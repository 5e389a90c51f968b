#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what tshark makes of a capture of the packets view with what it makes of tcpdump's.

    compare.py OURS FILTER THEIRS FILTER

Both are files; the filters choose the frames that are compared. tshark is run as it is in PATH: the
caller sets the user and the plugins. Prints what differs, a line each, and nothing if all is equal.
"""

import collections
import subprocess
import sys

# Frames that a filter matches.
# Datagrams that a host cut are whole in our file, and reassembled from fragments in tcpdump's.
COUNTS = {
    # Whether a window is full depends on where the acknowledgement was seen: ours at its sender.
    "TCP faults": "tcp.analysis.flags && !tcp.analysis.window_full",
    "requests without a reply": "icmp.resp_not_found || icmpv6.resp_not_found",
    "pings and replies": "icmp.type == 8 || icmp.type == 0 || icmpv6.type == 128 || icmpv6.type == 129",
    "ICMP errors": "icmp.type == 3 || icmpv6.type == 1",
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


def differences(ours, our_filter, theirs, their_filter):
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
    got, wanted = total(ours, our_filter), total(theirs, their_filter)
    if got != wanted:
        yield f"total: {got} in ours, {wanted} in tcpdump's"


if __name__ == "__main__":
    for fault in differences(*sys.argv[1:]):
        print(fault)
