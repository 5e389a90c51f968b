#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What AF_UNIX, netlink and vsock sockets carry are no packets: nothing of it is recorded or
# counted, not even what is thrown away unread.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

FEW=100
NOWHERE='pktmon.component.name == "kernel"'

show_links() {
    for ((i = 0; i < 20; i++)); do
        ip -n "$NAME-a" link show >/dev/null
        ip -n "$NAME-a" link set lo mtu $((60000 + i))
    done
}

network_add_namespace "$NAME-a"
file=$SCRATCH/local.pcapng
# A drop that belongs to no namespace would be the component "kernel", which "current" includes.
start_capture "$file" --netns "$NAME-a,current"
traffic a local 1
show_links
# A packet of the network, to see that the capture does work.
in_namespace a ping -q -c 1 -W 2 127.0.0.1 >/dev/null
traffic a local 0.5
stop_capture "$file"

expect_equal "protocols in the namespace" icmp \
    "$(fields "$file" "pktmon.record == 1 && pktmon.netns == \"$NAME-a\"" frame.protocols |
        sed 's/.*://; s/data/icmp/' | sort -u)"
expect_equal "echo requests sent" 1 "$(fields "$file" \
    "icmp.type == 8 && pktmon.netns == \"$NAME-a\" && pktmon.appearance == 1" frame.number | wc -l)"
expect_equal "records of what is no packet" "" \
    "$(fields "$file" 'frame contains "no packet of the network"' frame.number pktmon.component.name)"
# Packets of the network may belong nowhere: those that another program on this machine has not read
# when its socket is closed, if they came before the capture did. They are few, and what is thrown
# away here are thousands.
expect_equal "records of no packets that belong nowhere" "" \
    "$(fields "$file" "pktmon.record == 1 && $NOWHERE && !ip && !ipv6 && !arp" \
        frame.number pktmon.drop.reason pktmon.drop.location)"
counted=$(fields "$file" "pktmon.record == 3 && $NOWHERE" pktmon.counters.drops_in |
    sort -n | tail -n 1)
((${counted:-0} < FEW)) || fail "$counted drops are counted nowhere"
expect_equal "drops in the namespace" "" "$(fields "$file" \
    "pktmon.dropped && pktmon.netns == \"$NAME-a\"" pktmon.drop.reason pktmon.drop.location)"
# Not without a loss: buffers are dropped here in the midst of which an interrupt may drop another,
# and the kernel leaves that one out, and counts it, whatever it was.
expect_ordered "$file"
