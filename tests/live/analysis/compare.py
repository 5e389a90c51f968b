#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what tshark makes of a capture of the packets view with what it makes of tcpdump's.

    compare.py OURS FILTER THEIRS FILTER [PIECES]

Both are files; the filters choose the frames that are compared. PIECES is a filter of fragments that come
from outside: these are frames in both files. tshark is run as it is in PATH: the caller sets the user
and the plugins. Prints what differs, a line each, and nothing if all is equal.
"""

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


PROTOCOLS = ("frame", "tcp", "udp", "icmp", "icmpv6", "http")


def tshark(file, *options):
    return subprocess.run(["tshark", "-n", "-r", file, *options], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def over_time(file, filters):
    """-z io,stat: frames and bytes of each filter. One interval: the first frame has another time."""
    lines = tshark(file, "-2", "-q", "-z", ",".join(("io,stat,0", *filters))).splitlines()
    numbers = re.findall(r"\d+", "".join(line.split("|", 2)[2] for line in lines if "<>" in line))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def found(pattern, text):
    """What the pattern finds in each line."""
    matches = (re.match(pattern, line) for line in text.splitlines())
    return [" ".join(one.groups()) for one in matches if one]


# Times and rates are those of another place.
CONVERSATION = r"(\S+) +<-> (\S+) +" + " +".join(6 * [r"(\d+(?: [kM]B| bytes)?)"]) + " "  # frames, bytes
ECHOES = r"(\d+) +(\d+) +(\d+) +[\d.]+%"  # requests, replies, lost ones
TOPIC = r"(.+?)  +(\d+) "  # and count
BEFORE_TOPICS = "HTTP/Packet Counter"


def tables(file, chosen):
    """Other statistics of tshark, which it makes in one run: their names and rows."""
    whole = f"({chosen}) && ({WHOLE})"
    taps = [f"http,tree,{chosen}"]
    taps += [f"{tap},{whole}" for tap in ("conv,tcp", "conv,udp", "icmp,srt", "icmpv6,srt")]
    text = tshark(file, "-q", *(word for tap in taps for word in ("-z", tap)))
    yield "conversations", sorted(found(CONVERSATION, text))
    yield "echoes, ICMPv6 and ICMP", found(ECHOES, text)
    yield "HTTP", found(TOPIC, text.split(BEFORE_TOPICS)[1].split("\n\n")[0])


def reassembled(file, pieces):
    """Each fragment, the one where its datagram was put together, and what that is."""
    fields = ("frame.number", "ip.id", "ip.frag_offset", "ipv6.fraghdr.ident", "ipv6.fraghdr.offset",
              "ip.reassembled_in", "ipv6.reassembled.in", "ip.reassembled.data", "ipv6.reassembled.data")
    shown = [option for field in fields for option in ("-e", field)]
    fragment = "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr"
    lines = [line.split("\t") for line in tshark(
        file, "-2", "-Y", f"({pieces}) && ({fragment}) && !icmp.type == 11 && !icmpv6.type == 3", "-T", "fields",
        *shown).splitlines()]
    if not lines:
        sys.exit(f"no fragments from outside in {file}")
    names = {line[0]: "/".join(line[1:5]) for line in lines}
    return [" ".join((names[number], names.get(at4 + at6, at4 + at6 or "-"),
                      hashlib.md5((data4 + data6).encode()).hexdigest()))
            for number, _, _, _, _, at4, at6, data4, data6 in lines]


def statistics(file, chosen, pieces):
    """All that is compared: names, and what each is a list of."""
    filters = [f"({chosen}) && ({expression})" for expression in COUNTS.values()]
    filters += [f"({chosen}) && ({WHOLE}) && {protocol}" for protocol in PROTOCOLS]
    counts = over_time(file, filters)
    for name, (frames, _) in zip(COUNTS, counts):
        yield name, [frames]
    for name, one in zip(PROTOCOLS, counts[len(COUNTS):]):
        yield f"frames and bytes of {name}", one
    yield from tables(file, chosen)
    if pieces:
        yield "reassembled", reassembled(file, f"({chosen}) && ({pieces})")


def differences(ours, our_filter, theirs, their_filter, pieces=""):
    for (name, got), (_, wanted) in zip(statistics(ours, our_filter, pieces),
                                        statistics(theirs, their_filter, pieces), strict=True):
        if got != wanted:
            yield "\n".join((f"{name} of ours:", *got, "of tcpdump's:", *wanted))


if __name__ == "__main__":
    for fault in differences(*sys.argv[1:]):
        print(fault)
