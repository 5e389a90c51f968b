#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Death without warning: a killed pktmondump leaves no program, map, link or process behind. If
# either process of the agent is killed, the capture ends with one clear sentence and a readable
# file.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/objects.sh
source "$(dirname "$0")/objects.sh"

# Its new parent may not have waited for it yet.
ended() {
    [[ ! -e /proc/$1/exe ]]
}

# begin FILE: starts a capture. Sets agent_pid and scanner_pid, and objects to what the agent holds
# in the kernel.
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

# reap PID: sets status. Keeps Bash from reporting how it ended.
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

# after_death PID: checks what is left of a capture after one process of its agent was killed.
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

# --- an agent that does not respond: the capture ends anyway, with what is known ---

# agents PID: the agent's processes below this one.
agents() {
    local pid
    for pid in $(pgrep -P "$1"); do
        [[ $(<"/proc/$pid/comm") != pktmon-agent ]] || echo "$pid"
        agents "$pid"
    done
}

# end_within SECONDS PID
end_within() {
    wait_until "$1" ended "$2" || fail "it waits for a stopped agent"
    reap "$2"
}

file=$SCRATCH/stopped.pcapng
begin "$file"
mapfile -t stopped < <(agents "$capture_pid")
own_pids+=("${stopped[@]}")
kill -STOP "${stopped[@]}"
ping_once a "$NETWORK_ADDRESS_B"
kill -INT "$capture_pid"
end_within 10 "$capture_pid"
expect_equal "exit status with a stopped agent" 1 "$status"
expect_equal "sentences" 1 "$(wc -l <"$file.err")"
expect_match "the sentence" '^pktmondump: pktmon-agent did not respond and was stopped: ' "$(<"$file.err")"
for agent_pid in "${stopped[@]}"; do
    wait_until 2 ended "$agent_pid" || fail "a stopped agent survives"
done
wait_until 2 all_gone "$objects" || fail "left in the kernel: $(existing <<<"$objects")"
(($(fields "$file" "icmp.type == 8 && pktmon.edge in {1, 2}" frame.number | wc -l) == 16)) ||
    fail "packets are missing in the file"
[[ -n $(fields "$file" "pktmon.record == 3" frame.number) ]] || fail "no last counters"
expect_ordered "$file"

# The same while it starts.
(exec_as_user "$PLACE/cli/pktmon" capture -w "$SCRATCH/starting.pcapng") 2>"$SCRATCH/starting.err" &
capture_pid=$!
own_pids+=("$capture_pid")
has_agent() {
    mapfile -t stopped < <(agents "$capture_pid")
    ((${#stopped[@]} > 0))
}
wait_until 5 has_agent || fail "no agent is started"
own_pids+=("${stopped[@]}")
kill -STOP "${stopped[@]}"
kill -INT "$capture_pid"
end_within 6 "$capture_pid"
expect_match "the sentence" '^pktmon: pktmon-agent did not respond and was stopped' \
    "$(<"$SCRATCH/starting.err")"
[[ ! -e $SCRATCH/starting.pcapng ]] || fail "a capture that did not begin leaves a file"

# tshark ends together with its extcap.
(exec_as_user tshark -i pktmon -w "$SCRATCH/shown.pcapng" -o "extcap.pktmon.netns:$NAME-a") \
    2>"$SCRATCH/shown.err" &
shown_pid=$!
own_pids+=("$shown_pid")
wait_until "$START_SECONDS" began "$SCRATCH/shown.pcapng" || fail "tshark does not capture"
mapfile -t stopped < <(agents "$shown_pid")
own_pids+=("${stopped[@]}")
kill -STOP "${stopped[@]}"
kill -INT "$shown_pid"
end_within 10 "$shown_pid"
