# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# No socket has the port: each packet is answered by an ICMP error, which quotes it and is a packet
# of its own.

build_network() {
    surprise
    make_routed_hosts 10.119.1 10.119.2
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
