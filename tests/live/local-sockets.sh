#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What AF_UNIX, netlink and vsock sockets carry are no packets: nothing of it is recorded or
# counted, not even what is thrown away unread.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

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
expect_equal "records and counters that belong nowhere" "" \
    "$(fields "$file" '(pktmon.record == 1 || pktmon.record == 3) && pktmon.component.name == "kernel"' \
        frame.number pktmon.drop.reason pktmon.drop.location pktmon.counters.drops_in)"
expect_equal "drops in the namespace" "" "$(fields "$file" \
    "pktmon.dropped && pktmon.netns == \"$NAME-a\"" pktmon.drop.reason pktmon.drop.location)"
# Not without a loss: buffers are dropped here in the midst of which an interrupt may drop another,
# and the kernel leaves that one out, and counts it, whatever it was.
expect_ordered "$file"
