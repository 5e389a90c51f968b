#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# explosions.sh PKTMON MAKE_BOMB: small logs that expand to much take little memory, time and space,
# and what is cut is reported. Without the limits, each took 0.3 to 2 GB, many seconds, or made
# hundreds of MB.
set -euo pipefail

pktmon=$1 make_bomb=$2
here=$(dirname "$0")
work=$(mktemp -d "${TMPDIR:-/tmp}/pktmon-explosions.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# bounded MIB KIND COMMAND...: two seconds allow for slow machines. The output limit is 32 MiB plus
# 256 times the log, plus the event at which the limit was reached. The filler of the best
# compressed logs counts as damage, which status 2 reports.
bounded() {
    local mib=$1 log=$work/$2.etl size
    shift 2
    size=$(stat -c %s "$log")
    BOUNDED_STATUSES=2 "$here/bounded.py" "$mib" 2 $((34 + 256 * size / 1048576)) "$pktmon" "$@" "$log" \
        2>"$work/said" >/dev/null || fail "$1 $log: $(<"$work/said")"
    echo "${log##*/} $1: $(tail -n 1 "$work/said")"
}

says() {
    grep -q "^Warning: .*$1" "$work/said" || fail "no warning that $1: $(<"$work/said")"
}

for kind in $("$make_bomb"); do
    "$make_bomb" "$kind" "$work/$kind.etl"
done

bounded 128 buffers etl2pcap -o -
says "order and times of .* not exact"
for kind in bits structs; do
    bounded 64 $kind etl2txt -o -
    says "message.* shortened"
    bounded 64 $kind etl2pcap -o -
done
for kind in maps schemas; do
    bounded 96 $kind etl2pcap -o -
    says "descriptions of events, components, counters or filters were left out"
    bounded 96 $kind list
done
for kind in messages fields; do
    bounded 96 $kind etl2txt -o -
    says "events were left out"
    bounded 96 $kind etl2pcap -o -
    says "events were left out"
done
bounded 96 properties etl2pcap -o -
bounded 96 properties etl2pcap --view appearances -o -
bounded 96 properties counters
bounded 96 providers etl2pcap -o -
bounded 96 places etl2txt -o -
says "events were left out"
bounded 96 components etl2pcap --view appearances -o -
bounded 160 components list --json
# Events are held until the packets before them are written.
bounded 128 components etl2pcap -o -

# The user sets the limits: more output, more text, less memory.
"$pktmon" etl2txt --max-output 100 "$work/messages.etl" -o - 2>/dev/null | head -c 80M | wc -c >"$work/count" ||
    (($? == 2))
((80 << 20 == $(<"$work/count"))) || fail "--max-output gives $(<"$work/count") bytes"
PKTMON_ETL_MAX_OUTPUT=1 "$pktmon" etl2txt "$work/messages.etl" -o - 2>/dev/null | wc -c >"$work/count" || (($? == 2))
(($(<"$work/count") < 2 << 20)) || fail "PKTMON_ETL_MAX_OUTPUT gives $(<"$work/count") bytes"
"$pktmon" etl2txt --max-text 2 "$work/structs.etl" -o "$work/text" 2>/dev/null
(($(stat -c %s "$work/text") < 3000)) || fail "--max-text gives $(stat -c %s "$work/text") bytes"
! "$pktmon" etl2pcap --max-memory 1 "$work/structs.etl" -o - 2>"$work/said" >/dev/null ||
    fail "--max-memory 1 is accepted"
grep -qF -- "--max-memory needs a whole number from 16 to" "$work/said" || fail "it says $(<"$work/said")"

# Stopped by the user: it ends soon, and leaves no unfinished file.
for command in etl2pcap etl2txt; do
    for signal in INT TERM; do
        # A shell's background commands ignore SIGINT.
        python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
            "$pktmon" $command "$work/buffers.etl" -o "$work/unfinished" 2>"$work/said" &
        converter=$!
        until compgen -G "$work/.pktmon-*" >"$work/none"; do
            sleep 0.02
        done
        sleep 0.05
        start=$EPOCHREALTIME
        kill -$signal $converter
        ! wait $converter || fail "$command ended by SIG$signal succeeds"
        if [[ -e $work/unfinished ]] || compgen -G "$work/.pktmon-*"; then
            fail "$command ended by SIG$signal leaves a file"
        fi
        grep -q "Stopped before the whole log was converted" "$work/said" || fail "$(<"$work/said")"
        echo "$command ended by SIG$signal after $(bc <<<"$EPOCHREALTIME - $start") s"
    done
done
