#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the counts of `pktmon counters --json` with the kernel's own counters over the same time, to
the packet and the byte: counters_exact.py COMMAND [ARGUMENT ...]; see the functions below.
"""
import json
import signal
import socket
import struct
import subprocess
import sys

from traffic import ipv4, mac

ETHERTYPE_IPV4 = 0x0800
PROTOCOL_NOBODY_KNOWS = 253  # RFC 3692: for experiments

ETHERNET_HEADER = 14

# The kernel's counters (/proc/net/snmp and netstat), and the corresponding drop reasons.
PROTOCOLS = {
    "Udp.NoPorts": ["NO_SOCKET"],
    "Udp.RcvbufErrors": ["SOCKET_RCVBUFF"],
    "Udp.InErrors": ["SOCKET_RCVBUFF"],
    "Ip.InHdrErrors": ["IP_INHDR", "IP_CSUM"],
    "Ip.InUnknownProtos": ["IP_NOPROTO"],
    "IpExt.InNoRoutes": ["IP_INNOROUTES"],
}


# The ends of the veth pairs, without the prefix of the test's namespaces.
PAIRS = {"a/eth0": "sw/port-a", "b/eth0": "sw/port-b", "r/eth0": "sw/port-r", "r/right": "c/eth0"}
PEERS = PAIRS | {other: one for one, other in PAIRS.items()}


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def protocol_counters(text):
    """Parses lines in pairs: "Udp: InDatagrams NoPorts ..." and "Udp: 5 0 ..."."""
    values = {}
    lines = text.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2]):
        name, *columns = names.split()
        for column, number in zip(columns, numbers.split()[1:]):
            values[name[:-1] + "." + column] = int(number)
    return values


def snapshot(*namespaces):
    """Prints the kernel's counters, as JSON."""
    kernel = {}
    for namespace in namespaces:
        links = json.loads(run("ip", "-n", namespace, "-s", "-j", "link"))
        text = run("ip", "netns", "exec", namespace, "cat", "/proc/net/snmp", "/proc/net/netstat")
        kernel[namespace] = {
            "protocols": protocol_counters(text),
            "links": {link["ifname"]: {way + "_" + what: link["stats64"][way][what]
                                       for way in ("rx", "tx")
                                       for what in ("packets", "bytes", "dropped")}
                      for link in links}}
    print(json.dumps(kernel))


def difference(before, after):
    if isinstance(after, dict):
        return {key: difference(before.get(key, type(value)()), value)
                for key, value in after.items()}
    return after - before


def counted(lines):
    """The last table: (component, counter) -> its object."""
    groups = json.loads(lines.strip().splitlines()[-1])
    return {(component["Name"], counter["Name"]): counter
            for group in groups for component in group["Components"]
            for counter in component["Counters"]}


def of_edge(counter):
    return {"rx_packets": counter["Inbound"]["Packets"], "rx_bytes": counter["Inbound"]["Bytes"],
            "tx_packets": counter["Outbound"]["Packets"], "tx_bytes": counter["Outbound"]["Bytes"]}


def dropped_by_queue(counters, name):
    """Packets that reached a veth device, and found no room in the queue of a processor."""
    reasons = counters[name, "Drop"].get("Reasons", [])
    return next((reason["Inbound"] for reason in reasons if reason["Name"] == "CPU_BACKLOG"),
                {"Packets": 0, "Bytes": 0})


def expected_of_device(name, link, kind, counters):
    """The kernel's counters of a device converted to ours, which count frames with their Ethernet
    header, at the handover to or from the device."""
    wanted = {key: value for key, value in link.items() if not key.endswith("_dropped")}
    peer = PEERS.get(name.split("-", 1)[1])
    for way, device in (("tx", peer and name.split("-")[0] + "-" + peer), ("rx", peer and name)):
        if device:  # the kernel counts XDP-forwarded frames at both devices
            lost = dropped_by_queue(counters, device)
            wanted[way + "_packets"] += lost["Packets"]
            wanted[way + "_bytes"] += lost["Bytes"]
    # A bridge removes the header before it counts what it hands up; loopback does so in both
    # directions.
    if kind in ("bridge", "loopback"):
        wanted["rx_bytes"] += ETHERNET_HEADER * wanted["rx_packets"]
    if kind == "loopback":
        wanted["tx_bytes"] += ETHERNET_HEADER * wanted["tx_packets"]
    return wanted


