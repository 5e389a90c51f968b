#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pings B over a bridge: each request and each reply passes the places that are written down here,
# and no others, once each.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

REQUEST="a/eth0 Upper Tx
a/eth0 Lower Tx
sw/port-a Lower Rx
sw/port-a Upper Rx
sw/port-b Upper Tx
sw/port-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx"

REPLY="b/eth0 Upper Tx
b/eth0 Lower Tx
sw/port-b Lower Rx
sw/port-b Upper Rx
sw/port-a Upper Tx
sw/port-a Lower Tx
a/eth0 Lower Rx
a/eth0 Upper Rx"

# check_pings POINTS REQUEST REPLY
check_pings() {
    local points=$1 request=$2 reply=$3 file=$SCRATCH/$1.pcapng
    capture_of "$file" a sw b -- --points "$points"
    in_namespace a ping -q -c 3 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
    stop_capture "$file"
    packets "$file" "icmp.type == 8" icmp.seq | expect_journeys "$request" "1 2 3"
    packets "$file" "icmp.type == 0" icmp.seq | expect_journeys "$reply" "1 2 3"
    expect_equal "drops of pings" "" "$(fields "$file" "icmp && pktmon.dropped" pktmon.drop.reason)"
    expect_sound "$file"
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
check_pings stack "$REQUEST" "$REPLY"
check_pings devices "$(at_devices "$REQUEST")" "$(at_devices "$REPLY")"
