# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A host whose only network is in a VRF sends.
# shellcheck source=tests/kernel/networks/vrf.inc
source "${BASH_SOURCE[0]%/*}/vrf.inc"

build_network() {
    make_vrf_hosts 10.91.0
    serve a receive-udp
    neighbours a 10.91.0.2
}

network_traffic() {
    numbered b udp at=10.91.0.1 class=1 count="$PACKETS" rate="$RATE" device=red
}

network_truth() {
    journey 1 delivered <<END
b/netfilter output In
b/netfilter postrouting In
$(hops_out b eth0)
$(hops_in a eth0)
a/sockets Lower Rx
END
}
