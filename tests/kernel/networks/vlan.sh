# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Hosts with a VLAN device each, on their devices.

modules=(8021q)

build_network() {
    local suffix
    add_namespaces a b
    connect a eth0 b eth0
    for suffix in a b; do
        ip -n "$NAME-$suffix" link add link eth0 name v5 type vlan id 5
        ip -n "$NAME-$suffix" link set v5 up
    done
    address a v5 10.84.0.1/24
    address b v5 10.84.0.2/24
    serve b receive-udp
    neighbours a 10.84.0.2
}

network_traffic() {
    numbered a udp at=10.84.0.2 class=1 count="$PACKETS" rate="$RATE"
    answered=$(arp_answers a v5 10.84.0.2)
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/v5 Upper Tx
a/v5 Lower Tx
a/eth0 Upper Tx
a/eth0 Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/v5 Lower Rx [ingress]
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}

network_counters() {
    counter "802.1Q, sent" "tx_packets of v5" "a/v5 Lower Tx" "$(device_counter a v5 tx_packets)"
    counter "802.1Q, below" "rx_packets of eth0" "b/eth0 Lower Rx" "$(device_counter b eth0 rx_packets)"
    counter "802.1Q, ARP" "answers to arping" "b/arp - Rx" "${answered:-0}"
}
