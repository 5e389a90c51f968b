# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An overlay network: containers A and B on bridges of their hosts. A tunnel joins the bridges, and
# another bridge joins the hosts.

# add_overlay_host SUFFIX ADDRESS OTHER CONTAINER PORT
add_overlay_host() {
    connect "$1" eth0 sw "$5"
    address "$1" eth0 "$2/24"
    ip -n "$NAME-$1" link add vx0 type vxlan id 9 local "$2" remote "$3" dstport 4789
    connect "$4" eth0 "$1" "to-$4"
    bridge_ports "$1" br0 "to-$4" vx0
}

build_network() {
    surprise
    add_namespaces a h1 sw h2 b
    add_overlay_host h1 10.113.0.1 10.113.0.2 a port1
    add_overlay_host h2 10.113.0.2 10.113.0.1 b port2
    bridge_ports sw br0 port1 port2
    address a eth0 10.114.0.1/24
    address b eth0 10.114.0.2/24
    ip -n "$NAME-a" link set eth0 mtu 1400
    ip -n "$NAME-b" link set eth0 mtu 1400
    serve b receive-udp
    beside a b 10.114.0.2
    neighbours a 10.114.0.2
}

network_traffic() {
    numbered a udp at=10.114.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
