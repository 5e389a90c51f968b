# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A multicast group that B has joined twice, C once, and D not at all.

build_network() {
    surprise
    local suffix
    add_namespaces a sw b c d
    for suffix in a b c d; do
        connect "$suffix" eth0 sw "port-$suffix"
    done
    bridge_ports sw br0 port-a port-b port-c port-d
    address a eth0 10.120.0.1/24
    address b eth0 10.120.0.2/24
    address c eth0 10.120.0.3/24
    address d eth0 10.120.0.4/24
    for suffix in a b c d; do
        route "$suffix" 239.0.0.0/8 dev eth0
    done
    serve b receive-udp join=239.1.2.3
    serve b receive-udp join=239.1.2.3
    serve c receive-udp join=239.1.2.3
    beside a b 10.120.0.2
    neighbours a 10.120.0.2
    neighbours a 10.120.0.3
}

network_traffic() {
    numbered a udp at=239.1.2.3 class=1 count="$PACKETS" rate=$((RATE / 2))
}

network_truth() {
    journey 1 delivered </dev/null
}
