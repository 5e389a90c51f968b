# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Packets through a WireGuard tunnel from a source address that B does not allow A to use, and
# WireGuard's own traffic: keepalives, a handshake, and the ping that triggers it.
# shellcheck source=tests/kernel/networks/tunnel.inc
source "${BASH_SOURCE[0]%/*}/tunnel.inc"

modules=(wireguard)

build_network() {
    make_tunnel_hosts 5
    add_wireguard
    join_tunnel
    address a t0 10.83.5.9/24
}

KEEPALIVES=3

# With an old key, the keepalives would wait for a handshake.
network_ready() {
    renew_key
}

keepalives_came() {
    (($(device_counter b t0 rx_packets) >= before + KEEPALIVES))
}

# A sends a keepalive as soon as the interval is set. Packets not encrypted yet are lost with the
# peer.
network_traffic() {
    local peer number before
    before=$(device_counter b t0 rx_packets)
    peer=$(wg pubkey <"$SCRATCH/key-b")
    numbered a udp at="$inner_b" from=10.83.5.9 class=1 count="$PACKETS" rate="$RATE"
    for ((number = 0; number < KEEPALIVES; number++)); do
        in_namespace a wg set t0 peer "$peer" persistent-keepalive 25
        in_namespace a wg set t0 peer "$peer" persistent-keepalive 0
    done
    wait_until 10 keepalives_came
    renew_key
}

network_truth() {
    echo sealed
    journey 1 dropped <<END
$(hops_to_tunnel_end t0)
b/t0 - Rx WIREGUARD_REFUSED
END
}

network_counters() {
    counter "WireGuard, refused" "rx_errors of t0" "b/t0 - Rx WIREGUARD_REFUSED" \
        "$(device_counter b t0 rx_errors)"
    # Handshakes count too: A begins one when its key is old, or when B does not answer.
    counter "WireGuard, signs of life" "rx_packets of t0" "b/(eth0|ipv4) - Rx" \
        "$(device_counter b t0 rx_packets)"
}
