# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An IPv6 router with neighbours that are there (class 2) and that are not (class 1).

build_network() {
    surprise
    local suffix
    add_namespaces a r b
    for suffix in a r b; do
        in_namespace "$suffix" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
            net.ipv6.conf.default.router_solicitations=0 \
            net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
    done
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
    # What asks for the neighbour that is not there ends at B, as nobody's.
    echo "stray b/ipv6 - Rx NOT_SPECIFIED"
}
