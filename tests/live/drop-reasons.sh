#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Drops by nobody's rule: a port that no socket has, a bridge with nowhere to forward to. And no
# drop where all is well.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

CLOSED_PORT="$(way_over_switch a b)
b/sockets - Rx NO_SOCKET"

# The bridge asks netfilter only before it looks for a port to forward to.
NO_PORT="a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
sw/port-a Lower Rx
sw/port-a Upper Rx
$(switch_hooks | head -n 1)
sw/port-a - Rx NO_TX_TARGET"

drops_of() {
    fields "$1" "pktmon.dropped && ($2)" pktmon.drop.reason pktmon.drop.location | sort -u
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
file=$SCRATCH/drops.pcapng
capture_of "$file" a sw b --
traffic a udp "$NETWORK_ADDRESS_B" 7001 1 32
in_namespace a ping -q -c 2 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
ip -n "$NAME-sw" link set port-b nomaster
traffic a udp "$NETWORK_ADDRESS_B" 7002 1 32
stop_capture "$file"

packets "$file" "udp.dstport == 7001 && !icmp" udp.dstport | expect_journeys "$CLOSED_PORT" 7001
packets "$file" "udp.dstport == 7002" udp.dstport | expect_journeys "$NO_PORT" 7002
expect_match "a closed port" $'^NO_SOCKET\t__udp4_lib_rcv\\+0x[0-9a-f]+$' \
    "$(drops_of "$file" "udp.dstport == 7001")"
expect_match "no port to forward to" $'^NO_TX_TARGET\tbr_[a-z_]+\\+0x[0-9a-f]+$' \
    "$(drops_of "$file" "udp.dstport == 7002")"
expect_equal "drops of pings" "" "$(drops_of "$file" "icmp.type == 8 || icmp.type == 0")"
expect_sound "$file"
