#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# AF_UNIX, netlink and vsock sockets carry no packets: nothing of theirs is recorded or counted, not
# even data discarded unread.
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
# A drop in no namespace would be at the component "kernel", which "current" includes.
start_capture "$file" --netns "$NAME-a,current"
traffic a local 1
show_links
# A network packet, to see that the capture works.
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
# Network packets may be in no namespace: those that another program on this machine leaves unread
# in a socket, if they came before the capture began. They are few; here, thousands are discarded.
expect_equal "records of no packets that belong nowhere" "" \
    "$(fields "$file" "pktmon.record == 1 && $NOWHERE && !ip && !ipv6 && !arp" \
        frame.number pktmon.drop.reason pktmon.drop.location)"
counted=$(fields "$file" "pktmon.record == 3 && $NOWHERE" pktmon.counters.drops_in |
    sort -n | tail -n 1)
((${counted:-0} < FEW)) || fail "$counted drops are counted nowhere"
expect_equal "drops in the namespace" "" "$(fields "$file" \
    "pktmon.dropped && pktmon.netns == \"$NAME-a\"" pktmon.drop.reason pktmon.drop.location)"
# A loss is possible: buffers are dropped here, and an interrupt may drop another one meanwhile,
# which the kernel programs leave out and count, whatever it was.
expect_ordered "$file"
