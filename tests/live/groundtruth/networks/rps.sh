# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The router's devices hand packets to another processor (RPS), and merge them (GRO).

build_network() {
    local device
    surprise
    make_routed_hosts 10.124.1 10.124.2
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
