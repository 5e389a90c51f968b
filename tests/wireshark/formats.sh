#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A live capture survives the tools that are used on capture files.
# shellcheck source=tests/live/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../live/lib.sh"

file=$SCRATCH/live.pcapng
piped=$SCRATCH/piped.pcapng
copy=$SCRATCH/copy.pcapng
pings='icmp.type==8 && pktmon.record==1'

# journey FILE: the places of each echo request, in the order of the file.
journey() {
    fields "$1" "$pings" pktmon.capture_id pktmon.group pktmon.appearance pktmon.component.name \
        pktmon.edge pktmon.direction
}

traffic() {
    ip netns exec "$NAME-a" ping -q -c 3 -i 0.2 "$NETWORK_ADDRESS_B" >/dev/null
}

# Written to a regular file (Custom Blocks), and with the descriptions that a pipe gets.
capture_both() {
    start_capture "$file"
    traffic
    stop_capture "$file"
    start_capture "$piped" --metadata frames
    traffic
    stop_capture "$piped"
    wanted=$(journey "$file")
    [[ $(wc -l <<<"$wanted") -ge 24 ]] || fail "too few appearances of three pings: $wanted"
}

test_capinfos() {
    local each
    for each in "$file" "$piped"; do
        run_as_user capinfos "$each" >"$SCRATCH/out" 2>"$SCRATCH/err" || fail "capinfos: $(<"$SCRATCH/err")"
        expect_empty "what capinfos complains of" "$SCRATCH/err"
    done
}

test_editcap() {
    run_as_user editcap "$file" "$copy"
    expect_equal "the journey after editcap" "$wanted" "$(journey "$copy")"
}

# Classic pcap cannot hold metadata, and editcap drops Custom Blocks.
test_editcap_pcap() {
    run_as_user editcap -F pcap "$piped" "$SCRATCH/classic.pcap"
    expect_equal "frames after editcap -F pcap" "$(run_as_user tshark -r "$piped" | wc -l)" \
        "$(run_as_user tshark -r "$SCRATCH/classic.pcap" | wc -l)"
}

test_mergecap() {
    local each
    run_as_user mergecap -w "$copy" "$file" "$piped"
    for each in "$file" "$piped"; do
        expect_equal "the journey of $each after mergecap" "$(journey "$each")" \
            "$(journey "$copy" | grep "^$(journey "$each" | first_line | cut -f 1)")"
    done
}

test_tshark_save() {
    run_as_user tshark -r "$file" -Y "$pings" -w "$copy"
    expect_equal "the journey after tshark -Y -w" "$wanted" "$(journey "$copy")"
}

test_tcpdump() {
    local each
    for each in "$file" "$piped"; do
        expect_equal "echo requests that tcpdump reads in $each" "$(journey "$each" | wc -l)" \
            "$(run_as_user tcpdump -n -r "$each" 'icmp[0] = 8' 2>"$SCRATCH/err" | wc -l)"
    done
}

# Only interface blocks are copied to the next file of a ring.
test_ring() {
    local files
    (exec_as_user tshark -q -i pktmon -o extcap.pktmon.view:appearances -o "extcap.pktmon.netns:$NAME-a" -b packets:20 \
        -b files:4 -a packets:60 -w "$SCRATCH/ring.pcapng") 2>"$SCRATCH/ring.err" &
    own_pids+=("$!")
    local tshark=$!
    wait_until "$START_SECONDS" compgen -G "$SCRATCH/ring_00001_*" >/dev/null ||
        fail "tshark did not start: $(<"$SCRATCH/ring.err")"
    # Until tshark has its packets: on a busy machine the capture begins late.
    ip netns exec "$NAME-a" ping -q -i 0.05 -w 90 "$NETWORK_ADDRESS_B" >/dev/null &
    local ping=$!
    own_pids+=("$ping")
    wait_until 90 has_ended "$tshark" || fail "tshark did not end after 60 packets: $(<"$SCRATCH/ring.err")"
    kill -INT "$ping"
    wait "$ping" || true
    files=("$SCRATCH"/ring_00002_*)
    [[ -e ${files[0]} ]] || fail "there is no second file: $(<"$SCRATCH/ring.err")"
    expect_equal "components in the second file of a ring" "$NAME-a/eth0
$NAME-a/netfilter" \
        "$(fields "${files[0]}" "$pings" pktmon.component.name | sort -u)"
}

# Stopped at any moment, the file is complete: dumpcap first stops reading its pipe.
test_stop_at_any_moment() {
    local delay
    for delay in 0.01 0.05 0.1 0.3 0.7; do
        start_capture "$SCRATCH/stop-$delay"
        ip netns exec "$NAME-a" ping -q -f -c 2000 "$NETWORK_ADDRESS_B" >/dev/null &
        local ping=$!
        own_pids+=("$ping")
        sleep "$delay"
        stop_capture "$SCRATCH/stop-$delay"
        wait "$ping"
        run_as_user capinfos "$SCRATCH/stop-$delay" >/dev/null 2>"$SCRATCH/err" ||
            fail "stopped after $delay s: $(<"$SCRATCH/err")"
        expect_empty "what capinfos says after $delay s" "$SCRATCH/err"
        run_as_user tshark -r "$SCRATCH/stop-$delay" >/dev/null 2>"$SCRATCH/err"
        expect_empty "what tshark says after $delay s" "$SCRATCH/err"
    done
}

# tshark shows at once what it captured: the notice of the beginning, and then the pings.
test_live_tshark() {
    (exec_as_user tshark -l -n -i pktmon -o extcap.pktmon.view:appearances -o "extcap.pktmon.netns:$NAME-a" \
        -Y "($pings && pktmon.edge in {1, 2}) || pktmon.event.id==5" -T fields -e pktmon.component.name -e pktmon.edge \
        -e pktmon.direction -e pktmon.event.message) >"$SCRATCH/shown" 2>"$SCRATCH/shown.err" &
    local tshark=$!
    own_pids+=("$tshark")
    wait_until "$START_SECONDS" test -s "$SCRATCH/shown" || fail "tshark: $(<"$SCRATCH/shown.err")"
    traffic
    wait_until "$START_SECONDS" has_lines "$SCRATCH/shown" 7 || true
    kill -INT "$tshark"
    wait "$tshark" || fail "tshark: $(<"$SCRATCH/shown.err")"
    expect_equal "three pings as the sender's device saw them" \
        "$(printf '\t\t\tThe capture began.\n'
        for _ in 1 2 3; do
            printf '%s\t1\t4\t\n%s\t2\t4\t\n' "$NAME-a/eth0" "$NAME-a/eth0"
        done)" "$(<"$SCRATCH/shown")"
    [[ $(<"$SCRATCH/shown.err") != *"Error by extcap"* ]] || fail "$(<"$SCRATCH/shown.err")"
}

# has_ended PID
has_ended() {
    ! kill -0 "$1" 2>/dev/null
}

has_lines() {
    (($(wc -l <"$1") >= $2))
}

network_make "$NAME"
capture_both
test_capinfos
test_editcap
test_editcap_pcap
test_mergecap
test_tshark_save
test_tcpdump
test_ring
test_stop_at_any_moment
test_live_tshark
