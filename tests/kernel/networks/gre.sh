# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A GRE tunnel between two hosts, over a router; packets with a key belong to no tunnel of B.
# shellcheck source=tests/kernel/networks/tunnel.inc
source "${BASH_SOURCE[0]%/*}/tunnel.inc"

modules=(ip_gre)

build_network() {
    make_tunnel_hosts 1
    ip -n "$NAME-a" link add t0 type gre local "$address_a" remote "$address_b"
    ip -n "$NAME-b" link add t0 type gre local "$address_b" remote "$address_a"
    join_tunnel
    ip -n "$NAME-a" link add t1 type gre local "$address_a" remote "$address_b" key 5
    ip -n "$NAME-a" link set t1 up
    route a 10.83.1.9/32 dev t1
    in_namespace b sysctl -qw net.ipv4.icmp_ratelimit=0
}

network_traffic() {
    numbered a udp at="$inner_b" class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at=10.83.1.9 class=2 count="$PACKETS" rate=$((RATE / 4))
}

network_truth() {
    hops_through_tunnel | journey 1 delivered
    journey 2 dropped </dev/null
}

network_counters() {
    counter "GRE, no tunnel" IcmpOutDestUnreachs "b/ipv4 - Rx \\w+" \
        "$(stat_counter b IcmpOutDestUnreachs)"
}
