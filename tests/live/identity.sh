#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets that are easily mistaken for others: a guest's large send, whose number of segments is
# unknown, is one packet, inside a tunnel too; a reply with the same bytes as its request is another
# packet; a packet that an ifb device gives back was received once; a packet whose skb has the
# address of one that was just freed enters the queueing discipline.
#
# guest: tap0 --- A: eth0 --- eth0 :B, vx0 on both, and ifb0 before B's stack
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

ECHOES=50
DATAGRAMS=300
ECHO_PORT=7007 TCP_PORT=7008 UDP_PORT=7009 QUEUE_PORT=7010
GUEST6=2001:db8:84::2 GUEST_MAC=02:00:00:00:00:0b

make_network() {
    local suffix
    for suffix in a b; do
        network_add_namespace "$NAME-$suffix"
    done
    ip -n "$NAME-a" link add eth0 type veth peer name eth0 netns "$NAME-b"
    add_ends a 1 2
    add_ends b 2 1
    in_namespace a sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.default.disable_ipv6=0
    in_namespace a ethtool -K eth0 tso off tx-udp-segmentation off tx-udp_tnl-segmentation off >/dev/null
    ip -n "$NAME-b" route add 10.84.0.0/24 via 10.82.0.1
    in_namespace a tc qdisc replace dev eth0 root tbf rate 800mbit burst 100k limit 10m
    ip -n "$NAME-b" link add ifb0 type ifb
    ip -n "$NAME-b" link set ifb0 up
    in_namespace b tc qdisc add dev eth0 ingress
    in_namespace b tc filter add dev eth0 parent ffff: protocol all u32 match u32 0 0 \
        action mirred egress redirect dev ifb0
    ping_once a 10.82.0.2
    ping_once a 10.83.0.2
}

# add_ends SUFFIX NUMBER OTHER: the addresses of one side.
add_ends() {
    ip -n "$NAME-$1" address add "10.82.0.$2/24" dev eth0
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-$1" link add vx0 type vxlan id 7 local "10.82.0.$2" remote "10.82.0.$3" dstport 4789
    ip -n "$NAME-$1" address add "10.83.0.$2/24" dev vx0
    ip -n "$NAME-$1" link set vx0 up
}

start_guest() {
    start_traffic a guest tap0 10.84.0.1 10.84.0.2 "$SCRATCH/ready" "$SCRATCH/go" $((5 * ECHOES)) \
        10.82.0.2 10.83.0.2
    guest_pid=$started_pid
    wait_until 10 test -e "$SCRATCH/ready" || fail "no tap device"
    ip -n "$NAME-a" address add "${GUEST6%2}1/64" dev tap0 nodad
    ip -n "$NAME-a" neighbour replace "$GUEST6" lladdr "$GUEST_MAC" dev tap0
}

received_by_b() {
    in_namespace b cat /sys/class/net/eth0/statistics/rx_packets
}

# The records are read once.
read_rows() {
    fields "$file" "pktmon.record == 1 && !icmp && !icmpv6" pktmon.group pktmon.packet_number \
        pktmon.component.name pktmon.edge pktmon.direction pktmon.gso_segs frame.packet_flags \
        frame.protocols eth.type eth.src ip.dst tcp.dstport udp.srcport udp.dstport \
        arp.dst.proto_ipv4 >"$SCRATCH/rows"
}

# select_rows AWK_CONDITION AWK_VALUE: each value once, in the order of first occurrence. Among
# several headers, the innermost counts.
select_rows() {
    awk -F '\t' -v prefix="$NAME-" '
        {
            group = $1; number = $2; place = substr($3, length(prefix) + 1); edge = $4; direction = $5
            segments = $6; flags = $7; version = $8 ~ /ipv6/ ? 6 : 4
            for (i = 9; i <= NF; i++)
                sub(/.*,/, "", $i)
            ethertype = $9; station = $10; to = $11; tcp = $12; from = $13; udp = $14
            wanted = $15
        }
        ('"$1"') && !(('"$2"') in seen) { seen['"$2"']; print '"$2"' }' "$SCRATCH/rows"
}

