#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pings B through a router, which rewrites the MACs and the TTL: each packet stays one group. Once
# more with tcpdump on the router's devices, and with packet sockets there that keep their copies, so
# that the kernel has to give the packet other memory before it writes.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

REQUEST="a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx"

REPLY="b/eth0 Upper Tx
b/eth0 Lower Tx
r/to-b Lower Rx
r/to-b Upper Rx
r/to-a Upper Tx
r/to-a Lower Tx
a/eth0 Lower Rx
a/eth0 Upper Rx"

# add_host SUFFIX ROUTER_DEVICE NUMBER: the host has address 10.78.NUMBER.2.
add_host() {
    network_add_namespace "$NAME-$1"
    ip -n "$NAME-$1" link add eth0 type veth peer name "$2" netns "$NAME-r"
    ip -n "$NAME-$1" address add "10.78.$3.2/24" dev eth0
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-r" address add "10.78.$3.1/24" dev "$2"
    ip -n "$NAME-r" link set "$2" up
    ip -n "$NAME-$1" route add default via "10.78.$3.1"
}

# check_pings FILE
check_pings() {
    in_namespace a ping -q -c 5 -i 0.2 -W 2 10.78.2.2 >/dev/null
    stop_capture "$1"
    packets "$1" "icmp.type == 8" icmp.seq | expect_journeys "$REQUEST" "1 2 3 4 5"
    packets "$1" "icmp.type == 0" icmp.seq | expect_journeys "$REPLY" "1 2 3 4 5"
    expect_equal "times to live" "$(printf '63\n64')" "$(fields "$1" icmp ip.ttl | sort -u)"
    expect_equal "drops of pings" "" "$(fields "$1" "icmp && pktmon.dropped" pktmon.drop.reason)"
    expect_sound "$1"
}

network_add_namespace "$NAME-r"
in_namespace r sysctl -qw net.ipv4.ip_forward=1
add_host a to-a 1
add_host b to-b 2
ping_once a 10.78.2.2

file=$SCRATCH/plain.pcapng
capture_of "$file" a r b --
check_pings "$file"

file=$SCRATCH/tapped.pcapng
for device in to-a to-b; do
    start_inside r tcpdump -U -i "$device" -w "$SCRATCH/$device.pcap" 2>"$SCRATCH/$device.err"
    wait_until 10 test -s "$SCRATCH/$device.pcap" || fail "tcpdump: $(<"$SCRATCH/$device.err")"
done
capture_of "$file" a r b --
check_pings "$file"
for device in to-a to-b; do
    [[ $(tcpdump -nr "$SCRATCH/$device.pcap" icmp 2>/dev/null | wc -l) == 10 ]] ||
        fail "tcpdump did not see the pings on $device"
done

file=$SCRATCH/held.pcapng
start_traffic r hold "$SCRATCH/holding" to-a to-b
wait_until 10 test -e "$SCRATCH/holding" || fail "no packet sockets"
capture_of "$file" a r b --
check_pings "$file"
