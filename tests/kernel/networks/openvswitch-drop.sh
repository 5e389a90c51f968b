# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# Packets for which an Open vSwitch datapath has a flow without actions. Its module has a reason for
# that, and a capture that waits for this reason began before the module was loaded. Linux 6.1 frees
# these packets like those whose last action does not send them: their end is unknown.
# shellcheck source=tests/kernel/networks/openvswitch.inc
source "${BASH_SOURCE[0]%/*}/openvswitch.inc"

has_reasons() {
    [[ $(uname -r) != 6.1.* ]]
}

build_network() {
    make_hosts 2
    ! has_reasons || wait_for_drop OVS_DROP_LAST_ACTION sw
}

network_traffic() {
    start_datapath
    numbered a udp at=10.94.2.2 port="$DROP_PORT" source=6000 class=254
    numbered a udp at=10.94.2.2 port="$DROP_PORT" source=6000 class=1 count="$PACKETS" rate="$RATE"
    ! has_reasons || expect_waited
}

network_truth() {
    local places=/dev/null end=unknown
    if has_reasons; then
        end=dropped places=$SCRATCH/places
        cat >"$places" <<END
$(hops_out a eth0)
sw/port-a Lower Rx
sw/port-a Upper Rx
sw/port-a - Rx OVS_DROP_LAST_ACTION
END
    fi
    journey 1 "$end" <"$places"
    journey 254 "$end" 1 </dev/null
}

# The first packet misses all flows; the daemon gives the datapath another skb, which was never
# received.
network_counters() {
    ! has_reasons || counter "Open vSwitch, dropped by a flow without actions" \
        "packets of the datapath" "sw/port-a - [RT]x OVS_DROP_LAST_ACTION" "$(datapath_packets hit missed)"
}
