#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tagged frames over a bridge without VLAN filtering. The kernel removes the tag from a frame and
# holds it apart; the capture shows the frame with its tag, filters that frame, and follows it to
# places where it has none.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

VLAN=42
WAY="a/eth0 Upper Tx
a/eth0 Lower Tx
sw/port-a Lower Rx
sw/port-a Upper Rx
sw/port-b Upper Tx
sw/port-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx"
# B has no device for the tag: the kernel discards the tag, and its IPv4 layer then takes the packet
# for another host's (net/core/dev.c, __netif_receive_skb_core).
END="b/ipv4 - Rx OTHERHOST"

# send_and_capture FILE [OPTION ...]: also sends a ping without a tag.
send_and_capture() {
    local file=$1
    shift
    capture_of "$file" a sw b -- "$@"
    traffic a vlan-echo eth0 "$NETWORK_MAC_A" "$NETWORK_MAC_B" "$VLAN" 3
    ping_once a "$NETWORK_ADDRESS_B"
    stop_capture "$file"
    expect_sound "$file"
}

network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"

all=$SCRATCH/all.pcapng
send_and_capture "$all"
packets "$all" "icmp.ident == 0x7ab5" icmp.seq | expect_journeys "$WAY"$'\n'"$END" "1 2 3"
expect_equal "tags and lengths on the way" "$(printf '%s\t%s' "$VLAN" $((14 + 4 + 20 + 8 + 56)))" \
    "$(fields "$all" "icmp.ident == 0x7ab5 && !pktmon.dropped" vlan.id frame.len | sort -u)"
expect_equal "tags and lengths where it ends" \
    "$(printf '\t%s' $((14 + 20 + 8 + 56)))" \
    "$(fields "$all" "icmp.ident == 0x7ab5 && pktmon.dropped" vlan.id frame.len | sort -u)"
expect_equal "tags of other packets" "" "$(fields "$all" "vlan && !(icmp.ident == 0x7ab5)" vlan.id)"

filtered=$SCRATCH/vlan.pcapng
send_and_capture "$filtered" --extcap-capture-filter "vlan $VLAN and icmp"
packets "$filtered" "frame" icmp.seq | expect_journeys "$WAY"$'\n'"$END" "1 2 3"

# The filter "icmp" matches the same frames as in libpcap: none with a tag.
untagged=$SCRATCH/icmp.pcapng
send_and_capture "$untagged" --extcap-capture-filter icmp
expect_equal "tagged packets past the filter icmp" "" "$(fields "$untagged" vlan frame.number)"
expect_equal "appearances past the filter icmp" \
    "$(tcpdump -nr "$all" icmp 2>/dev/null | wc -l)" \
    "$(fields "$untagged" pktmon.record==1 frame.number | wc -l)"
