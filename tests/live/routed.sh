#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A router rewrites MACs and TTL of each packet, while packet sockets on its devices hold copies and
# never read them: the kernel has to give the packet a new head before it writes, and the packet
# stays one group.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

# way SUFFIX SUFFIX: the places from one host through the router to the other.
way() {
    printf '%s\n' "$1/netfilter output In" "$1/netfilter postrouting In" \
        "$1/eth0 Upper Tx" "$1/eth0 Lower Tx" "r/to-$1 Lower Rx" "r/to-$1 Upper Rx" \
        "r/netfilter prerouting In" "r/netfilter forward In" "r/netfilter postrouting In" \
        "r/to-$2 Upper Tx" "r/to-$2 Lower Tx" "$2/eth0 Lower Rx" "$2/eth0 Upper Rx" \
        "$2/netfilter prerouting In" "$2/netfilter input In"
}

# add_host SUFFIX NUMBER: a host with the address 10.78.NUMBER.2.
add_host() {
    network_add_namespace "$NAME-$1"
    ip -n "$NAME-$1" link add eth0 type veth peer name "to-$1" netns "$NAME-r"
    ip -n "$NAME-$1" address add "10.78.$2.2/24" dev eth0
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-r" address add "10.78.$2.1/24" dev "to-$1"
    ip -n "$NAME-r" link set "to-$1" up
    ip -n "$NAME-$1" route add default via "10.78.$2.1"
}

# times_to_live ICMP_TYPE: TTLs in the order of the places, each run of equal values once.
times_to_live() {
    fields "$file" "icmp.type == $1 && icmp.seq == 1 && pktmon.record == 1" ip.ttl | uniq | tr '\n' ' '
}

network_add_namespace "$NAME-r"
in_namespace r sysctl -qw net.ipv4.ip_forward=1
add_host a 1
add_host b 2
ping_once a 10.78.2.2

file=$SCRATCH/held.pcapng
start_traffic r hold "$SCRATCH/holding" to-a to-b
wait_until 10 test -e "$SCRATCH/holding" || fail "no packet sockets"
capture_of "$file" a r b --
in_namespace a ping -q -c 5 -i 0.2 -W 2 10.78.2.2 >/dev/null
stop_capture "$file"
packets "$file" "icmp.type == 8" icmp.seq | expect_journeys "$(way a b)"$'\nb/ipv4 - Rx' "1 2 3 4 5"
packets "$file" "icmp.type == 0" icmp.seq | expect_journeys "$(way b a)"$'\na/sockets Lower Rx' "1 2 3 4 5"
expect_equal "times to live of requests" "64 63 " "$(times_to_live 8)"
expect_equal "times to live of replies" "64 63 " "$(times_to_live 0)"
expect_equal "drops of pings" "" "$(fields "$file" "icmp && pktmon.dropped" pktmon.drop.reason)"
expect_sound "$file"
