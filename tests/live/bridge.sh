#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pings B over a bridge: each request and each reply passes the places that are written down here,
# and no others, once each. B's kernel answers the request itself; the reply is for ping's socket.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

REQUEST="$(way_over_switch a b)
b/ipv4 - Rx"

REPLY="$(way_over_switch b a)
a/sockets Lower Rx"

# check_pings POINTS REQUEST REPLY
check_pings() {
    local points=$1 request=$2 reply=$3 file=$SCRATCH/$1.pcapng
    capture_of "$file" a sw b -- --points "$points"
    in_namespace a ping -q -c 3 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
    stop_capture "$file"
    packets "$file" "icmp.type == 8" icmp.seq | expect_journeys "$request" "1 2 3"
    packets "$file" "icmp.type == 0" icmp.seq | expect_journeys "$reply" "1 2 3"
    expect_equal "ends of requests and replies" $'0\t1\n8\t2' \
        "$(fields "$file" "icmp && pktmon.end" icmp.type pktmon.end | sort -u)"
    expect_equal "drops of pings" "" "$(fields "$file" "icmp && pktmon.dropped" pktmon.drop.reason)"
    expect_sound "$file"
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
check_pings stack "$REQUEST" "$REPLY"
check_pings devices "$(at_devices "$REQUEST")" "$(at_devices "$REPLY")"
