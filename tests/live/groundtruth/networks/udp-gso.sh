# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with groundtruth.sh
# One send of four datagrams (UDP_SEGMENT), which the kernel cuts in front of A's device.

build_network() {
    surprise
    # At the driver's edge only, the packet was never observed whole.
    runs=stack:no:packets
    make_routed_hosts 10.121.1 10.121.2
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
