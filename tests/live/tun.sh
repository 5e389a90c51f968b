#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tun device carries packets without a link header: the capture adds one, and marks it as its own.
# A packet that the other end has read has ended: the next packet is another one, even if all bytes
# are the same and in the same memory. A packet from a packet socket without an Ethertype is IPv4
# too.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

DATAGRAMS=100
SENT='a/netfilter output In
a/netfilter postrouting In
a/tun0 Upper Tx
a/tun0 Lower Tx'
RECEIVED='a/tun0 Lower Rx
a/tun0 Upper Rx
a/netfilter prerouting In
a/netfilter input In
a/ipv4 - Rx'

network_add_namespace "$NAME-a"
start_traffic a tun tun0 10.80.0.1 10.80.0.2 "$SCRATCH/ready" "$SCRATCH/go" "$DATAGRAMS"
host=$started_pid
wait_until 10 test -e "$SCRATCH/ready" || fail "no tun device"
# No packet waits in a queue: that would add places.
in_namespace a tc qdisc replace dev tun0 root noqueue

file=$SCRATCH/tun.pcapng
capture_of "$file" a --
: >"$SCRATCH/go"
traffic a without-ethertype tun0 10.80.0.1 10.80.0.2
traffic a udp 10.80.0.2 7006 "$DATAGRAMS" 32
wait "$host" || fail "no echo over the tun device"
stop_capture "$file"

packets "$file" "icmp.type == 8" icmp.seq |
    expect_journeys "$RECEIVED" 1
packets "$file" "icmp.type == 0" icmp.seq |
    expect_journeys "$SENT" 1
groups=$(fields "$file" "udp.dstport == 7006 && pktmon.appearance == 1" pktmon.group | sort -u)
expect_equal "groups of datagrams" "$DATAGRAMS" "$(wc -l <<<"$groups")"
packets "$file" "udp.dstport == 7006" pktmon.group |
    expect_journeys "$SENT" "$(tr '\n' ' ' <<<"$groups" | sed 's/ $//')"
expect_equal "Ethertypes of what was sent without one" "0x0800" \
    "$(fields "$file" "ip.proto == 99 || eth.type == 0" eth.type | sort -u)"
# An Ethernet header without addresses, and the whole packet after it.
expect_equal "headers" $'00:00:00:00:00:00\t00:00:00:00:00:00\t0x0800\t98\t98' \
    "$(fields "$file" icmp eth.src eth.dst eth.type frame.len frame.cap_len | sort -u)"
expect_equal "packets that do not say that the header is ours" "" \
    "$(fields "$file" "icmp && !(pktmon.l2_synthesised == 1)" frame.number)"
expect_equal "lengths in the packet" $'84\t56' "$(fields "$file" icmp ip.len data.len | sort -u)"
expect_equal "type of the device" tun "$(fields "$file" \
    "pktmon.record == 2 && pktmon.component.name == \"$NAME-a/tun0\"" pktmon.component.type | sort -u)"
expect_sound "$file"
