#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# More packets are under way than a small buffer holds while its reader is stopped: losses are
# counted at each edge, to the last packet. Of packets that begin in that time only drops are
# recorded; none of these is lost, because a part of the buffer is reserved for them.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

NUMBERED=$PKTMON_BUILD/tests/live/numbered
FLOOD=8000 # nearly all of them fit in a queue
FLOOD_RATE=2000
DROPS=100
DROP_PORT=7777

# received NUMBER: whether B has received this many packets.
received() {
    (($(in_namespace b cat /sys/class/net/eth0/statistics/rx_packets) >= $1))
}

# flooded_edges: the edges on the flood's path behind the queue.
flooded_edges() {
    { way_over_switch a b | sed '1,/port-b Upper Tx/d' && printf '%s\n' 'sw/port-b qdisc Out' 'b/sockets Lower Rx'; } |
        cut -d ' ' -f 1,2 | sort -u
}

# send_on_each_processor: sends packets past all edges of the flood, and those of a ping's reply:
# the first packet at each edge on each processor reports earlier losses there.
send_on_each_processor() {
    local cpu
    for ((cpu = 0; cpu < $(nproc); cpu++)); do
        in_namespace a taskset -c "$cpu" ping -q -c 1 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
        in_namespace a taskset -c "$cpu" "$NUMBERED" udp at="$NETWORK_ADDRESS_B" count=1
    done
}

# of_edges AWK_PROGRAM: prints edges with wrong numbers. Each has the variables in and out (packets
# counted), seen_in and seen_out (recorded), lost (reported by records), lost_counted.
of_edges() {
    awk "\$2 != \"*\" && \$2 != \"-\" {
        in_ = \$3; out = \$4; seen_in = \$5; seen_out = \$6; lost = \$7; lost_counted = \$8
        hook = \$1 ~ /\\/netfilter\$/
        if ($1) print
    }" <<<"$edges"
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$DROP_PORT"
# A queue that no packet bypasses, and that first holds the flood; not at the sender, whose socket
# would block.
in_namespace sw tc qdisc add dev port-b root tbf rate 100kbit burst 5k limit 20m
start_inside b "$NUMBERED" receive-udp >"$SCRATCH/reading"
wait_until 10 test -s "$SCRATCH/reading" || fail "no socket at B"
ping_once a "$NETWORK_ADDRESS_B"

file=$SCRATCH/loss.pcapng
capture_of "$file" a sw b -- --buffer-size 4
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" count="$FLOOD" rate="$FLOOD_RATE"
kill -STOP "$capture_pid"
in_namespace sw tc qdisc change dev port-b root tbf rate 10gbit burst 1m limit 20m
wait_until 20 received "$FLOOD" || fail "the flood did not arrive"
for ((cpu = 0; cpu < $(nproc); cpu++)); do
    in_namespace a taskset -c "$cpu" python3 -B "$TESTS/traffic.py" \
        udp "$NETWORK_ADDRESS_B" "$DROP_PORT" "$((DROPS / $(nproc)))" 22 1
done
kill -CONT "$capture_pid"
sleep 0.5
send_on_each_processor
stop_capture "$file"
expect_ordered "$file"

# The number of packets shed since the beginning, as the last notice reports.
shed=$(fields "$file" "pktmon.event.id == 7" pktmon.event.message |
    sed -nE 's/.*\(([0-9]+) of [0-9]+ since the beginning\).*/\1/p' | tail -n 1)
[[ ${shed:-0} -gt 0 && $shed -le $DROPS ]] || fail "left out were ${shed:-none}"

edges=$(must python3 -B "$TESTS/pcapng.py" counters "$file" | sed "s/^$NAME-//")
expect_equal "edges on the flood's way that lost nothing, or saw no flood" "" \
    "$(comm -23 <(flooded_edges) <(of_edges "in_ + out >= $FLOOD && lost > 0" | cut -d ' ' -f 1,2 | sort))"
# A packet that was shed passes an edge once, and the queue twice, in and out.
expect_equal "edges whose records and losses are not what was counted" "" \
    "$(of_edges "!hook && seen_in + seen_out + lost != in_ + out &&
        in_ + out - seen_in - seen_out - lost != $shed &&
        in_ + out - seen_in - seen_out - lost != 2 * $shed")"
# A hook counts every packet that comes out of it. It records (or loses) only those that it changed,
# which are none here, or held for long, which are few.
expect_equal "hooks whose records and losses are not what was counted" "" \
    "$(of_edges "hook && (seen_in + lost < in_ - $shed || seen_in + lost - in_ > out - seen_out ||
        seen_in + lost - in_ > $((FLOOD / 20)))")"
expect_equal "edges whose records and last counters tell of different losses" "" \
    "$(of_edges 'lost != lost_counted')"
expect_equal "components whose statistics tell of other losses than their counters" "" \
    "$(awk '$2 != "*" { lost[$1] += $8 } $2 == "*" && $3 != lost[$1]' <<<"$edges")"
expect_equal "components of which an event tells of the loss" \
    "$(of_edges 'lost > 0' | cut -d ' ' -f 1 | sort -u)" \
    "$(fields "$file" "pktmon.event.id == 1 && pktmon.component" pktmon.component.name | sed "s/^$NAME-//" | sort -u)"
expect_equal "losses of drops" "" "$(awk '$2 == "-" && $7 + $8 > 0' <<<"$edges")"
expect_equal "drops recorded during the flood" "$DROPS" \
    "$(fields "$file" "pktmon.dropped && udp.dstport == $DROP_PORT" udp.dstport | wc -l)"
expect_equal "drops of other packets" "" \
    "$(fields "$file" "pktmon.dropped && !(udp.dstport == $DROP_PORT)" pktmon.drop.reason)"
