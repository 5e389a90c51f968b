# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# A host whose only network is in a VRF, with its servers bound to the VRF.
# shellcheck source=tests/kernel/networks/vrf.inc
source "${BASH_SOURCE[0]%/*}/vrf.inc"

build_network() {
    make_vrf_hosts 10.87.0
    serve b receive-udp device=red
    neighbours a 10.87.0.2
}

network_traffic() {
    numbered a udp at=10.87.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}
