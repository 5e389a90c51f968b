# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A queueing discipline that no packet bypasses, and in which packets wait.

build_network() {
    surprise
    add_namespaces a b
    connect a eth0 b eth0
    address a eth0 10.122.0.1/24
    address b eth0 10.122.0.2/24
    in_namespace a tc qdisc add dev eth0 root tbf rate 200mbit burst 20k limit 10m
    serve b receive-udp
    beside a b 10.122.0.2
    neighbours a 10.122.0.2
}

network_traffic() {
    numbered a udp at=10.122.0.2 class=1 count="$PACKETS" rate="$RATE"
    sleep 0.3
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 qdisc In
a/eth0 qdisc Out
a/eth0 Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}
