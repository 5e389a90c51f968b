#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bpf_redirect_peer() puts packets into a device of another namespace past all tracepoints: a program
# at its tc ingress shows them at its lower edge, once each.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

REQUEST="a/eth0 Upper Tx
a/eth0 Lower Tx
h/port-a Lower Rx
h/port-a Upper Rx
b/eth0 Lower Rx"

REPLY="b/eth0 Upper Tx
b/eth0 Lower Tx
h/port-b Lower Rx
h/port-b Upper Rx
a/eth0 Lower Rx"

# add_host SUFFIX MAC ADDRESS PORT PORT_IFINDEX
add_host() {
    network_add_namespace "$NAME-$1"
    ip -n "$NAME-h" link add "$4" index "$5" type veth peer name eth0 address "$2" netns "$NAME-$1"
    ip -n "$NAME-$1" address add "$3/24" dev eth0
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-h" link set "$4" up
}

network_add_namespace "$NAME-h"
add_host a "$NETWORK_MAC_A" "$NETWORK_ADDRESS_A" port-a 101
add_host b "$NETWORK_MAC_B" "$NETWORK_ADDRESS_B" port-b 102
attach_tc h port-a redirect_peer -DTARGET=102
attach_tc h port-b redirect_peer -DTARGET=101
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/peer.pcapng
capture_of "$file" a h b --
in_namespace a ping -q -c 3 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
stop_capture "$file"
packets "$file" "icmp.type == 8" icmp.seq | expect_journeys "$REQUEST" "1 2 3"
packets "$file" "icmp.type == 0" icmp.seq | expect_journeys "$REPLY" "1 2 3"
expect_sound "$file"
