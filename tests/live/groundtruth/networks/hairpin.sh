# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Two macvlan devices of one host that communicate over the switch, which sends packets back through
# the port that they came from.

build_network() {
    surprise
    add_namespaces h sw a b
    connect h eth0 sw port
    bridge_ports sw br0 port
    in_namespace sw bridge link set dev port hairpin on
    ip -n "$NAME-h" link add mva link eth0 netns "$NAME-a" type macvlan mode vepa
    ip -n "$NAME-h" link add mvb link eth0 netns "$NAME-b" type macvlan mode vepa
    ip -n "$NAME-a" link set mva up
    ip -n "$NAME-b" link set mvb up
    address a mva 10.110.0.1/24
    address b mvb 10.110.0.2/24
    serve b receive-udp
    beside a b 10.110.0.2
    neighbours a 10.110.0.2
}

network_traffic() {
    numbered a udp at=10.110.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
