#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pings B over a bridge: each request and each reply passes the places that are written down here,
# once each, and no others. B's kernel answers the request itself; the reply is delivered to ping's
# socket.
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

# The notice of the beginning has the time from which packets are captured, some time after the
# program started.
check_beginning() {
    local file=$SCRATCH/beginning.pcapng start ping
    ip netns exec "$NAME-a" ping -q -i 0.02 "$NETWORK_ADDRESS_B" >/dev/null &
    ping=$!
    own_pids+=("$ping")
    start=$(date +%s.%N)
    capture_of "$file" a sw b --
    sleep 0.2
    stop_capture "$file"
    kill "$ping"
    awk -v start="$start" -v began="$(fields "$file" "pktmon.event.id == 5" frame.time_epoch)" \
        -v first="$(fields "$file" "icmp" frame.time_epoch | first_line)" \
        'BEGIN { exit !(began <= first && first - began < began - start) }' ||
        fail "the capture did not begin at the time that it reports"
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
check_beginning
check_pings stack "$REQUEST" "$REPLY"
check_pings devices "$(at_devices "$REQUEST")" "$(at_devices "$REPLY")"
