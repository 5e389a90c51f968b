#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A macvlan device gets its packets past all tracepoints: a program at its tc ingress shows them at
# its lower edge (groundtruth/networks/macvlan.sh). A device that comes during the capture gets its
# program, too; and broadcasts, which pass a tracepoint as well, are not shown twice.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

ADDRESS_C=10.77.0.3
REQUEST="a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
h/port Lower Rx
h/port Upper Rx
c/mv1 Lower Rx
c/netfilter prerouting In
c/netfilter input In
c/ipv4 - Rx"

# add_macvlan SUFFIX DEVICE ADDRESS
add_macvlan() {
    ip -n "$NAME-h" link add "$2" link port netns "$NAME-$1" type macvlan mode bridge
    ip -n "$NAME-$1" address add "$3/24" dev "$2"
    ip -n "$NAME-$1" link set "$2" up
}

for namespace in a h b c; do
    network_add_namespace "$NAME-$namespace"
done
ip -n "$NAME-a" link add eth0 type veth peer name port netns "$NAME-h"
ip -n "$NAME-a" address add "$NETWORK_ADDRESS_A/24" dev eth0
ip -n "$NAME-a" link set eth0 up
ip -n "$NAME-h" link set port up
add_macvlan b mv0 "$NETWORK_ADDRESS_B"
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/macvlan.pcapng
capture_of "$file" a h b c --
ip -n "$NAME-a" neighbour flush dev eth0
ping_once a "$NETWORK_ADDRESS_B"
add_macvlan c mv1 "$ADDRESS_C"
sleep 0.5
ping_once a "$ADDRESS_C"
stop_capture "$file"

packets "$file" "icmp.type == 8 && ip.dst == $ADDRESS_C" icmp.seq | expect_journeys "$REQUEST" 1

# The ARP request that A asked after the flush.
arrivals=$(packets "$file" "arp.opcode == 1 && eth.dst == ff:ff:ff:ff:ff:ff &&
    arp.dst.proto_ipv4 == $NETWORK_ADDRESS_B" arp.opcode |
    cut -f 5 | grep -c '^b/mv0 Lower Rx$' || true)
expect_equal "arrivals of the broadcast at the macvlan" 1 "$arrivals"
expect_equal "type of the macvlan" macvlan \
    "$(fields "$file" "pktmon.component.name == \"$NAME-b/mv0\" && pktmon.record == 2" \
        pktmon.component.type | sort -u)"
expect_sound "$file"
