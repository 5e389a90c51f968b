# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Two hosts on an Open vSwitch datapath that knows their flow.
# shellcheck source=tests/kernel/networks/openvswitch.inc
source "${BASH_SOURCE[0]%/*}/openvswitch.inc"

build_network() {
    make_hosts 0
}

network_traffic() {
    start_datapath
    # The first packet creates the flow.
    numbered a udp at=10.94.0.2 source=6000 class=254
    numbered a udp at=10.94.0.2 source=6000 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<END
$(hops_out a eth0)
sw/port-a Lower Rx
sw/port-a Upper Rx
sw/port-b Upper Tx
sw/port-b Lower Tx
$(hops_in b eth0)
b/sockets Lower Rx
END
}
