#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `pktmon watch` and `pktmon capture --print`: one line or object for each packet as it comes, with its
# path, its fate, and the reason and place of its drop, beside a capture of the same packets.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=7777 LENGTH=32
OUT=$SCRATCH/out
WAY="a/eth0 → sw/port-a → sw/port-b → b/eth0"
PLACE_OF_DROP="b/netfilter input"

watching() {
    grep -qs "Watching until" "$OUT.err" || ! kill -0 "$watch_pid" 2>/dev/null
}

# await_watching: of the program that was just started, with standard error in $OUT.err.
await_watching() {
    watch_pid=$!
    own_pids+=("$watch_pid")
    wait_until "$START_SECONDS" watching || fail "it does not begin: $(<"$OUT.err")"
    kill -0 "$watch_pid" || fail "it ended: $(<"$OUT.err")"
}

send_datagrams() {
    traffic a udp "$NETWORK_ADDRESS_B" "$PORT" "$1" "$LENGTH"
}

# has COUNT PATTERN: so many lines of the output match.
has() {
    (($(grep -cE "$2" "$OUT") >= $1))
}

# await COUNT PATTERN: they come while it runs.
await() {
    wait_until 5 has "$@" || fail "fewer than $1 lines have $2: $(<"$OUT")"
}

# ended: waits for it. With an error it is a failure.
ended() {
    wait "$watch_pid" || fail "it ended with an error: $(<"$OUT.err")"
}

# lines PATTERN: without the prefix of the test's namespaces.
lines() {
    sed "s#$NAME-##g" "$OUT" | grep -E "$1" || true
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$PORT"
ping_once a "$NETWORK_ADDRESS_B"

# --- lines, and a capture of the same packets ---
file=$SCRATCH/beside.pcapng
: >"$OUT.err"
(LC_ALL=C.UTF-8 exec_as_user "$PLACE/cli/pktmon" watch -w "$file" --netns "$NAME-a,$NAME-sw,$NAME-b") \
    >"$OUT" 2>"$OUT.err" &
await_watching
ping_once a "$NETWORK_ADDRESS_B"
send_datagrams 3
await 3 "UDP.*NETFILTER_DROP"
kill -INT "$watch_pid"
ended
time='[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}' total='[0-9.]+ [um]s'
datagram="$NETWORK_ADDRESS_A:[0-9]+ > $NETWORK_ADDRESS_B:$PORT UDP len $LENGTH"
drop="dropped NETFILTER_DROP at $PLACE_OF_DROP \((nft_do_chain|nf_hook_slow)\+0x[0-9a-f]+\)"
expect_equal "lines of datagrams" 3 "$(lines UDP | wc -l)"
expect_equal "lines of datagrams, whole" 3 \
    "$(lines "^$time $datagram  $WAY → $PLACE_OF_DROP  $drop  $total\$" | wc -l)"
echo="ICMP echo (request|reply) id [0-9]+ seq 1 len 56"
expect_equal "lines of the ping" 2 "$(lines "$echo" | wc -l)"
expect_match "its request" "^$time $NETWORK_ADDRESS_A > $NETWORK_ADDRESS_B $echo  $WAY → b/ipv4  consumed  $total\$" \
    "$(lines "echo request")"
expect_equal "controls in a pipe" "" "$(grep -P '[\x00-\x09\x0b-\x1f\x7f]' "$OUT" || true)"
expect_equal "datagrams of the capture" 3 "$(fields "$file" "udp.dstport == $PORT" frame.number | wc -l)"
expect_equal "what the status line says" "3 drops (NETFILTER_DROP 3), 0 lost, 1 file written: $file" \
    "$(tail -n 1 "$OUT.err" | grep -o '3 drops.*')"

# --- the same lines of the file, and of a pipe ---
expect_equal "lines of the file" "$(lines "UDP|ICMP")" \
    "$(LC_ALL=C.UTF-8 must run_as_user "$PLACE/cli/pktmon" watch "$file" | sed "s#$NAME-##g" | grep -E "UDP|ICMP")"
expect_equal "objects of a pipe" 3 "$(must run_as_user "$PLACE/cli/pktmon" watch --json - <"$file" |
    jq -r 'select(.fate == "dropped") | .group' | sort -u | wc -l)"

# --- objects, for a reader that leaves after two; pktmon capture shows them, too ---
: >"$OUT.err"
(exec_as_user "$PLACE/cli/pktmon" capture --print --json -f "udp port $PORT" \
    --netns "$NAME-a,$NAME-sw,$NAME-b" 2>"$OUT.err" | head -n 2 >"$OUT") &
await_watching
ping_once a "$NETWORK_ADDRESS_B"
send_datagrams 3
ended
expect_equal "records" "packet packet" "$(must jq -r .record "$OUT" | paste -sd ' ')"
packet() {
    must jq -r "select(.record == \"packet\") | $1" "$OUT" | sort -u | sed "s#$NAME-##g"
}
expect_equal "what a datagram is" "$NETWORK_ADDRESS_A $NETWORK_ADDRESS_B UDP $PORT dropped $WAY → $PLACE_OF_DROP" \
    "$(packet '"\(.source) \(.destination) \(.protocol) \(.destination_port) \(.fate) \(.path)"')"
expect_equal "its drop" "$PLACE_OF_DROP Rx NETFILTER_DROP" \
    "$(packet '.hops[] | select(.dropped) | "\(.component_name) \(.edge_name) \(.direction) \(.drop_reason)"')"
expect_equal "its hops in order" true \
    "$(packet '([.hops[].elapsed] | . == sort) and .hops[-1].elapsed == .total and (.hops | length) == .observations')"
expect_match "its time" '^[0-9]{10}\.[0-9]{9}$' "$(packet .time | head -n 1)"
expect_equal "its groups" 2 "$(packet .group | wc -l)"

# --- on a terminal, which has ASCII alone ---
(exec_as_user script -qefc "env -u NO_COLOR TERM=xterm LC_ALL=C $PLACE/cli/pktmon watch -c 1 \
    -f 'udp port $PORT' --netns $NAME-a,$NAME-sw,$NAME-b" /dev/null) </dev/null >"$OUT.err" &
await_watching
send_datagrams 1
ended
expect_match "a drop in red" "\[31m$time $datagram  .*a/eth0 -> .*NETFILTER_DROP.*\[0m" "$(<"$OUT.err")"