def reasons_of(counters, namespace):
    sums = {}
    for (component, counter), value in counters.items():
        if counter == "Drop" and component.startswith(namespace + "/"):
            for reason in value.get("Reasons", []):
                sums[reason["Name"]] = (sums.get(reason["Name"], 0) + reason["Inbound"]["Packets"]
                                        + reason["Outbound"]["Packets"])
    return sums


def compare_devices(namespace, links, counters, kinds):
    faults = []
    for device, link in links.items():
        name = f"{namespace}/{device}"
        wanted = expected_of_device(name, link, kinds[name], counters)
        got = of_edge(counters[name, "Lower"])
        print(name, wanted)
        faults += [f"{name} {key}: kernel {value}, pktmon {got[key]}"
                   for key, value in wanted.items() if got[key] != value]
    return faults


def compare_protocols(namespace, protocols, counters):
    sums = reasons_of(counters, namespace)
    faults = []
    print(namespace, "drops:", sums)
    for name, reasons in PROTOCOLS.items():
        got = sum(sums.get(reason, 0) for reason in reasons)
        if got != protocols[name]:
            faults.append(f"{namespace} {name}: kernel {protocols[name]}, pktmon {got}")
    return faults


def kinds_of(lines):
    groups = json.loads(lines.strip().splitlines()[-1])
    return {component["Name"]: component["Type"]
            for group in groups for component in group["Components"]}


def compare(before_file, after_file, counters_file):
    """Prints the comparison; ends with the faults."""
    with open(before_file) as before, open(after_file) as after, open(counters_file) as lines:
        kernel = difference(json.load(before), json.load(after))
        text = lines.read()
    counters, kinds, faults = counted(text), kinds_of(text), []
    for namespace, values in kernel.items():
        faults += compare_devices(namespace, values["links"], counters, kinds)
        faults += compare_protocols(namespace, values["protocols"], counters)
    faults += [f"{name}: nothing in the kernel's counter" for name in PROTOCOLS
               if not any(values["protocols"][name] for values in kernel.values())]
    if faults:
        sys.exit("\n".join(faults))


def odd(device, source_mac, router_mac, source, destination, count):
    """Packets for which the kernel has a separate counter: with a wrong header checksum, with a TTL
    that expires at the router, of an unknown protocol, and for an address to which the router
    has no route."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for number in range(int(count)):
            good = ipv4(source, destination, PROTOCOL_NOBODY_KNOWS, bytes(64), number)
            lost = ipv4(source, "192.0.2.1", PROTOCOL_NOBODY_KNOWS, bytes(64), number)
            for packet in (good, lost, wrong_checksum(good), short_lived(good)):
                raw.send(mac(router_mac) + mac(source_mac) + struct.pack("!H", ETHERTYPE_IPV4)
                         + packet)


def wrong_checksum(packet):
    return packet[:10] + bytes((packet[10] ^ 0xFF, packet[11])) + packet[12:]


def short_lived(packet):
    """TTL 1; the checksum is adjusted for the difference."""
    lost = (packet[8] - 1) << 8
    sum_ = struct.unpack("!H", packet[10:12])[0] + lost
    sum_ = (sum_ & 0xFFFF) + (sum_ >> 16)
    return packet[:8] + b"\1" + packet[9:10] + struct.pack("!H", sum_) + packet[12:]


def deaf(port, buffer_size, ready_file):
    """A UDP socket that is never read, until the process is killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(buffer_size))
        receiver.bind(("0.0.0.0", int(port)))
        open(ready_file, "w").close()
        signal.pause()


if __name__ == "__main__":
    {function.__name__: function for function in (snapshot, compare, odd, deaf)}[sys.argv[1]](
        *sys.argv[2:])
