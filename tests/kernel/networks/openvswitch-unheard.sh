# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Packets for which an Open vSwitch datapath has no flow, while no daemon listens.
# shellcheck source=tests/kernel/networks/openvswitch.inc
source "${BASH_SOURCE[0]%/*}/openvswitch.inc"

build_network() {
    make_hosts 3
}

network_traffic() {
    start_datapath unheard
    numbered a udp at=10.94.3.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 dropped <<END
$(hops_out a eth0)
sw/port-a Lower Rx
sw/port-a Upper Rx
sw/port-a - Rx NOT_SPECIFIED
END
}

network_counters() {
    counter "Open vSwitch, no daemon" "lost of the datapath" "sw/port-a - Rx NOT_SPECIFIED" \
        "$(datapath_packets lost)"
}
