#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packets view: one frame for each packet, with its path and its fate, in one pass. A packet
# that stays open longer than the hold is written once, and continued once; with --type dropped it
# is one frame. Whatever ends the capture, what is held is written.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/queues-lib.sh
source "$(dirname "$0")/queues-lib.sh"

PORT=7777
NOBODY=10.77.0.99 # in A's network
REQUEST="a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/ipv4"
REPLY="b/eth0 → sw/port-b → sw/port-a → a/eth0 → a/sockets (+1 copy)"
DATAGRAM="a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/netfilter input"
DROPPED=$'\tdropped\t'"$DATAGRAM"$'\tNETFILTER_DROP'

# frames FILE DISPLAY_FILTER FIELD ...: as fields(), of packets, without the names' prefix.
frames() {
    fields "$1" "pktmon.view == 1 && ($2)" "${@:3}" | sed "s/$NAME-//g"
}

send_datagrams() {
    local i
    for ((i = 0; i < 3; i++)); do
        network_send_udp "$NAME-a" "$NETWORK_ADDRESS_B" "$PORT"
    done
}

given_up() {
    in_namespace a ip neigh show "$NOBODY" | grep -q FAILED
}

# expect_continued WHAT FILE GROUP FATE REASON: the packet was written once, when it was open, and
# continued once; in the window (two passes) both frames have the fate.
expect_continued() {
    expect_equal "$1, and its continuation" $'True\t\tunknown\t\n\tTrue\t'"$4"$'\t'"$5" \
        "$(frames "$2" "pktmon.group == $3" pktmon.open pktmon.continued pktmon.fate pktmon.drop.reason |
            sed 's/^1\t/True\t/; s/\t1\t/\tTrue\t/')"
    tshark_options=(-2)
    expect_equal "fates of $1, in two passes" "$4"$'\n'"$4" \
        "$(frames "$2" "pktmon.group == $3" pktmon.fate)"
    tshark_options=()
}

# Pings, datagrams that a rule drops, and one that waits three seconds for a neighbour that does not
# exist.
check_journeys() {
    local file=$SCRATCH/journeys.pcapng group
    capture_of "$file" a sw b -- --view packets
    network_send_udp "$NAME-a" "$NOBODY" 9
    wait_until 10 given_up || fail "the kernel did not give up the neighbour"
    sleep 0.3
    in_namespace a ping -q -c 3 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
    send_datagrams
    stop_capture "$file" # at once: what is held is written
    expect_equal "requests" "$(printf '%s\tconsumed\t'"$REQUEST"'\n' 1 2 3)" \
        "$(frames "$file" "icmp.type == 8" icmp.seq pktmon.fate pktmon.path)"
    expect_equal "replies" "$(printf '%s\tdelivered\t'"$REPLY"'\n' 1 2 3)" \
        "$(frames "$file" "icmp.type == 0" icmp.seq pktmon.fate pktmon.path)"
    expect_equal "datagrams" "$(printf '%s\n' {,,}"$PORT$DROPPED")" \
        "$(frames "$file" "udp.dstport == $PORT" udp.dstport pktmon.fate pktmon.path pktmon.drop.reason)"
    group=$(fields "$file" "udp.dstport == 9 && !icmp" pktmon.group)
    expect_continued "the datagram that waited for a neighbour" "$file" "$group" dropped NEIGH_FAILED
    expect_equal "groups of more than one frame" "$group" \
        "$(frames "$file" frame pktmon.group | sort | uniq -d)"
    expect_equal "requests without a response" "" "$(fields "$file" icmp.resp_not_found frame.number)"
    expect_ordered "$file"
}

# Without the plugin it is an ordinary file.
check_without_plugin() {
    local file=$SCRATCH/journeys.pcapng plain
    plain=$(must run_as_user env WIRESHARK_PLUGIN_DIR=/nonexistent tshark -n -r "$file" -Y "icmp || udp.dstport == $PORT" -T fields -e ip.proto -e frame.comment | sed "s/$NAME-//g")
    expect_equal "frames of pings, without the plugin" 6 "$(grep -c $'^1\t' <<<"$plain")"
    expect_equal "comments on drops, without the plugin" 3 \
        "$(grep -c 'Dropped by b/netfilter: NETFILTER_DROP' <<<"$plain")"
}

forget_neighbour() {
    in_namespace a ip neigh flush to "$NOBODY"
}

# Whole journeys of packets that were dropped, and of no others.
check_dropped() {
    local file=$SCRATCH/dropped.pcapng
    forget_neighbour
    capture_of "$file" a sw b -- --view packets --type dropped
    network_send_udp "$NAME-a" "$NOBODY" 9
    send_datagrams
    ping_once a "$NETWORK_ADDRESS_B"
    wait_until 10 given_up || fail "the kernel did not give up the neighbour"
    sleep 0.3
    stop_capture "$file"
    expect_equal "dropped packets" \
        "$(printf '%s\n' $'9\tdropped\ta/arp\tNEIGH_FAILED' {,,}"$PORT$DROPPED")" \
        "$(frames "$file" frame udp.dstport pktmon.fate pktmon.path pktmon.drop.reason)"
    expect_equal "journeys that are not whole" "" \
        "$(frames "$file" "pktmon.open || pktmon.continued" frame.number)"
    expect_match "time of the one that waited" '^[23]\.' "$(frames "$file" "udp.dstport == 9" pktmon.total)"
    # The drops alone, for which the kernel records nothing else.
    file=$SCRATCH/drops.pcapng
    capture_of "$file" a sw b -- --view packets --type drop
    send_datagrams
    stop_capture "$file"
    expect_equal "drops alone" "$(printf '%s\n' {,,}$'b/netfilter input\t1')" \
        "$(frames "$file" frame pktmon.path pktmon.hops)"
}

