# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Segment routing (SRv6): a route of A encapsulates what A sends to B's second address (class 1), and
# a route of the router R encapsulates what A sends to B's third one (class 2). B decapsulates both.
# The header needs a larger head than the packet has.
# FAILS on 6.1: without hooks, an encapsulated packet looks like a packet in a recycled skb.

modules=()

build_network() {
    local suffix
    add_namespaces a r b
    enable_ipv6 a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    for suffix in a r b; do
        in_namespace "$suffix" sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1
    done
    in_namespace b sysctl -qw net.ipv6.conf.eth0.seg6_enabled=1
    address a eth0 fd22:1::2/64
    address r to-a fd22:1::1/64
    address r to-b fd22:2::1/64
    address b eth0 fd22:2::2/64
    address b lo fd22:98::1/128
    address b lo fd22:99::1/128
    in_namespace b ip -6 route add fd22:2::d6 encap seg6local action End.DT6 table 255 dev eth0
    in_namespace r ip -6 route add fd22:2::d6 via fd22:2::2
    in_namespace a ip -6 route add default via fd22:1::1
    in_namespace b ip -6 route add default via fd22:2::1
    in_namespace a ip -6 route add fd22:98::/64 encap seg6 mode encap segs fd22:2::d6 \
        dev eth0 via fd22:1::1
    in_namespace r ip -6 route add fd22:99::/64 encap seg6 mode encap segs fd22:2::d6 dev to-b
    serve b receive-udp at=::
    neighbours a fd22:98::1
    neighbours a fd22:99::1
}

network_traffic() {
    numbered a udp at=fd22:98::1 class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at=fd22:99::1 class=2 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
    journey 2 delivered </dev/null
}
