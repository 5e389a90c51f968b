# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# fq_codel in front of a slow device: above its limit, it drops from the head of the longest queue.

modules=(sch_tbf)

build_network() {
    add_namespaces a b
    connect a eth0 b eth0
    address a eth0 10.89.0.1/24
    address b eth0 10.89.0.2/24
    serve b receive-udp
    neighbours a 10.89.0.2
    in_namespace a tc qdisc add dev eth0 root handle 1: tbf rate 16kbit burst 2000 limit 1000000
    in_namespace a tc qdisc add dev eth0 parent 1: handle 2: fq_codel limit 20
}

queue_is_empty() {
    ! in_namespace a tc -s qdisc show dev eth0 | grep -q 'backlog [1-9]'
}

network_traffic() {
    numbered a udp at=10.89.0.2 class=1 count="$PACKETS" rate="$RATE"
    wait_until 10 queue_is_empty
}

network_counters() {
    counter "fq_codel, over its limit" "dropped of tc -s qdisc" "a/eth0 - Tx \\w+" "$(qdisc_drops a eth0 fq_codel)"
}

network_truth() {
    journey 1 any </dev/null
}
