#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets that cannot be carried, or are not wanted, are shed whole, and counted: sent = kept + shed
# + incomplete, to the packet, and no fate is wrong. With a reader that is too slow, with a sample,
# and with a limit of CPU time.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

NUMBERED=$PKTMON_BUILD/tests/live/numbered
FLOOD=15000
FLOOD_RATE=10000
SAMPLE=4

WAY="$(way_over_switch a b)
b/sockets Lower Rx"

# The numbers of shed and of incomplete packets since the beginning, as the last notice reports.
left_out() {
    fields "$file" "pktmon.event.id == 7" pktmon.event.message |
        sed -nE 's/.*\(([0-9]+) of ([0-9]+) since the beginning\).*/\1 \2/p' | tail -n 1
}

incomplete_packets() {
    fields "$file" "pktmon.event.id == 1 && !pktmon.component" pktmon.event.message |
        sed -nE 's/.* packets are incomplete.*\(([0-9]+) since the beginning\).*/\1/p' | tail -n 1
}

# expect_accounted: checks the numbers of the flood in $file; sets kept and shed.
expect_accounted() {
    local reported begun incomplete counted tshark_options=(-2)
    counted=$(packets "$file" "udp.dstport == $port" pktmon.fate |
        awk -F '\t' -v OFS='\t' '$5 !~ / held$/ { print $2, $5, $1 }' |
        python3 -B "$TESTS/overload.py" "$(tr '\n' '|' <<<"$WAY" | sed 's/|$//')" 2>"$SCRATCH/fates") ||
        fail "$(<"$SCRATCH/fates")"
    kept=${counted% *}
    reported=$(left_out)
    shed=${reported% *}
    begun=${reported#* }
    incomplete=$(incomplete_packets)
    incomplete=${incomplete:-0}
    expect_equal "packets that began, as the capture says" "$FLOOD" "$begun"
    expect_equal "kept + left out + incomplete ($kept + $shed + $incomplete)" "$FLOOD" \
        "$((kept + shed + incomplete))"
    ((${counted#* } <= incomplete)) || fail "${counted#* } packets are incomplete, and $incomplete are reported"
}

flood() {
    in_namespace a "$NUMBERED" udp at="$NETWORK_ADDRESS_B" count="$FLOOD" rate="$FLOOD_RATE"
}

network_make "$NAME"
start_inside b "$NUMBERED" receive-udp >"$SCRATCH/reading"
wait_until 10 test -s "$SCRATCH/reading" || fail "no socket at B"
port=7000 # of numbered
ping_once a "$NETWORK_ADDRESS_B"

# --- a reader that is stopped most of the time ---
file=$SCRATCH/slow.pcapng
capture_of "$file" a sw b -- --buffer-size 2 --extcap-capture-filter "udp dst port $port"
flood &
own_pids+=($!)
flooding=$!
while kill -0 "$flooding" 2>/dev/null; do
    kill -STOP "$capture_pid"
    sleep 0.3
    kill -CONT "$capture_pid"
    sleep 0.03
done
wait "$flooding"
sleep 0.5
stop_capture "$file"
expect_ordered "$file"
expect_accounted
((kept > 0 && shed > 0)) || fail "nothing was kept, or nothing left out: $kept, $shed"

# --- a sample ---
file=$SCRATCH/sample.pcapng
capture_of "$file" a sw b -- --sample "$SAMPLE" --extcap-capture-filter "udp dst port $port"
flood
stop_capture "$file"
expect_sound "$file"
expect_accounted
expect_equal "packets of the sample that are complete" "$((FLOOD - shed))" "$kept"
((kept * SAMPLE * 10 > FLOOD * 9 && kept * SAMPLE * 10 < FLOOD * 11)) ||
    fail "one of $SAMPLE was requested, and $kept of $FLOOD were kept"
expect_match "why" "because only a sample was requested[.]" "$(fields "$file" "pktmon.event.id == 7" pktmon.event.message)"

# --- a limit of CPU time far below the need of the flood ---
file=$SCRATCH/ceiling.pcapng
capture_of "$file" a sw b -- --max-cpu 2 --extcap-capture-filter "udp dst port $port"
flood
stop_capture "$file"
expect_accounted
((shed > FLOOD / 4)) || fail "only $shed of $FLOOD were left out"
expect_match "why" "because the capture has reached its CPU limit[.]" "$(fields "$file" "pktmon.event.id == 7" pktmon.event.message)"
