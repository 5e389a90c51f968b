# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A WireGuard tunnel between two hosts, over a router; B has no peer for packets to another address.
# shellcheck source=tests/kernel/networks/tunnel.inc
source "${BASH_SOURCE[0]%/*}/tunnel.inc"

modules=(wireguard)

build_network() {
    make_tunnel_hosts 3
    add_wireguard
    join_tunnel
}

network_traffic() {
    local number
    numbered a udp at="$inner_b" class=1 count="$PACKETS" rate="$RATE"
    for number in {0..4}; do
        numbered b udp at=10.83.3.77 class=2 first="$number" 2>/dev/null || true # it fails
    done
}

network_truth() {
    echo sealed
    hops_through_tunnel | journey 1 delivered
    journey 2 dropped 5 <<END
$(hops_out b t0)
b/t0 - Tx NOT_SPECIFIED
END
}

network_counters() {
    counter "WireGuard, no peer" "tx_errors of t0" "b/t0 - Tx NOT_SPECIFIED" \
        "$(device_counter b t0 tx_errors)"
}
