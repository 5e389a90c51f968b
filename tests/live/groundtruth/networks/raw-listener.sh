# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# B has raw sockets only: one for UDP, which takes packets to a port that no other socket has (the
# kernel gives NO_SOCKET for the remaining copy), and ping's for ICMP.

build_network() {
    surprise
    add_namespaces a sw b
    connect a eth0 sw port-a
    connect b eth0 sw port-b
    bridge_ports sw br0 port-a port-b
    address a eth0 10.128.0.1/24
    address b eth0 10.128.0.2/24
    serve b receive-raw
    serve b receive-raw
    beside b a 10.128.0.1
    neighbours a 10.128.0.2
}

network_traffic() {
    numbered a udp at=10.128.0.2 class=1 count="$PACKETS" rate=$((RATE / 2))
    numbered b echo at=10.128.0.1 class=2 count="$HALF" rate=$((RATE / 4))
}

network_truth() {
    journey 1 delivered </dev/null
    journey 2 consumed "$HALF" </dev/null
    journey 2-reply delivered "$HALF" </dev/null
}
