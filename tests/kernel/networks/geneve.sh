# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A Geneve tunnel between two hosts, over a router, and one more at A that B does not have.
# shellcheck source=tests/kernel/networks/tunnel.inc
source "${BASH_SOURCE[0]%/*}/tunnel.inc"

modules=(geneve)

build_network() {
    make_tunnel_hosts 2
    ip -n "$NAME-a" link add t0 type geneve id 7 remote "$address_b"
    ip -n "$NAME-b" link add t0 type geneve id 7 remote "$address_a"
    join_tunnel
    ip -n "$NAME-a" link add t1 type geneve id 8 remote "$address_b"
    ip -n "$NAME-a" link set t1 up
    route a 10.83.2.9/32 dev t1
    ip -n "$NAME-a" neighbour replace 10.83.2.9 dev t1 nud permanent lladdr 02:00:00:00:00:09
}

network_traffic() {
    numbered a udp at="$inner_b" class=1 count="$PACKETS" rate="$RATE"
    numbered a udp at=10.83.2.9 class=2 count="$PACKETS" rate="$RATE"
}

network_truth() {
    hops_through_tunnel | journey 1 delivered
    journey 2 dropped <<END
$(hops_to_tunnel_end t1)
b/sockets - Rx NOT_SPECIFIED|TUNNEL_NOT_FOUND
END
}
