#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Death without warning: a killed pktmondump leaves no program, map, link or process behind, and
# either process of the agent, when killed, ends the capture with one clear sentence and a file that
# can be read.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"

# Whoever inherited it may not have waited for it yet.
ended() {
    [[ ! -e /proc/$1/exe ]]
}

# begin FILE: a capture under way. Sets agent_pid and scanner_pid, and objects to what the agent has in
# the kernel.
begin() {
    local kind
    capture_of "$1" a sw b --
    agent_pid=$(pgrep -P "$capture_pid" -x pktmon-agent)
    scanner_pid=$(pgrep -P "$agent_pid" -x pktmon-scanner)
    objects=$(kernel_objects "$agent_pid")
    expect_equal "what the scanner has of BPF" "" "$(kernel_objects "$scanner_pid")"
    for kind in prog map link; do
        grep -q "^$kind " <<<"$objects" || fail "the agent holds no $kind"
    done
    expect_equal "objects that exist" "$(wc -l <<<"$objects")" "$(existing <<<"$objects" | wc -l)"
    ping_once a "$NETWORK_ADDRESS_B"
    sleep 0.2
}

# reap PID: sets status. Bash says nothing of how it ended.
reap() {
    status=0
    wait "$1" 2>/dev/null || status=$?
}

network_make "$NAME"

file=$SCRATCH/reader.pcapng
begin "$file"
kill -KILL "$capture_pid"
reap "$capture_pid"
wait_until 2 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"
wait_until 2 ended "$agent_pid" || fail "the agent outlives its reader"
wait_until 2 ended "$scanner_pid" || fail "the scanner outlives its reader"
fields "$file" icmp frame.number >/dev/null || fail "the file of a killed capture cannot be read"

# after_death PID: what is left of a capture, one of whose agent's processes was killed.
after_death() {
    kill -KILL "$1"
    wait_until 5 ended "$capture_pid" || fail "the capture goes on without its agent"
    reap "$capture_pid"
    expect_equal "exit status without the agent" 1 "$status"
    expect_equal "sentences" 1 "$(wc -l <"$file.err")"
    expect_match "the sentence" '^pktmondump: pktmon-agent has ended[^.]*: [^.]* again\.$' "$(<"$file.err")"
    wait_until 2 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"
    wait_until 2 ended "$agent_pid" || fail "the agent outlives its scanner"
    wait_until 2 ended "$scanner_pid" || fail "the scanner outlives its agent"
}

file=$SCRATCH/scanner.pcapng
begin "$file"
after_death "$scanner_pid"

file=$SCRATCH/agent.pcapng
begin "$file"
after_death "$agent_pid"
[[ $(fields "$file" "icmp.type == 8 && pktmon.edge in {1, 2}" frame.number | wc -l) == 8 ]] ||
    fail "packets are missing in the file"
run_as_user tshark -r "$file" >/dev/null 2>"$SCRATCH/complaints" || fail "tshark cannot read the file"
expect_empty "complaints of tshark" "$SCRATCH/complaints"
capinfos "$file" >/dev/null || fail "capinfos cannot read the file"
expect_ordered "$file"
