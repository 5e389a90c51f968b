# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The router's devices give packets to another processor (RPS), and merge (GRO).

build_network() {
    local device
    surprise
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.124.1.2/24
    address r to-a 10.124.1.1/24
    address b eth0 10.124.2.2/24
    address r to-b 10.124.2.1/24
    route a default via 10.124.1.1
    route b default via 10.124.2.1
    for device in to-a to-b; do
        in_namespace r ethtool -K "$device" gro on >/dev/null
        in_namespace r bash -c "echo 3 >/sys/class/net/$device/queues/rx-0/rps_cpus"
    done
    in_namespace a ethtool -K eth0 tso off >/dev/null
    serve b receive-udp
    beside a b 10.124.2.2
    neighbours a 10.124.2.2
}

network_traffic() {
    numbered a udp at=10.124.2.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
