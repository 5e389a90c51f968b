# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Two hosts with a bond of two devices each, one of which is active.

modules=(bonding)

build_network() {
    local suffix device
    add_namespaces a b
    connect a eth0 b eth0
    connect a eth1 b eth1
    for suffix in a b; do
        ip -n "$NAME-$suffix" link add bond0 type bond mode active-backup miimon 100
        for device in eth0 eth1; do
            ip -n "$NAME-$suffix" link set "$device" down
            ip -n "$NAME-$suffix" link set "$device" master bond0
        done
        ip -n "$NAME-$suffix" link set bond0 up
        ip -n "$NAME-$suffix" link set bond0 type bond primary eth1
    done
    address a bond0 10.85.0.1/24
    address b bond0 10.85.0.2/24
    serve b receive-udp
    # The state of the devices' links is checked every 0.1 s.
    wait_until 10 in_namespace a ping -q -c 1 -W 1 10.85.0.2 >/dev/null
}

network_traffic() {
    numbered a udp at=10.85.0.2 class=1 count="$PACKETS" rate="$RATE"
    answered=$(arp_answers a bond0 10.85.0.2)
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/bond0 Upper Tx
a/bond0 Lower Tx
a/eth1 Upper Tx
a/eth1 Lower Tx
b/eth1 Lower Rx
b/eth1 Upper Rx
b/bond0 Lower Rx [ingress]
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}

network_counters() {
    counter "Bonding, sent" "tx_packets of eth1" "a/eth1 Lower Tx" "$(device_counter a eth1 tx_packets)"
    counter "Bonding, ARP" "answers to arping" "b/arp - Rx" "${answered:-0}"
}
