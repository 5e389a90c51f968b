# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Everything that netem does to packets: delay, loss, duplication, and overflow of its queue.

modules=(sch_netem)

# netem OPTION ...
netem() {
    in_namespace a tc qdisc replace dev eth0 root netem "$@"
}

build_network() {
    add_namespaces a b
    connect a eth0 b eth0
    address a eth0 10.88.0.1/24
    address b eth0 10.88.0.2/24
    serve b receive-udp
    # No ARP request for the address, nor its reply, can be lost.
    in_namespace a ip neighbour replace 10.88.0.2 dev eth0 nud permanent \
        lladdr "$(in_namespace b cat /sys/class/net/eth0/address)"
}

network_traffic() {
    netem delay 20ms
    numbered a udp at=10.88.0.2 class=1 count="$PACKETS" rate="$RATE"
    sleep 0.1
    netem loss 100%
    numbered a udp at=10.88.0.2 class=2 count="$PACKETS" rate="$RATE"
    netem duplicate 100%
    numbered a udp at=10.88.0.2 class=3 count="$PACKETS" rate="$RATE"
    netem limit 10 delay 3s
    numbered a udp at=10.88.0.2 class=4 count=10 rate="$RATE"
    numbered a udp at=10.88.0.2 class=5 count="$PACKETS" rate="$RATE"
    dropped=$(qdisc_drops a eth0 netem)
    sleep 3
}

network_counters() {
    counter "netem, loss and limit" "dropped of tc -s qdisc" "a/eth0 .* QDISC_\\w+" \
        "${dropped:-0}"
}

OUT='a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx'
QUEUED='a/eth0 qdisc In
a/eth0 qdisc Out'
IN='a/eth0 Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx'

network_truth() {
    journey 1 delivered <<<"$OUT"$'\n'"$QUEUED"$'\n'"$IN"
    journey 2 dropped <<<"$OUT"$'\n''a/eth0 qdisc In'$'\n''a/eth0 - Tx QDISC_DROP'
    # The two are one packet; on 6.1, its end is that of the last copy.
    journey 3 delivered in-any-order <<<"$OUT"$'\n'"$QUEUED"$'\n''a/eth0 qdisc Out'$'\n'"$IN"$'\n'"$IN [sockets]"
    journey 4 delivered 10 <<<"$OUT"$'\n'"$QUEUED"$'\n'"$IN"
    journey 5 dropped <<<"$OUT"$'\n''a/eth0 - Tx QDISC_DROP|QDISC_OVERLIMIT'
}
