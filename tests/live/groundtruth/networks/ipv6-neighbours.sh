# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An IPv6 router with neighbours that exist (class 2) and that do not (class 1).

build_network() {
    surprise
    add_namespaces a r b
    enable_ipv6 a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    in_namespace r sysctl -qw net.ipv6.conf.all.forwarding=1 \
        net.ipv6.neigh.to-b.mcast_solicit=1 net.ipv6.neigh.to-b.retrans_time_ms=50
    address a eth0 fd00:3::2/64
    address r to-a fd00:3::1/64
    address b eth0 fd00:4::2/64
    address r to-b fd00:4::1/64
    route a default via fd00:3::1
    route b default via fd00:4::1
    serve b receive-udp at=::
    beside a b fd00:4::2 ::
    neighbours a fd00:4::2
}

network_traffic() {
    numbered a udp at=fd00:4::77 class=1 count=$((PACKETS / 10)) rate=$((RATE / 10))
    numbered a udp at=fd00:4::2 class=2 count="$PACKETS" rate="$RATE"
    sleep 0.5
}

network_truth() {
    journey 1 dropped $((PACKETS / 10)) </dev/null
    journey 2 delivered </dev/null
    # Solicitations of the missing neighbour end at B, which is not their target.
    echo "stray b/ipv6 - Rx NOT_SPECIFIED"
}
