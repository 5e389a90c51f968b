# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Sends of ten datagrams (UDP_SEGMENT), which a token bucket cuts. It has room for a few datagrams:
# those that it drops meanwhile belong to their send. A send has left before the next one comes, because
# two that wait at the same time cannot be told apart.
# FAILS on 6.1: the marks are in fragments, which the capture cannot read there.

modules=(sch_tbf)

BUCKET_SENDS=20

build_network() {
    add_namespaces a b
    connect a eth0 b eth0
    address a eth0 10.84.0.1/24
    address b eth0 10.84.0.2/24
    serve b receive-udp
    neighbours a 10.84.0.2
    in_namespace a tc qdisc add dev eth0 root tbf rate 1mbit burst 1000 limit 3000
}

network_traffic() {
    numbered a udp at=10.84.0.2 class=1 count="$BUCKET_SENDS" rate=8 size=5000 segment=500
}

network_truth() {
    journey 1 any "$BUCKET_SENDS" </dev/null
}
