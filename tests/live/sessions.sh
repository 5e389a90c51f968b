#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions of one process: each gets its own packets, all of them and no others, while sessions
# start and end, get more filters, or are slow. They share one set of programs, which does not
# survive a killed process.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"
# shellcheck source=tests/live/sessions-lib.sh
source "$(dirname "$0")/sessions-lib.sh"

NUMBERED=$PKTMON_BUILD/tests/live/numbered
COUNT=4000 # packets for each session
RATE=800 # packets per second of each sender: no more than a busy machine can handle
EDGES=2 # lower edges, of the devices of A and B

# send PORT: in the background.
send() {
    start_inside a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port="$1" count="$COUNT" rate="$RATE"
    senders+=("$started_pid")
}

# send_on PORT: sends from the number COUNT on, until the file $SCRATCH/enough exists. Writes the
# number of packets to the file PORT.
send_on() {
    local sent=0
    until [[ -e $SCRATCH/enough ]]; do
        in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port="$1" count="$RATE" rate="$RATE" \
            first="$((COUNT + sent))"
        sent=$((sent + RATE))
    done
    echo "$sent" >"$SCRATCH/$1"
}

all_sent() {
    local pid
    for pid in "${senders[@]}"; do
        wait "$pid" || fail "a sender failed"
    done
    senders=()
}

# expect_exact NAME PACKETS: ends a session that has missed nothing.
expect_exact() {
    sessions stop "$1"
    expect_equal "packets, numbers, and losses of $1" "$1 $(($2 * EDGES)) $2 0 0 0" "${answer% *}"
}

# programs: number of programs that the only agent holds.
programs() {
    kernel_objects "$(agents)" | grep -c '^prog '
}

# has_programs NUMBER
has_programs() {
    (($(programs) == $1))
}

senders=()
network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"

begin_sessions "$NAME-a,$NAME-sw,$NAME-b"
sessions start one udp port 7001
alone=$(programs)
for number in two:7002 three:7003 four:7004; do
    sessions start "${number%:*}" udp port "${number#*:}"
done
expect_equal "agents of four sessions" 1 "$(agents | wc -l)"
wait_until 5 has_programs "$alone" || fail "four sessions have $(programs) programs, one has $alone"
for port in 7001 7002 7003 7004 7005; do
    send "$port"
done
all_sent
expect_exact four "$COUNT"

# While packets flow: one session starts, one ends, one gets another filter, and one is slow.
for port in 7001 7002 7003; do
    send_on "$port" &
    senders+=($!)
    own_pids+=($!)
done
sessions start guest udp port 7002
sessions slow slow udp port 7003
sessions add three udp port 7009
sessions stop guest
read -r _ packets numbers lost write read _ <<<"$answer"
# One packet may be under way at its start, and one at its end.
missing=$((numbers * EDGES - packets))
((missing >= 0 && missing <= 2 * (EDGES - 1) && lost + write + read == 0)) ||
    fail "the guest session has missed packets: $answer"
sessions stop slow
read -r _ packets _ lost write read _ <<<"$answer"
# The last missed events have no later packet to report them.
[[ $read -gt 0 && $write == 0 && $lost -gt 0 && $lost -le $read ]] || fail "the slow session reports: $answer"
touch "$SCRATCH/enough"
all_sent
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port=7009 count=100 rate=1000 first=10000000
expect_exact one "$((COUNT + $(<"$SCRATCH/7001")))"
expect_exact two "$((COUNT + $(<"$SCRATCH/7002")))"
expect_exact three "$((COUNT + $(<"$SCRATCH/7003") + 100))"
expect_equal "agents of no session" "" "$(agents || true)"

# A session's counters begin with the session.
sessions start before udp port 7001
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port=7001 count=500 rate=1000
sessions start after udp port 7001
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port=7001 count=100 rate=1000
sessions stop after
[[ ${answer##* } -ge $((100 * EDGES)) && ${answer##* } -lt $((500 * EDGES)) ]] || fail "counters that began too early: $answer"
sessions stop before

# A session without filters shares the programs with those that have some.
sessions start filtered udp port 7001
sessions start all -
expect_equal "agents of a session with a filter, and of one without" 1 "$(agents | wc -l)"
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port=7001 count=100 rate=1000
in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" port=7002 count=50 rate=1000 first=1000
expect_exact filtered 100
sessions stop all
read -r _ packets numbers lost write read _ <<<"$answer"
((packets >= 150 * EDGES && lost + write + read == 0)) || fail "the session without filters has not all: $answer"

# Death without warning.
sessions start one udp port 7001
sessions start two udp port 7002
agent_pid=$(agents)
objects=$(kernel_objects "$agent_pid")
kill -KILL "$sessions_pid"
wait "$sessions_pid" 2>/dev/null || true
wait_until 5 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"

# The documented example.
example=$(bring docs/example)
(exec_as_user "$example" "-t icmp" 3 >"$SCRATCH/example") &
example_pid=$!
own_pids+=("$example_pid")
while kill -0 "$example_pid" 2>/dev/null; do
    ping_once a "$NETWORK_ADDRESS_B"
    sleep 0.2
done
wait "$example_pid" || fail "the example failed"
grep -q "^packet .* of 98 bytes: .*$NAME-b/eth0.*: " "$SCRATCH/example" || fail "the example saw no packet"
grep -q "^missed: 0 before the stream, 0 by it" "$SCRATCH/example" || fail "the example missed some"
