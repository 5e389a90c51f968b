# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Routes and rules that refuse matching packets, at a router; and at the sender itself, where no
# packet comes into being.

build_network() {
    surprise
    make_routed_hosts 10.117.1 10.117.2
    route r blackhole 10.118.1.0/24
    route r unreachable 10.118.2.0/24
    route r prohibit 10.118.3.0/24
    in_namespace r ip rule add to 10.118.4.0/24 blackhole
    in_namespace r sysctl -qw net.ipv4.icmp_ratelimit=0
    serve b receive-udp
    beside a b 10.117.2.2
    neighbours a 10.117.2.2
}

network_traffic() {
    local number
    for number in 1 2 3 4; do
        numbered a udp at="10.118.$number.1" class="$number" count=$((PACKETS / 5)) rate="$RATE"
    done
    numbered a udp at=10.117.2.2 class=5 count=$((PACKETS / 5)) rate="$RATE"
}

network_truth() {
    local number
    for number in 1 2 3 4; do
        journey "$number" dropped $((PACKETS / 5)) </dev/null
    done
    journey 5 delivered $((PACKETS / 5)) </dev/null
}
