#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the processes of a capture may do while it runs: each has only the capabilities that it
# needs, few system calls, and no way to gain more. A capture that root runs keeps what it needs to
# write files.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

# status PID FIELD
status() {
    awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status"
}

# bit ...: prints the mask of these capabilities (uapi linux/capability.h).
mask() {
    local bits=0 bit
    for bit in "$@"; do
        bits=$((bits | 1 << bit))
    done
    printf '%016x' "$bits"
}

DAC_OVERRIDE=1 DAC_READ_SEARCH=2 NET_BROADCAST=11 NET_ADMIN=12 SYS_PTRACE=19 SYS_ADMIN=21 PERFMON=38 BPF=39

# expect_confined WHAT PID CAPABILITY ...
expect_confined() {
    local what=$1 pid=$2 field
    shift 2
    for field in CapEff CapPrm; do
        expect_equal "$field of $what" "$(mask "$@")" "$(status "$pid" "$field")"
    done
    expect_equal "CapInh and CapAmb of $what" "$(mask) $(mask)" \
        "$(status "$pid" CapInh) $(status "$pid" CapAmb)"
    expect_equal "no new privileges for $what" 1 "$(status "$pid" NoNewPrivs)"
    expect_equal "seccomp mode of $what" 2 "$(status "$pid" Seccomp)"
}

# of_capture: sets holder and scanner.
of_capture() {
    holder=$(pgrep -P "$capture_pid" -x pktmon-agent)
    scanner=$(pgrep -P "$holder" -x pktmon-scanner)
}

expect_agent_confined() {
    expect_confined "the holder" "$holder" "$DAC_READ_SEARCH" "$NET_ADMIN" "$SYS_ADMIN" "$PERFMON" "$BPF"
    expect_confined "the scanner" "$scanner" "$NET_BROADCAST" "$NET_ADMIN" "$SYS_PTRACE" "$SYS_ADMIN"
}

file=$SCRATCH/user.pcapng
start_capture "$file"
of_capture
expect_agent_confined
stop_capture "$file"
expect_equal "mode of the capture file" 600 "$(stat -c %a "$file")"

# As root: the same, and the bounding set is empty too.
file=$SCRATCH/root.pcapng
"$PKTMON_BUILD/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" 2>"$file.err" &
capture_pid=$!
own_pids+=("$capture_pid")
wait_until "$START_SECONDS" capture_began "$file" || fail "root's capture did not begin"
of_capture
expect_agent_confined
for pid in "$holder" "$scanner"; do
    expect_equal "bounding set" "$(mask)" "$(status "$pid" CapBnd)"
done
expect_equal "capabilities of root's reader" "$(mask "$DAC_OVERRIDE")" "$(status "$capture_pid" CapEff)"
expect_equal "what root's reader could take up" "$(mask "$DAC_OVERRIDE")" "$(status "$capture_pid" CapPrm)"
stop_capture "$file"

# The agent that opens devices for libpcap.
file=$SCRATCH/pcap.pcapng
start_capture "$file" --provider pcap
for pid in $(pgrep -P "$capture_pid" -x pktmon-pcap-age); do
    expect_confined "pktmon-pcap-agent" "$pid"
done
stop_capture "$file"
