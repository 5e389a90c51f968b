#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# More packets than a small buffer holds while its reader stands still: what is lost is counted, to
# the last packet, and no drop is lost, because a part of the buffer is theirs.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

FLOOD=200000
FLOOD_PORT=7005
DROPS=100
DROP_PORT=7777

# received NUMBER: whether B has got as many packets.
received() {
    (($(in_namespace b cat /sys/class/net/eth0/statistics/rx_packets) >= $1))
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$DROP_PORT"
# The flood must not become drops of a full socket.
attach_tc b eth0 swallow -DSWALLOWED="$FLOOD_PORT"
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/loss.pcapng
capture_of "$file" a sw b -- --buffer-size 1 --points devices
kill -STOP "$capture_pid"
# On one processor, whose buffer is full when the drops begin.
start_inside a taskset -c 0 python3 -B "$TESTS/traffic.py" \
    udp "$NETWORK_ADDRESS_B" "$FLOOD_PORT" "$FLOOD" 22
flood=$started_pid
wait_until 20 received "$((FLOOD / 10))" || fail "the flood did not begin"
in_namespace a taskset -c 0 python3 -B "$TESTS/traffic.py" \
    udp "$NETWORK_ADDRESS_B" "$DROP_PORT" "$DROPS" 22 1
wait "$flood"
kill -CONT "$capture_pid"
sleep 0.5
# The first packet on each processor tells of what was lost there.
for ((cpu = 0; cpu < $(nproc); cpu++)); do
    taskset -c "$cpu" ip netns exec "$NAME-a" ping -q -c 1 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
done
stop_capture "$file"
expect_ordered "$file"

edges=$(python3 -B "$TESTS/pcapng.py" counters "$file")
expect_equal "edges that were counted" 4 "$(wc -l <<<"$edges")"
expect_equal "edges whose records and losses are not what was counted" "" \
    "$(awk '$3 + $4 != $2' <<<"$edges")"
expect_equal "edges whose records and final counters tell of different losses" "" \
    "$(awk '$4 != $5 || $5 != $6' <<<"$edges")"
expect_equal "edges that lost nothing, or saw no flood" "" \
    "$(awk -v flood="$FLOOD" '$4 == 0 || $2 < flood' <<<"$edges")"
expect_equal "devices of which an event tells of the loss" 4 \
    "$(fields "$file" "pktmon.event.id == 1" pktmon.component | sort -u | wc -l)"
expect_equal "drops recorded during the flood" "$DROPS" \
    "$(fields "$file" "pktmon.dropped && udp.dstport == $DROP_PORT" udp.dstport | wc -l)"
expect_equal "drops of other packets" "" \
    "$(fields "$file" "pktmon.dropped && !(udp.dstport == $DROP_PORT)" pktmon.drop.reason)"
