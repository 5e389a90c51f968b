# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with groundtruth.sh
# One send of four datagrams (UDP_SEGMENT), which the kernel cuts up in front of A's device.

build_network() {
    surprise
    # At the driver's edge alone nobody has seen the packet whole.
    runs=stack:no
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.121.1.2/24
    address r to-a 10.121.1.1/24
    address b eth0 10.121.2.2/24
    address r to-b 10.121.2.1/24
    route a default via 10.121.1.1
    route b default via 10.121.2.1
    in_namespace a ethtool -K eth0 tx-udp-segmentation "$UDP_SEGMENTATION" >/dev/null
    serve b receive-udp
    beside a b 10.121.2.2
    neighbours a 10.121.2.2
}
UDP_SEGMENTATION=off

network_traffic() {
    numbered a udp at=10.121.2.2 class=1 count=$((PACKETS / 4)) rate=$((RATE / 4)) \
        size=4000 segment=1000
}

network_truth() {
    journey 1 delivered $((PACKETS / 4)) </dev/null
}
