#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces come and go by the hundred, most of them before the agent has looked: when they have
# gone, the tables in the kernel, the memory and the file are as before, and no counted packet is
# missing from the sum.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/outsider.sh
source "$(dirname "$0")/outsider.sh"

CHURN=${CHURN:-200} # by hand: 5000
MOST_FILE=100000    # bytes
MOST_MEMORY=4000    # KiB more than before
MOST_ENTRIES=40 # for other activity on this machine
TABLES=(counters drops devices shares share_returns unwanted_netns)

memory() {
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

is_given_back() {
    (($(entries "$agent_pid" "${TABLES[@]}") <= before + MOST_ENTRIES))
}

# has_share: the user has an entry in the table of shares (struct share_key).
has_share() {
    # shellcheck disable=SC2046 # a word for each byte
    bpftool map lookup id "$(table "$agent_pid" shares)" key \
        $(python3 -c 'import struct, sys; print(*struct.pack("QII", int(sys.argv[1]), 2, 0))' "$(id -u "$TEST_USER")") \
        >/dev/null 2>&1
}

has_no_share() {
    ! has_share
}

file=$SCRATCH/nothing.pcapng
start_capture "$file" --extcap-capture-filter "udp port 65000" --counters-interval 1000
ping -q -c 1 127.0.0.1 >/dev/null
agent_pid=$(holder "${TABLES[@]}")
before=$(entries "$agent_pid" "${TABLES[@]}")
memory_before=$(memory "$capture_pid")
(exec_as_user "$PLACE/cli/pktmon" counters --json --type drop) >"$SCRATCH/counters.json" 2>"$SCRATCH/counters.err" &
counters_pid=$!
own_pids+=("$counters_pid")
wait_until "$START_SECONDS" grep -q Counting "$SCRATCH/counters.err" || fail "nothing counts"

outsider_ready namespaces "$CHURN"
outsider_act
outsider_end
at_most=$(entries "$agent_pid" "${TABLES[@]}")
((at_most > before + MOST_ENTRIES)) || fail "only $at_most entries were made (before: $before)"
has_share || fail "the user has no share"
wait_until 25 is_given_back || fail "$(entries "$agent_pid" "${TABLES[@]}") entries are left of $at_most (before: $before)"
wait_until 5 has_no_share || fail "the user's share is left, when nothing of his is"
memory_after=$(memory "$capture_pid")
((memory_after <= memory_before + MOST_MEMORY)) ||
    fail "the capture takes $memory_after KiB, and took $memory_before"
kill -INT "$counters_pid"
wait "$counters_pid" || fail "the counters: $(<"$SCRATCH/counters.err")"
stop_capture "$file"

(($(stat -c %s "$file") <= MOST_FILE)) || fail "$(stat -c %s "$file") bytes for a filter that matches nothing"
expect_match "what the file says of those that have gone" 'Counters of removed components without a packet in this capture are not written: [0-9]+ components' \
    "$(fields "$file" 'pktmon.event.id == 9' pktmon.event.message)"
# sum REASON: over all groups except namespaces that still exist.
sum() {
    python3 -c '
import json, sys
total = 0
for group in json.load(open(sys.argv[1])):
    for component in group["Components"]:
        for counter in component["Counters"]:
            for reason in counter.get("Reasons", []):
                if reason["Name"] == sys.argv[2]:
                    total += reason["Inbound"]["Packets"] + reason["Outbound"]["Packets"]
print(total)' "$SCRATCH/counters.json" "$1"
}
expect_equal "frames that nobody knows" "$CHURN" "$(sum UNHANDLED_PROTO)"
(($(sum NO_SOCKET) >= CHURN)) || fail "only $(sum NO_SOCKET) datagrams of $CHURN that nobody listens to"
expect_equal "groups that counters are shown in" 1 \
    "$(python3 -c 'import json, sys
print(sum(group["Group"] == "Gone" for group in json.load(open(sys.argv[1]))))' "$SCRATCH/counters.json")"
echo "$CHURN namespaces: $before entries before, $at_most at most; file $(stat -c %s "$file") bytes; memory" \
    "$memory_before KiB before, $memory_after after"
