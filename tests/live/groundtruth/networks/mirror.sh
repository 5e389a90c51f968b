# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The host H forwards packets from A to B by tc only (redirect), and a copy to C (mirror), which
# does not want it.

build_network() {
    surprise
    add_namespaces a h b c
    connect a eth0 h port-a
    connect b eth0 h port-b
    connect c eth0 h port-c
    address a eth0 10.116.0.1/24
    address b eth0 10.116.0.2/24
    address c eth0 10.116.0.3/24
    in_namespace h tc qdisc add dev port-a clsact
    in_namespace h tc qdisc add dev port-b clsact
    in_namespace h tc filter add dev port-a ingress protocol all u32 match u32 0 0 \
        action mirred egress mirror dev port-c pipe action mirred egress redirect dev port-b
    in_namespace h tc filter add dev port-b ingress protocol all u32 match u32 0 0 \
        action mirred egress redirect dev port-a
    serve b receive-udp
    beside a b 10.116.0.2
    neighbours a 10.116.0.2
}

network_traffic() {
    numbered a udp at=10.116.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
