#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A namespace of a process only gets a device that the agent would attach to, and the process ends
# before the agent has looked: the agent's links do not keep the namespace alive.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

file=$SCRATCH/late.pcapng
start_capture "$file"
holder=$(pgrep -P "$capture_pid" -x pktmon-agent)
scanner=$(pgrep -P "$holder" -x pktmon-scanner)

# links: number of netfilter links that the agent holds.
links() {
    { cat "/proc/$holder"/fdinfo/* 2>/dev/null || true; } | grep -c '^link_type:.*netfilter' || true
}

has_more() {
    (($(links) > before))
}

has_as_many() {
    (($(links) <= before))
}

before=$(links)
((before > 0)) || exit 0 # Linux before 6.4
mkfifo "$SCRATCH/go"
unshare --net bash -c "ip link add lower type veth peer name other; ip link set lower up; read -r _ <'$SCRATCH/go'
    ip link add link lower name upper type macvlan; ip link set upper up" &
own_pids+=($!)
stranger=$!
wait_until 10 has_more || fail "the namespace was not found"
kill -STOP "$scanner"
echo >"$SCRATCH/go"
wait "$stranger"
kill -CONT "$scanner"
wait_until 10 has_as_many || fail "the agent's links keep a namespace that nobody has"
stop_capture "$file"
