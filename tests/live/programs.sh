#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel takes the programs in each form that options give them: its verifier sees other code
# with a filter than without, with fewer points, without records. A refusal is reported in the
# verifier's own words.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"

number=0
declare -A names pids # captures that were begun: by the name of their file

# begin OPTION ...: a capture of this form, into a pipe.
begin() {
    local file=$SCRATCH/form$((++number))
    (exec_as_user "$PLACE/cli/pktmon" capture -w - --provider ebpf --buffer-size 8 "$@" \
        > >(cat >"$file") 2>"$file.err") &
    names[$file]=$*
    pids[$file]=$!
    own_pids+=($!)
}

# end_all: ends the captures, which load their programs in parallel.
end_all() {
    local file status capture_pid
    for file in "${!pids[@]}"; do
        capture_pid=${pids[$file]}
        wait_until "$START_SECONDS" capture_began "$file" ||
            fail "no capture within $START_SECONDS s: ${names[$file]} $(<"$file.err")"
        kill -INT "$capture_pid" 2>/dev/null || true
    done
    for file in "${!pids[@]}"; do
        status=0
        wait "${pids[$file]}" || status=$?
        expect_equal "what the kernel refused for: ${names[$file]}" "" \
            "$(grep -E 'capture filter in the kernel|refused the capture' "$file.err" || true)"
        [[ $status == 0 ]] || fail "${names[$file]}: $(<"$file.err")"
    done
}

ip netns add "$NAME-a"

# Each option that changes the programs or their configuration, with and without filters.
begin
begin --netns "$NAME-a" -f 'udp port 53' --sample 3 --pkt-size 96 --repeat-size 32 --keep-own
begin --points devices -f 'not (tcp port 22 or ip6)' --inner --type drop
begin --netns "$NAME-a" --filter '-t UDP -p 53' --filter '-t TCP -e 8472' --type flow
begin --points devices --filter '-t ICMP' --filter '-i 10.0.0.1' --sample 2 --keep-own
begin --points devices --netns "$NAME-a" --counters-only
begin --type drop --keep-own
begin -f 'arp or host 10.0.0.1' --type flow --inner --vxlan-port 8472
end_all
