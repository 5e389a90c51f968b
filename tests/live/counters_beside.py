#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether counters agree with what was sent and with the kernel's counters, apart from packets that they
report as missing: counters_beside.py counters PREFIX COUNT DIRECTORY | session COUNT COUNTED NOTICES
"""
import json
import pathlib
import re
import sys

UNSEEN = re.compile(r"(\d+) packets? (?:was|were) not seen at the devices that sent them")
UNTRACED = re.compile(r"(\d+) packets? passed devices while the kernel ran no tracing program")

# Packets of both senders pass all of these places; (component, counter): In, Out.
EXACT = {("a/netfilter", "output"): (2, 2), ("a/netfilter", "postrouting"): (2, 2),
         ("r/left", "Lower"): (2, 0), ("r/netfilter", "prerouting"): (2, 2),
         ("r/netfilter", "forward"): (2, 2), ("r/netfilter", "postrouting"): (2, 2),
         ("b/eth0", "Lower"): (2, 0), ("b/netfilter", "prerouting"): (2, 2),
         ("b/netfilter", "input"): (2, 1), ("b/sockets", "Lower"): (1, 0)}
# Visible to tracing programs only.
SENT = [("a/eth0", "Lower"), ("r/right", "Lower")]
RECEIVED = [("r/left", "Upper"), ("b/eth0", "Upper")]
OTHER = {("a/eth0", "Upper"): (0, 2), ("a/eth0", "qdisc"): (2, 2), ("r/right", "Upper"): (0, 2),
         ("r/right", "qdisc"): (2, 2), ("b/netfilter", "Drop"): (1, 0)}


def told(pattern, text):
    return sum(int(number) for number in pattern.findall(text))


def table(text, prefix):
    groups = json.loads(text.strip().splitlines()[-1])
    return {(component["Name"].removeprefix(prefix + "-"), counter["Name"]):
            (counter["Inbound"]["Packets"], counter["Outbound"]["Packets"])
            for group in groups for component in group["Components"]
            for counter in component["Counters"]}


def of_kernel(directory):
    before, after = ({name: (received, sent) for name, received, sent in
                      map(json.loads, (directory / file).read_text().splitlines())}
                     for file in ("before", "after"))
    return {name: tuple(now - then for now, then in zip(after[name], before[name]))
            for name in after}


def check_counters(prefix, count, directory):
    count, directory = int(count), pathlib.Path(directory)
    said = (directory / "counters.err").read_text()
    unseen, untraced = told(UNSEEN, said), told(UNTRACED, said)
    got = table((directory / "counters.json").read_text(), prefix)
    kernel, faults = of_kernel(directory), []
    for place, wanted in EXACT.items():
        wanted = tuple(part * count for part in wanted)
        if got[place] != wanted:
            faults.append(f"{place}: {got[place]} instead of {wanted}")
    for name in ("r/left", "b/eth0"):
        if kernel[name][0] != got[name, "Lower"][0]:
            faults.append(f"{name}: received {kernel[name][0]}")
    missing = sum(kernel[name][1] - got[name, "Lower"][1] for name, _ in SENT)
    if missing != unseen:
        faults.append(f"sent by devices: {missing} are missing, {unseen} as told")
    missing = sum(2 * count - got[place][0] for place in RECEIVED)
    if missing != untraced:
        faults.append(f"received by upper edges: {missing} are missing, {untraced} as told")
    for place, wanted in OTHER.items():
        missing = max(part * count - packets for part, packets in zip(wanted, got[place]))
        if not 0 <= missing <= untraced:
            faults.append(f"{place}: {got[place]}, {missing} missing, at most {untraced} as told")
    if faults:
        sys.exit("\n".join(faults))
    for name, _ in SENT:
        print(f"tx_packets of {name} in `ip -s link`, and Lower Out", kernel[name][1],
              got[name, "Lower"][1], sep="\t")
    print("the difference of both, and what was told to be missing",
          sum(kernel[name][1] - got[name, "Lower"][1] for name, _ in SENT), unseen, sep="\t")


def check_session(count, counted, notices):
    """Counters of the lower edges of four devices, which packets of both senders pass."""
    unseen = told(UNSEEN, pathlib.Path(notices).read_text())
    if int(counted) + unseen != 4 * 2 * int(count):
        sys.exit(f"the session counted {counted}, and told that {unseen} are missing: "
                 f"instead of {8 * int(count)}")


if __name__ == "__main__":
    {"counters": check_counters, "session": check_session}[sys.argv[1]](*sys.argv[2:])
