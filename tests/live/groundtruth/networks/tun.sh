# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with groundtruth.sh
# A process is the wire of a tun device: it writes packets to the host (class 1) and reads those
# that the host sends (class 2). The device has no queue, so that no packet waits in one.

build_network() {
    add_namespaces a
    in_namespace a ip tuntap add tun0 mode tun
    address a tun0 10.96.0.1/24
    ip -n "$NAME-a" link set tun0 up
    in_namespace a tc qdisc replace dev tun0 root noqueue
    serve a receive-udp
    beside a a 10.96.0.1
}

network_traffic() {
    local wire
    start_inside a "$NUMBERED" tun device=tun0 at=10.96.0.1 from=10.96.0.2 class=1 \
        count="$HALF" rate="$RATE"
    wire=$started_pid
    wait_until 10 carrier_of_tun || fail "no carrier of the tun device"
    numbered a udp at=10.96.0.2 class=2 count="$HALF" rate="$RATE"
    wait_until 20 tun_received $((2 * HALF)) || fail "the tun device did not carry all"
    stop_all "$wire"
}

carrier_of_tun() {
    in_namespace a ip link show tun0 | grep -q LOWER_UP
}

tun_received() {
    local got sent
    got=$(in_namespace a cat /sys/class/net/tun0/statistics/rx_packets)
    sent=$(in_namespace a cat /sys/class/net/tun0/statistics/tx_packets)
    ((got % HALF == 0 && got + sent >= $1))
}

network_truth() {
    journey 1 delivered "$HALF" <<'END'
a/tun0 Lower Rx
a/tun0 Upper Rx
a/netfilter prerouting In
a/netfilter input In
a/sockets Lower Rx
END
    journey 2 forwarded "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/tun0 Upper Tx
a/tun0 Lower Tx
END
}