# expect_one_packet WHAT SEGMENTS CONDITION: checks the large send to one destination.
expect_one_packet() {
    expect_equal "groups of $1" 1 "$(select_rows "$3" group | wc -l)"
    expect_equal "segments that $1 says it has" "$2" \
        "$(select_rows "segments != \"\" && place ~ /^a/ && ($3)" segments)"
    expect_equal "pieces of $1" "$(seq "$2")" \
        "$(select_rows "place == \"b/eth0\" && edge == 2 && ($3)" number)"
}

# expect_answers WHAT REQUESTS ANSWERS: two conditions.
expect_answers() {
    local requests answers
    requests=$(select_rows "$2" group) answers=$(select_rows "$3" group)
    expect_equal "requests of $1" "$ECHOES" "$(wc -l <<<"$requests")"
    expect_equal "answers of $1" "$ECHOES" "$(wc -l <<<"$answers")"
    expect_equal "requests of $1 that are their answers" "" \
        "$(sort <<<"$requests"$'\n'"$answers" | uniq -d)"
}

make_network
start_guest
file=$SCRATCH/all.pcapng
capture_of "$file" a b --
before=$(received_by_b)
: >"$SCRATCH/go"
traffic a reflected tap0 10.84.0.2 "$GUEST6" "$ECHO_PORT" "$ECHOES"
wait "$guest_pid" || fail "the guest failed"
traffic a udp 10.82.0.2 "$QUEUE_PORT" 20 32
sleep 0.2
received=$(($(received_by_b) - before))
stop_capture "$file"

read_rows
for to in 10.82.0.2 10.83.0.2; do
    expect_one_packet "TCP to $to" 6 "tcp == $TCP_PORT && to == \"$to\""
    expect_one_packet "UDP to $to" 5 "udp == $UDP_PORT && to == \"$to\""
done
expect_answers "UDP over IPv4" "version == 4 && udp == $ECHO_PORT" \
    "version == 4 && from == $ECHO_PORT"
expect_answers "UDP over IPv6" "version == 6 && udp == $ECHO_PORT" \
    "version == 6 && from == $ECHO_PORT"
expect_answers "another Ethertype" "ethertype == \"0x88b5\" && station != \"$GUEST_MAC\"" \
    "ethertype == \"0x88b5\" && station == \"$GUEST_MAC\""
for net in 8 9; do
    expect_answers "ARP for 10.84.$net.0/24" "wanted ~ /^10.84.$net/ && station != \"$GUEST_MAC\"" \
        "wanted ~ /^10.84.$net/ && station == \"$GUEST_MAC\""
done
# Their traffic direction on their host: at hooks and queues, it differs from In.
expect_equal "directions by edge" "3 0x00000002
4 0x00000001
5 0x00000001
6 
7 0x00000002
8 0x00000002" "$(select_rows "edge > 2" 'edge " " flags' | sort)"
fields "$file" "pktmon.record == 3 && pktmon.component.name == \"$NAME-b/eth0\"" pktmon.edge \
    pktmon.counters.packets_in >"$SCRATCH/counters"
for edge in 1 2; do
    counted=$(awk -v edge="$edge" '$1 == edge { last = $2 } END { print last }' "$SCRATCH/counters")
    expect_equal "packets received by B at edge $edge, behind an ifb device" "$received" "$counted"
done
case_row "Packets that tc redirects to an ifb device" "rx_packets of the device" "$received" "$counted"
expect_sound "$file"

file=$SCRATCH/filtered.pcapng
capture_of "$file" a -- --extcap-capture-filter "udp dst port $QUEUE_PORT"
traffic a udp 10.82.0.2 "$QUEUE_PORT" "$DATAGRAMS" 32
sleep 0.2
stop_capture "$file"
read_rows
for direction in 2 1; do # Out, In
    expect_equal "datagrams in direction $direction of the queue" "$DATAGRAMS" \
        "$(select_rows "edge == 3 && direction == $direction" group | wc -l)"
done
case_row "Datagrams into a queue while a filter is set" "sent" "$DATAGRAMS" \
    "$(select_rows 'edge == 3 && direction == 1' group | wc -l)"