# Slow packets, and dropped ones: of two large pings the second waits in a queue.
check_slower() {
    local file=$SCRATCH/slower.pcapng
    in_namespace sw tc qdisc add dev port-b root tbf rate 100kbit burst 1600 limit 1m
    capture_of "$file" a sw b -- --view packets --slower 40
    in_namespace a ping -q -c 2 -i 0.01 -s 1200 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
    send_datagrams
    sleep 0.2
    stop_capture "$file"
    in_namespace sw tc qdisc del dev port-b root
    expect_equal "slow packets, and dropped ones" $'1\t2\n17\t\n17\t\n17\t' \
        "$(frames "$file" "icmp.type == 8 || udp" ip.proto icmp.seq)"
}

# Two datagrams come to a slow port at once, and are dropped behind it: the second waits there for
# half a second. Then one waits in a queue of user space.
let_wait() {
    in_namespace sw tc qdisc add dev port-b root tbf rate 13kbit burst 1600 limit 1m
    traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 2 1200
    sleep 1
    in_namespace sw tc qdisc del dev port-b root
    traffic a udp "$NETWORK_ADDRESS_B" "$QUEUE_PORT" 1 22
    queue wait 1
    sleep 0.5
    queue release
}

check_waits() {
    local file=$SCRATCH/waits.pcapng
    queue_make
    queue bind
    capture_of "$file" a sw b -- --view packets
    let_wait
    stop_capture "$file"
    expect_equal "packets that came to the queue, and that arrived" "1 1" "$answer"
    expect_continued "the datagram in the shaper" "$file" \
        "$(fields "$file" "udp.dstport == $PORT && pktmon.open" pktmon.group)" dropped NETFILTER_DROP
    expect_continued "the datagram in the queue" "$file" \
        "$(fields "$file" "udp.dstport == $QUEUE_PORT" pktmon.group)" delivered ""
    expect_equal "open packets" 2 "$(fields "$file" pktmon.open frame.number | wc -l)"
    expect_sound "$file"
}

# All of them are dropped in the end: each is one whole frame.
check_waits_dropped() {
    local file=$SCRATCH/waits-dropped.pcapng
    rules b <<END
table inet late {
    chain input {
        type filter hook input priority 300;
        udp dport $QUEUE_PORT drop
    }
}
END
    capture_of "$file" a sw b -- --view packets --type dropped
    let_wait
    stop_capture "$file"
    expect_equal "packets that came to the queue, and that arrived" "1 0" "$answer"
    expect_equal "packets that were dropped" \
        "$(printf '%s\tdropped\tNETFILTER_DROP\n' "$PORT" "$PORT" "$QUEUE_PORT")" \
        "$(frames "$file" frame udp.dstport pktmon.fate pktmon.drop.reason)"
    expect_match "their times" $'^0\\.[01][0-9]*\n0\\.[4-9][0-9]*\n0\\.[5-9][0-9]*$' \
        "$(frames "$file" frame pktmon.total)"
    expect_equal "journeys that are not whole" "" \
        "$(frames "$file" "pktmon.open || pktmon.continued" frame.number)"
}

# pktmon capture counts packets, and a ring of files is one capture.
check_command() {
    local file=$SCRATCH/count.pcapng status=0
    (exec_as_user "$PLACE/cli/pktmon" capture --netns "$NAME-a,$NAME-sw,$NAME-b" \
        -f "icmp" -c 4 -w "$file") 2>"$file.err" &
    capture_pid=$!
    own_pids+=("$capture_pid")
    wait_until "$START_SECONDS" capture_began "$file" || fail "the capture did not begin"
    in_namespace a ping -q -c 8 -i 0.1 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
    wait "$capture_pid" || status=$?
    expect_equal "exit status" 0 "$status"
    expect_equal "packets counted" 4 "$(frames "$file" frame pktmon.group | sort -u | wc -l)"
    expect_match "status" '^4 packets, 392 bytes, 0 drops, 0 lost' "$(tail -n 1 "$file.err")"
}

# Live, in one pass: a row for each dropped datagram, and no other.
check_live() {
    local rows=$SCRATCH/rows tshark
    (exec_as_user tshark -i pktmon -l -n -o "extcap.pktmon.netns:$NAME-a,$NAME-sw,$NAME-b" \
        -Y '(pktmon.fate == "dropped" && !pktmon.continued) || pktmon.event.id == 5' \
        -T fields -e udp.dstport -e pktmon.fate -e pktmon.path -e pktmon.drop.reason -e pktmon.event.id) \
        >"$rows" 2>"$rows.err" &
    tshark=$!
    own_pids+=("$tshark")
    wait_until "$START_SECONDS" grep -q '5$' "$rows" || fail "the live capture did not begin: $(<"$rows.err")"
    ping_once a "$NETWORK_ADDRESS_B"
    send_datagrams
    wait_until 10 has_lines "$rows" 4 || fail "rows are missing: $(<"$rows")"
    kill "$tshark"
    wait "$tshark" || true
    expect_equal "rows" "$(printf '%s\n' {,,}"$PORT$DROPPED")" \
        "$(sed "1d; s/$NAME-//g; s/\t*\$//" "$rows")"
}

has_lines() {
    (($(wc -l <"$1") >= $2))
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$PORT"
ping_once a "$NETWORK_ADDRESS_B"
check_journeys
check_without_plugin
check_dropped
check_slower
check_waits
check_waits_dropped
check_command
check_live
