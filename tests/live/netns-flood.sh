#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A flood in other namespaces takes no room in the buffer of a capture of one namespace: its small
# buffer loses nothing while its reader is stopped.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

FLOOD=100000
FLOOD_PORT=7005
WAY="quiet/netfilter output In
quiet/netfilter postrouting In
quiet/lo Upper Tx
quiet/lo Lower Tx
quiet/lo Lower Rx
quiet/lo Upper Rx
quiet/netfilter prerouting In
quiet/netfilter input In
quiet/ipv4 - Rx"

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
network_add_namespace "$NAME-quiet"

file=$SCRATCH/quiet.pcapng
capture_of "$file" quiet -- --buffer-size 1
kill -STOP "$capture_pid"
traffic a udp "$NETWORK_ADDRESS_B" "$FLOOD_PORT" "$FLOOD" 22
in_namespace quiet ping -q -c 3 -i 0.2 127.0.0.1 >/dev/null
kill -CONT "$capture_pid"
sleep 0.5
stop_capture "$file"

expect_sound "$file"
packets "$file" "icmp.type == 8" icmp.seq | expect_journeys "$WAY" "1 2 3"
expect_equal "namespaces that were captured" "$NAME-quiet" \
    "$(fields "$file" pktmon.record==1 pktmon.netns | sort -u)"
expect_equal "packets of the flood" "" "$(fields "$file" "udp.port == $FLOOD_PORT" frame.number)"
