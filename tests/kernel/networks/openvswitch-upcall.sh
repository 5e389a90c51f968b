# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Packets that an Open vSwitch datapath does not know, each of a different flow: the kernel hands
# each to user space, and gets it back in another skb.
# shellcheck source=tests/kernel/networks/openvswitch.inc
source "${BASH_SOURCE[0]%/*}/openvswitch.inc"

build_network() {
    make_hosts 1
}

network_traffic() {
    start_datapath
    local number
    for number in {1..10}; do
        numbered a udp at=10.94.1.2 source=$((6000 + number)) class=1 first="$number"
    done
}

network_truth() {
    # The end of the first skb may come before or after the second one is observed.
    journey 1 delivered 10 </dev/null
}
