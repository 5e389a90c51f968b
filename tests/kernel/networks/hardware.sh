# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A host with a network card (VMware's, emulated by qemu), whose driver frees sent packets as if it
# dropped them. The wire leads to another host's card; that host is not captured, as is usual.

modules=(vmxnet3)

# take_card SUFFIX: moves the next free card to the namespace.
take_card() {
    local cards
    cards=(/sys/bus/pci/drivers/vmxnet3/*/net/*)
    ip link set "${cards[0]##*/}" netns "$NAME-$1" name card0
    ip -n "$NAME-$1" link set card0 up
    in_namespace "$1" tc qdisc replace dev card0 root noqueue
}

build_network() {
    add_namespaces a
    network_add_namespace "$NAME-b"
    take_card a
    take_card b
    address a card0 10.85.0.1/24
    address b card0 10.85.0.2/24
    serve b receive-udp
    neighbours a 10.85.0.2
}

network_traffic() {
    numbered a udp at=10.85.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 forwarded <<<"$(hops_out a card0)"
}

network_counters() {
    counter "What a card sends" "tx_packets of the card" "a/card0 Lower Tx" \
        "$(device_counter a card0 tx_packets)"
    counter "A card's driver frees what it has sent" "tx_dropped of the card" "a/card0 - .*" \
        "$(device_counter a card0 tx_dropped)"
}
