# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Nobody has the port: each packet is answered by an ICMP error, which quotes it, and which is a packet
# of its own.

build_network() {
    surprise
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.119.1.2/24
    address r to-a 10.119.1.1/24
    address b eth0 10.119.2.2/24
    address r to-b 10.119.2.1/24
    route a default via 10.119.1.1
    route b default via 10.119.2.1
    in_namespace b sysctl -qw net.ipv4.icmp_ratelimit=0
    in_namespace b sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000
    serve b receive-udp port=7001
    beside a b 10.119.2.2
    neighbours a 10.119.2.2
}

network_traffic() {
    numbered a udp at=10.119.2.2 class=1 count="$PACKETS" rate=$((RATE / 2))
}

network_truth() {
    journey 1 dropped </dev/null
    journey 1-error consumed 0 </dev/null
}
