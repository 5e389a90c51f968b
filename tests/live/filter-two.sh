#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two captures with a filter each, at the same time and under load: each has every matching packet
# at all places, once, and no other packet. When one dies, be it the capture or its agent, nothing
# of it is left, and the other continues without a gap.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"

NUMBERED_PROGRAM=$PKTMON_BUILD/tests/live/numbered
declare -A PORTS=([one]=7001 [two]=7002)
COUNT=15000 RATE=5000
DEATH_COUNT=10000 # while the other one dies
START_SECONDS=60
WAY="$(way_over_switch a b)
b/sockets Lower Rx"

take_udp() {
    local log=$SCRATCH/taking-$1
    start_inside b "$NUMBERED_PROGRAM" receive-udp port="$1" >"$log"
    wait_until 10 test -s "$log" || fail "no socket at port $1"
}

# begin FILE NAME: starts the capture of this sender. Sets capture_pid and agent_pid.
begin() {
    capture_of "$1" a sw b -- --points stack --buffer-size 256 \
        --extcap-capture-filter "udp dst port ${PORTS[$2]}"
    agent_pid=$(pgrep -P "$capture_pid" -x pktmon-agent)
}

# send COUNT: sends from both senders at once, with equal numbers and bytes.
send() {
    local name pids=()
    for name in one two; do
        start_inside a "$NUMBERED_PROGRAM" udp at="$NETWORK_ADDRESS_B" port="${PORTS[$name]}" \
            count="$1" rate="$RATE" size=64
        pids+=("$started_pid")
    done
    wait "${pids[@]}"
}

# stop FILE PID
stop() {
    sleep 0.3
    capture_pid=$2
    stop_capture "$1"
}

# expect_complete FILE NAME COUNT: the file has all packets of this sender, and no others.
expect_complete() {
    python3 -B "$TESTS/filter/two.py" "$1" "${PORTS[$2]}" "$3" "$NAME-" <<<"$WAY" ||
        fail "the capture of ${PORTS[$2]} is not complete or not exact"
}

ended() {
    [[ ! -e /proc/$1/exe ]]
}

network_make "$NAME"
take_udp "${PORTS[one]}"
take_udp "${PORTS[two]}"
ping_once a "$NETWORK_ADDRESS_B"

one=$SCRATCH/one.pcapng two=$SCRATCH/two.pcapng
begin "$one" one
one_pid=$capture_pid
begin "$two" two
two_pid=$capture_pid
send "$COUNT"
stop "$one" "$one_pid"
stop "$two" "$two_pid"
expect_complete "$one" one "$COUNT"
expect_complete "$two" two "$COUNT"
rm "$one" "$two"

# The first one of each pair dies in the middle of the traffic: it is killed itself, or its agent
# is.
for victim in capture agent; do
    begin "$one" one
    one_pid=$capture_pid one_agent=$agent_pid
    objects=$(kernel_objects "$one_agent")
    expect_equal "objects that exist" "$(wc -l <<<"$objects")" "$(existing <<<"$objects" | wc -l)"
    begin "$two" two
    two_pid=$capture_pid
    send "$DEATH_COUNT" &
    sending_pid=$!
    sleep 1
    if [[ $victim == capture ]]; then
        kill -KILL "$one_pid"
    else
        kill -KILL "$one_agent"
        wait_until 5 ended "$one_pid" || fail "the capture goes on without its agent"
    fi
    wait "$one_pid" 2>/dev/null || true # at once, so that Bash does not report it
    wait_until 5 ended "$one_agent" || fail "the agent outlives its reader"
    wait_until 5 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"
    wait "$sending_pid"
    stop "$two" "$two_pid"
    expect_complete "$two" two "$DEATH_COUNT"
    rm "$one" "$two"
done
