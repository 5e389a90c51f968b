#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Some kernels run no tracing programs while process 1 has the processor (docs/live-capture.md):
# packets that an interrupt sends in that time are missing at the devices. The number of missing
# packets is reported; on other kernels it is zero.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=7004
SENDING_SECONDS=3 # timers and acknowledgements trigger more sending, whichever process is running

# Packets that both devices were given to send, by the kernel's own counters.
sent() {
    local suffix
    for suffix in a b; do
        ip -n "$NAME-$suffix" -s -j link show eth0
    done | jq -s 'map(.[0].stats64.tx | .packets + .dropped) | add'
}

mac_of() {
    ip -n "$NAME-$1" -j link show eth0 | jq -r '.[0].address'
}

# The same, as counted at tracepoints.
counted() {
    jq '[.[].Components[] | select(.Name | endswith("/eth0")).Counters[] |
        select(.Name == "Lower").Outbound.Packets] | add' "$SCRATCH/counters.json"
}

reported() {
    sed -n 's/.*\b\([0-9]\+\) packets were not seen at the devices.*/\1/p' "$SCRATCH/counters.err" |
        jq -s 'add // 0'
}

counting() {
    grep -q "Counting until" "$SCRATCH/counters.err"
}

start_counting() {
    (exec_as_user "$PLACE/cli/pktmon" counters --json --netns "$NAME-a,$NAME-b") \
        >"$SCRATCH/counters.json" 2>"$SCRATCH/counters.err" &
    counting_pid=$!
    own_pids+=("$counting_pid")
    wait_until "$START_SECONDS" counting || fail "it did not begin to count: $(<"$SCRATCH/counters.err")"
}

transfer() {
    local receiver
    start_traffic b tcp-sink "$PORT" "$SCRATCH/ready"
    receiver=$started_pid
    wait_until 10 test -e "$SCRATCH/ready" || fail "no receiver"
    traffic a tcp-flood 10.82.0.2 "$PORT" "$SENDING_SECONDS"
    wait "$receiver" || fail "the transfer failed"
}

network_add_namespace "$NAME-a"
network_add_namespace "$NAME-b"
ip -n "$NAME-a" link add eth0 type veth peer name eth0 netns "$NAME-b"
ip -n "$NAME-a" address add 10.82.0.1/24 dev eth0
ip -n "$NAME-b" address add 10.82.0.2/24 dev eth0
ip -n "$NAME-a" link set eth0 up
ip -n "$NAME-b" link set eth0 up
ping_once a 10.82.0.2
# No address resolution while this counts.
ip -n "$NAME-a" neighbour replace 10.82.0.2 lladdr "$(mac_of b)" dev eth0
ip -n "$NAME-b" neighbour replace 10.82.0.1 lladdr "$(mac_of a)" dev eth0
start_counting
before=$(sent)
transfer
sleep 0.5
kill -INT "$counting_pid"
wait "$counting_pid" || fail "it ended with an error: $(<"$SCRATCH/counters.err")"
sent=$(($(sent) - before))
reported=$(reported)
echo "$sent packets were sent, of which $reported passed no tracepoint"
expect_equal "packets that are missing at the devices" "$reported" $((sent - $(counted)))
