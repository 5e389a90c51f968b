# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# TCP streams whose large sends WireGuard cuts, and encrypts segment by segment; B's tunnel merges
# the segments again. Two streams at once, with packets of several sizes.
# shellcheck source=tests/kernel/networks/tunnel.inc
source "${BASH_SOURCE[0]%/*}/tunnel.inc"

modules=(wireguard)
checker=streams.py

build_network() {
    STREAM_BYTES=$((PACKETS * 2048))
    make_tunnel_hosts 9
    add_wireguard
    join_tunnel
    keep_arrival_order a
    keep_arrival_order b
    # The machine is slow: without this, TCP sends little at once, and retransmits segments that are
    # still on their way.
    in_namespace a sysctl -qw net.ipv4.tcp_min_tso_segs=8 net.ipv4.tcp_early_retrans=0
    ip -n "$NAME-a" route change 10.83.9.0/24 dev t0 src "$inner_a" rto_min 5s
    serve b receive-stream port=7050
    serve b receive-stream port=7051
}

network_ready() {
    renew_key
}

network_traffic() {
    local number
    numbered a stream at="$inner_b" port=7051 class=2 count="$STREAM_BYTES" size=20000 rate=10 &
    number=$!
    numbered a stream at="$inner_b" port=7050 class=1 count="$STREAM_BYTES" size=8192 rate=25
    wait "$number"
}

# hops_sealed: like hops_through_tunnel, with encrypted packets marked.
hops_sealed() {
    hops_out a t0
    hops_over_router a b | sed 's/^/outer:/'
    hops_in b t0
    echo "b/sockets Lower Rx"
}

network_truth() {
    echo "sealed b/eth0 Upper Rx, b/t0 Lower Rx"
    echo "sealed a/eth0 Upper Rx, a/t0 Lower Rx"
    hops_sealed | journey 1 delivered "$STREAM_BYTES"
    hops_sealed | journey 2 delivered "$STREAM_BYTES"
}

network_counters() {
    counter "WireGuard, large sends" "rx_packets of t0" "b/t0 Lower Rx" \
        "$(device_counter b t0 rx_packets)"
}
