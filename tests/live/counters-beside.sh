#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Counters report everything that they miss while other captures, sessions and firewalls start and
# stop, and process 1 is busy: a known number of packets passes each place between two sockets.
#
#   A: eth0 --- left: ROUTER :right --- eth0 :B
#
#   counters-beside.sh [ROUNDS]
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/sessions-lib.sh
source "$(dirname "$0")/sessions-lib.sh"

NUMBERED=$PKTMON_BUILD/tests/live/numbered
ROUNDS=${1:-1}
COUNT=8000 RATE=2000 # of each of two senders
OPEN_PORT=7001 DROPPED_PORT=7002
ADDRESS_A=10.79.1.2 ADDRESS_B=10.79.2.2

mac_of() {
    ip -n "$NAME-$1" -j link show "$2" | jq -r '.[0].address'
}

# know SUFFIX DEVICE ADDRESS SUFFIX DEVICE: no address resolution while this counts.
know() {
    ip -n "$NAME-$1" neighbour replace "$3" lladdr "$(mac_of "$4" "$5")" dev "$2"
}

make_network() {
    local suffix
    for suffix in a r b; do
        network_add_namespace "$NAME-$suffix"
    done
    ip -n "$NAME-a" link add eth0 type veth peer name left netns "$NAME-r"
    ip -n "$NAME-b" link add eth0 type veth peer name right netns "$NAME-r"
    ip -n "$NAME-a" address add "$ADDRESS_A/24" dev eth0
    ip -n "$NAME-r" address add 10.79.1.1/24 dev left
    ip -n "$NAME-r" address add 10.79.2.1/24 dev right
    ip -n "$NAME-b" address add "$ADDRESS_B/24" dev eth0
    in_namespace r sysctl -qw net.ipv4.ip_forward=1
    ip -n "$NAME-a" link set eth0 up
    ip -n "$NAME-r" link set left up
    ip -n "$NAME-r" link set right up
    ip -n "$NAME-b" link set eth0 up
    ip -n "$NAME-a" route add default via 10.79.1.1
    ip -n "$NAME-b" route add default via 10.79.2.1
    # Timers send the packets that wait in these queues, whichever process is running.
    in_namespace a tc qdisc add dev eth0 root tbf rate 4mbit burst 3k limit 50m
    in_namespace r tc qdisc add dev right root tbf rate 4mbit burst 3k limit 50m
    know a eth0 10.79.1.1 r left
    know r left "$ADDRESS_A" a eth0
    know r right "$ADDRESS_B" b eth0
    know b eth0 10.79.2.1 r right
    network_drop_udp "$NAME-b" "$DROPPED_PORT"
}

# --- what starts and stops beside it ---

captures() {
    until [[ -e $SCRATCH/enough ]]; do
        run_as_user "$PLACE/cli/pktmon" "$@" -w /dev/null -a duration:1 --netns "$NAMESPACES"
    done >/dev/null 2>&1
}

firewalls() {
    local suffix
    until [[ -e $SCRATCH/enough ]]; do
        for suffix in a r b; do
            in_namespace "$suffix" nft -f - <<'END'
table inet passing {
    chain one { type filter hook prerouting priority -10; }
    chain two { type filter hook input priority 10; }
    chain three { type filter hook forward priority 0; }
    chain four { type filter hook output priority 0; }
    chain five { type filter hook postrouting priority 20; }
}
END
            sleep 0.05
            in_namespace "$suffix" nft delete table inet passing
        done
    done
}

# Each session changes the programs of the one that stays.
sessions_beside() {
    until [[ -e $SCRATCH/enough ]]; do
        sessions start guest udp port 7003
        sessions add guest udp port 7004
        sessions stop guest
    done
}

# Process 1 inherits them, and has to handle their end.
orphans() {
    until [[ -e $SCRATCH/enough ]]; do
        (true & true & true &)
        sleep 0.01
    done
}

# --- measurement ---

counting() {
    grep -qs "Counting until" "$SCRATCH/counters.err"
}

start_counting() {
    rm -f "$SCRATCH/counters.err"
    (exec_as_user "$PLACE/cli/pktmon" counters --json --netns "$NAMESPACES") \
        >"$SCRATCH/counters.json" 2>"$SCRATCH/counters.err" &
    counting_pid=$!
    own_pids+=("$counting_pid")
    wait_until "$START_SECONDS" counting || fail "it did not begin to count: $(<"$SCRATCH/counters.err")"
}

snapshot() {
    local suffix
    for suffix in a r b; do
        ip -n "$NAME-$suffix" -s -j link | jq -c --arg suffix "$suffix" \
            '.[] | [$suffix + "/" + .ifname, .stats64.rx.packets, .stats64.tx.packets]'
    done
}

send() {
    local beside=() first
    captures capture & beside+=($!)
    captures capture -f "udp port $OPEN_PORT" & beside+=($!)
    firewalls & beside+=($!)
    sessions_beside & beside+=($!)
    orphans & beside+=($!)
    own_pids+=("${beside[@]}")
    start_inside a "$NUMBERED" udp at="$ADDRESS_B" port="$DROPPED_PORT" count="$COUNT" rate="$RATE"
    first=$started_pid
    in_namespace a "$NUMBERED" udp at="$ADDRESS_B" port="$OPEN_PORT" count="$COUNT" rate="$RATE"
    wait "$first"
    touch "$SCRATCH/enough"
    wait "${beside[@]}"
}

arrived() {
    (($(in_namespace b cat /proc/net/snmp | awk '$1 == "Udp:" { n = $2 } END { print n }') == COUNT * round))
}

NAMESPACES=$NAME-a,$NAME-r,$NAME-b
make_network
start_inside b "$NUMBERED" receive-udp port="$OPEN_PORT" >"$SCRATCH/ready"
wait_until 5 grep -q ready "$SCRATCH/ready" || fail "no receiver"
begin_sessions "$NAMESPACES"
sessions start stays udp port "$OPEN_PORT"
for ((round = 1; round <= ROUNDS; round++)); do
    rm -f "$SCRATCH/enough"
    start_counting
    snapshot >"$SCRATCH/before"
    send
    wait_until 5 arrived || fail "not all packets arrived"
    snapshot >"$SCRATCH/after"
    kill -INT "$counting_pid"
    wait "$counting_pid" || fail "it ended with an error: $(<"$SCRATCH/counters.err")"
    python3 -B "$TESTS/counters_beside.py" counters "$NAME" "$COUNT" "$SCRATCH" >"$SCRATCH/rows" ||
        fail "round $round: $(<"$SCRATCH/rows")"
    cat "$SCRATCH/rows"
done
sessions stop stays
python3 -B "$TESTS/counters_beside.py" session "$((COUNT * ROUNDS))" "${answer##* }" "$SCRATCH/notices"
while IFS=$'\t' read -r counter theirs ours; do
    case_row "A router while captures, sessions and firewalls come and go" "$counter" "$theirs" "$ours"
done <"$SCRATCH/rows"
