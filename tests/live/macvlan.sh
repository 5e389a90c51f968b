#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A macvlan device gets its packets without a tracepoint: a program at its tc ingress shows them at
# its lower edge (groundtruth/networks/macvlan.sh). A device that appears during the capture gets
# its program too, one that moves to another namespace keeps it, and broadcasts, which also pass a
# tracepoint, are not shown twice.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

ADDRESS_C=10.77.0.3
ADDRESS_X=10.77.0.4
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

# move FROM TO
move() {
    ip -n "$NAME-$1" link set mvx netns "$NAME-$2"
    ip -n "$NAME-$2" address add "$ADDRESS_X/24" dev mvx
    ip -n "$NAME-$2" link set mvx up
}

# missed SCANNER: number of the kernel's messages for the process that found no room.
missed() {
    local inodes
    inodes=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n')
    awk -v inodes="$inodes" 'BEGIN { split(inodes, list, "\n"); for (i in list) mine[list[i]] }
        $10 in mine { missed += $9 } END { print missed + 0 }' /proc/net/netlink
}

# has_missed SCANNER: after some more changes of a device.
has_missed() {
    printf 'link set lo alias %s\n' {1..200} |
        ip -n "$NAME-h" -batch -
    (($(missed "$1") > before))
}

# move_unheard FROM TO: moves the device mvx while the agent misses the message. The agent finds the
# device by listing the devices of each namespace, and may find it in TO before it knows that it has
# left FROM.
move_unheard() {
    local scanner before
    scanner=$(pgrep -P "$(pgrep -P "$capture_pid" -x pktmon-agent)" -x pktmon-scanner)
    before=$(missed "$scanner")
    kill -STOP "$scanner"
    wait_until 10 has_missed "$scanner" || fail "the agent has room for all messages"
    move "$1" "$2"
    kill -CONT "$scanner"
    sleep 0.5
}

# send_to_moved PORT
send_to_moved() {
    network_send_udp "$NAME-a" "$ADDRESS_X" "$1"
    sleep 0.1
}

for namespace in a h b c x y; do
    network_add_namespace "$NAME-$namespace"
done
ip -n "$NAME-a" link add eth0 type veth peer name port netns "$NAME-h"
ip -n "$NAME-a" address add "$NETWORK_ADDRESS_A/24" dev eth0
ip -n "$NAME-a" link set eth0 up
ip -n "$NAME-h" link set port up
add_macvlan b mv0 "$NETWORK_ADDRESS_B"
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/macvlan.pcapng
capture_of "$file" a h b c x y --
ip -n "$NAME-a" neighbour flush dev eth0
ping_once a "$NETWORK_ADDRESS_B"
add_macvlan c mv1 "$ADDRESS_C"
sleep 0.5
ping_once a "$ADDRESS_C"

add_macvlan x mvx "$ADDRESS_X"
ping_once a "$ADDRESS_X"
move_unheard x y # one of the two is listed first
send_to_moved 7031
move y x
sleep 0.3
send_to_moved 7032
for _ in {1..5}; do
    move x y
    move y x
done
move x y
move_unheard y x
send_to_moved 7033
stop_capture "$file"

packets "$file" "icmp.type == 8 && ip.dst == $ADDRESS_C" icmp.seq | expect_journeys "$REQUEST" 1

# The ARP request that A sent after the flush.
arrivals=$(packets "$file" "arp.opcode == 1 && eth.dst == ff:ff:ff:ff:ff:ff &&
    arp.dst.proto_ipv4 == $NETWORK_ADDRESS_B" arp.opcode |
    cut -f 5 | grep -c '^b/mv0 Lower Rx$' || true)
expect_equal "arrivals of the broadcast at the macvlan" 1 "$arrivals"
expect_equal "type of the macvlan" macvlan \
    "$(fields "$file" "pktmon.component.name == \"$NAME-b/mv0\" && pktmon.record == 2" \
        pktmon.component.type | sort -u)"

expect_equal "where the moved device got its packets" "7031 y/mvx Lower Rx
7032 x/mvx Lower Rx
7033 x/mvx Lower Rx" "$(packets "$file" "udp.dstport in {7031 .. 7033} && !icmp" udp.dstport |
    cut -f 1,5 --output-delimiter ' ' | grep '/mvx ')"
expect_equal "what was refused" "" "$(fields "$file" \
    "pktmon.event.id == 4 && pktmon.event.message contains \"$NAME-\"" pktmon.event.message)"
expect_sound "$file"
