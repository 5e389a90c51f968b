# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# An ipvlan device of B on a device of the host H: packets from and to the outside.

modules=(ipvlan)

build_network() {
    make_child_hosts 10.86.0 iv0 ipvlan mode l2
    neighbours a 10.86.0.2
}

network_traffic() {
    numbered a udp at=10.86.0.2 class=1 count="$PACKETS" rate="$RATE"
    numbered b udp at=10.86.0.1 class=2 count="$PACKETS" rate="$RATE"
    answered=$(arp_answers a eth0 10.86.0.2)
}

network_truth() {
    child_journeys iv0 ' [ingress]'
}

network_counters() {
    counter "ipvlan, ARP" "answers to arping" "b/arp - Rx" "${answered:-0}"
}
