#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets larger than a page and in several fragments: jumbo frames, and TCP packets of 64 KiB that
# are never cut. The capture has all of their bytes, or as many as were requested.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

MTU=9000
UDP_PORT=7003
TCP_PORT=7004
TCP_BYTES=2000000
HEADERS=$((14 + 20 + 8))
WAY="a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets - Rx NO_SOCKET"

# capture_traffic FILE [OPTION ...]
capture_traffic() {
    local file=$1 receiver
    shift
    rm -f "$SCRATCH/ready"
    capture_of "$file" a b -- "$@"
    traffic a udp 10.81.0.2 "$UDP_PORT" 1 $((MTU - 28))
    start_traffic b tcp-receive "$TCP_PORT" "$TCP_BYTES" "$SCRATCH/ready"
    receiver=$started_pid
    wait_until 10 test -e "$SCRATCH/ready" || fail "no receiver"
    traffic a tcp-send 10.81.0.2 "$TCP_PORT" "$TCP_BYTES"
    wait "$receiver" || fail "the transfer failed"
    stop_capture "$file"
    expect_sound "$file"
}

longest_tcp() {
    fields "$1" "tcp.dstport == $TCP_PORT" frame.len | sort -n | tail -n 1
}

network_add_namespace "$NAME-a"
network_add_namespace "$NAME-b"
ip -n "$NAME-a" link add eth0 mtu "$MTU" type veth peer name eth0 netns "$NAME-b" mtu "$MTU"
ip -n "$NAME-a" address add 10.81.0.1/24 dev eth0
ip -n "$NAME-b" address add 10.81.0.2/24 dev eth0
ip -n "$NAME-a" link set eth0 up
ip -n "$NAME-b" link set eth0 up
ping_once a 10.81.0.2

whole=$SCRATCH/whole.pcapng
capture_traffic "$whole" --repeat-size 0
packets "$whole" "udp.dstport == $UDP_PORT && !icmp" udp.dstport | expect_journeys "$WAY" "$UDP_PORT"
expect_equal "the datagram" "$(wc -l <<<"$WAY") packets, the longest $((MTU + 14)) bytes" \
    "$(must python3 -B "$TESTS/pcapng.py" payload "$whole" "$UDP_PORT")"
expect_match "the transfer" '^[0-9]+ packets, the longest [3-6][0-9]{4} bytes$' \
    "$(must python3 -B "$TESTS/pcapng.py" payload "$whole" "$TCP_PORT")"
expect_equal "truncated packets" "" "$(fields "$whole" pktmon.truncated frame.number)"
expect_match "segment sizes" '^[1-9][0-9]*$' "$(fields "$whole" \
    "tcp.dstport == $TCP_PORT && frame.len > 30000" pktmon.gso_size | sort -u)"

cut=$SCRATCH/cut.pcapng
capture_traffic "$cut" --pkt-size 64
expect_equal "packets of more than 64 bytes" "" \
    "$(fields "$cut" 'pktmon.record == 1 && frame.cap_len > 64' frame.number)"
expect_equal "packets that are cut and do not say so, or the reverse" "" \
    "$(fields "$cut" 'pktmon.record == 1 && ((frame.len > 64 && !pktmon.truncated) ||
        (frame.len <= 64 && pktmon.truncated) || (frame.len > 64 && frame.cap_len != 64))' frame.number)"
expect_equal "length of the cut datagram" $((MTU - 28 + HEADERS)) \
    "$(fields "$cut" "udp.dstport == $UDP_PORT && !icmp" frame.len | sort -u)"
(($(longest_tcp "$cut") > 30000)) || fail "no packet of the transfer was large"
