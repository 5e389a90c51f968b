# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# IPv6: hosts resolve each other's addresses, answer pings, and reassemble datagrams. Before 6.3 the
# kernel frees processed ICMPv6 packets like refused ones: their end is unknown, and not a drop.

modules=()

build_network() {
    add_namespaces a b
    enable_ipv6 a b
    connect a eth0 b eth0
    address a eth0 fd00:99::1/64
    address b eth0 fd00:99::2/64
    serve b receive-udp at=::
    neighbours a fd00:99::2
}

network_traffic() {
    ip -n "$NAME-a" neighbour flush dev eth0
    ip -n "$NAME-b" neighbour flush dev eth0
    in_namespace a ping -q -c 5 -i 0.05 -W 5 fd00:99::2 >/dev/null
    numbered a udp at=fd00:99::2 class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at=fd00:99::2 class=2 count="$PACKETS" rate="$RATE" size=4000
}

network_truth() {
    journey 1 delivered <<END
$(hops_out a eth0)
$(hops_in b eth0)
b/sockets Lower Rx
END
    journey 2 delivered </dev/null
}

network_counters() {
    local suffix
    for suffix in a b; do
        counter "Neighbours, pings and fragments over IPv6, drops at $suffix" \
            "Ip6InDiscards, Ip6ReasmFails, Icmp6InErrors, Udp6InErrors" "$suffix/.* [A-Z][A-Z0-9_]+" \
            "$(drops "$suffix" Ip6InDiscards Ip6ReasmFails Icmp6InErrors Udp6InErrors)"
        counter "Fragments over IPv6, ends of their parts at $suffix" Ip6ReasmFails \
            "$suffix/sockets - Rx" "$(stat_counter "$suffix" Ip6ReasmFails)"
    done
}
