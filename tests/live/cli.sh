#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `pktmon list` and `pktmon counters` of this host, and replies to Windows' commands.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=7654 DEAF_PORT=7655
pktmon() {
    run_as_user timeout --kill-after 5 60 "$PLACE/cli/pktmon" "$@" 2>"$SCRATCH/err"
}

# query PYTHON_EXPRESSION: evaluates it on the JSON from standard input, as the list "groups".
query() {
    python3 -c '
import json, sys
groups = json.loads(sys.stdin.read().strip().splitlines()[-1])
components = {c["Name"]: c for g in groups for c in g["Components"]}
print(eval(sys.argv[1]))' "$1"
}

# names: the components of the test in the table on standard input, without their prefix.
names() {
    awk -v prefix="$NAME-" '$1 ~ /^[0-9]+$/ && index($0, prefix) {
        for (i = 2; i <= NF; i++)
            if (sub("^" prefix, "", $i)) { print $i; break }
    }'
}

# With --live, an empty table shows that counting has begun; otherwise a line on standard error.
counting() {
    [[ -s $SCRATCH/counting ]] || grep -q "^Counting" "$SCRATCH/counting.err" ||
        ! kill -0 "$counting_pid" 2>/dev/null
}

# start_counting [OPTION ...]
start_counting() {
    : >"$SCRATCH/counting"
    : >"$SCRATCH/counting.err"
    (exec_as_user "$PLACE/cli/pktmon" counters "$@") >"$SCRATCH/counting" 2>"$SCRATCH/counting.err" &
    counting_pid=$!
    own_pids+=("$counting_pid")
    wait_until "$START_SECONDS" counting || fail "it does not count"
    kill -0 "$counting_pid" || fail "it does not count: $(<"$SCRATCH/counting.err")"
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

stop_counting() {
    kill -INT "$counting_pid"
    wait "$counting_pid" || fail "it ended with an error: $(<"$SCRATCH/counting.err")"
}

network_make "$NAME"
# No address resolution while this counts.
ip -n "$NAME-a" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
ip -n "$NAME-b" neighbour replace "$NETWORK_ADDRESS_A" lladdr "$NETWORK_MAC_A" dev eth0
ping_once a "$NETWORK_ADDRESS_B"

# --- list ---
listed=$(pktmon list)
expect_equal "devices of the switch, from the wire up" "sw/lo sw/port-a sw/port-b sw/br0" \
    "$(names <<<"$listed" | grep ^sw/ | paste -sd ' ')"
expect_equal "layers among devices" "" "$(names <<<"$listed" | grep -E '/(ipv4|sockets)$' || true)"
expect_match "a port in the list" "bridge port +[0-9a-f:]{17} +$NAME-sw/port-a +bound to $NAME-sw/br0" \
    "$listed"
expect_equal "all of B" "b/lo b/eth0 b/netfilter b/arp b/ipv4 b/ipv6 b/sockets" \
    "$(pktmon list -a | names | grep '^b/' | paste -sd ' ')"
listed=$(pktmon list --json)
expect_equal "the address of A" "['$NETWORK_MAC_A']" \
    "$(query "[p['Value'] for p in components['$NAME-a/eth0']['Properties']
               if p['Name'] == 'MAC Address']" <<<"$listed")"
expect_equal "the edges of A" "['Lower', 'Upper']" \
    "$(query "[e['Name'] for e in components['$NAME-a/eth0']['Edges']]" <<<"$listed")"
expect_equal "one namespace's devices" "a/lo a/eth0" \
    "$(pktmon list --netns "$NAME-a" | names | paste -sd ' ')"
expect_equal "what is named, whatever it is" "b/sockets" \
    "$(pktmon list --components "$NAME-b/sockets" | names | paste -sd ' ')"
id=$(query "components['$NAME-b/sockets']['Id']" <<<"$listed")

# --- counters: two reasons, the newest first; ids are those of the list and of captures ---
start_inside b python3 -B "$TESTS/counters_exact.py" deaf "$DEAF_PORT" 2304 "$SCRATCH/deaf"
wait_until 10 test -e "$SCRATCH/deaf" || fail "the receiver did not begin"
traffic a udp "$NETWORK_ADDRESS_B" "$DEAF_PORT" 20 1000
start_counting -r --components "$id,$NAME-b/eth0"
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 3 100 10
traffic a udp "$NETWORK_ADDRESS_B" "$DEAF_PORT" 2 100 10
stop_counting
expect_equal "headings" "Network namespace $NAME-b" "$(grep '^[A-Z]' "$SCRATCH/counting")"
expect_equal "the receiver's device" "Lower 5 710 " "$(awk -v name="$NAME-b/eth0" \
    '$2 == name && $3 == "Lower" { print $3, $4, $5, $NF ~ /[A-Z]/ ? $NF : "" }' "$SCRATCH/counting")"
expect_equal "drops with the newest reason" "$id Drop 5 710 0 0 SOCKET_RCVBUFF" \
    "$(awk '$3 == "Drop" { print $1, $3, $4, $5, $6, $7, $8 }' "$SCRATCH/counting")"
expect_equal "drops by reason" "SOCKET_RCVBUFF 2 284 0 0
NO_SOCKET 3 426 0 0" "$(awk '$1 ~ /^[A-Z_]+$/ && NF == 5 { $1 = $1; print }' "$SCRATCH/counting")"

# --- which counters ---
start_counting -t drop --netns "$NAME-a,$NAME-b"
traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 1 100
stop_counting
expect_equal "drop counters alone" "Drop" \
    "$(awk '$1 ~ /^[0-9]+$/ { print $3 }' "$SCRATCH/counting" | sort -u)"
pktmon counters -z -t flow --components "$NAME-a/lo" --seconds 1 >"$SCRATCH/counting"
expect_equal "counters of zero" "Lower 0 0 0 0
Upper 0 0 0 0" "$(awk '$1 ~ /^[0-9]+$/ { print $3, $4, $5, $6, $7 }' "$SCRATCH/counting")"
expect_equal "nothing" "Nothing was counted." \
    "$(pktmon counters --components "$NAME-a/lo" --seconds 1)"

# --- live ---
start_counting --live --refresh-rate 10 --components "$NAME-a/eth0"
for number in 1 2 3; do
    traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 1 100
    wait_until 5 grep -qE "Upper .* $number +$((number * 142))\$" "$SCRATCH/counting" ||
        fail "packet $number is not shown: $(<"$SCRATCH/counting")"
done
stop_counting
expect_match "the last table" " Upper +[0-9]+ +[0-9]+ +3 +426" "$(tail -n 1 "$SCRATCH/counting")"
lines=$(pktmon counters --live --json --seconds 1 --components "$NAME-a/eth0" | wc -l)
((lines >= 2)) || fail "a line of JSON at the beginning and one at the end, but got $lines"
# A reader that leaves ends it.
traffic_until_ended() {
    while kill -0 "$1" 2>/dev/null; do
        traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 1 100
        sleep 0.1
    done
}
(pktmon counters --live --refresh-rate 20 --components "$NAME-a/eth0" | head -n 1 >/dev/null) &
own_pids+=($!)
traffic_until_ended $!
# Also while nothing changes.
for option in --live --zero; do
    (pktmon counters "$option" --components "$NAME-a/lo" | head -c 0 >/dev/null) &
    own_pids+=($!)
    silent_pid=$!
    wait_until 10 gone "$silent_pid" || fail "pktmon counters $option outlives its reader"
done

# On a terminal: a screen of its own, restored at the end; the final table stays.
run_as_user script -qec "$PLACE/cli/pktmon counters --live --seconds 2 --components $NAME-a/eth0 -z" \
    /dev/null </dev/null >"$SCRATCH/terminal"
enter=$'\e[?1049h' leave=$'\e[?1049l'
page=$(<"$SCRATCH/terminal")
expect_match "the page" "Counting for 1 s; press Ctrl-C to stop" "${page#*"$enter"}"
expect_equal "pages" "1 1" \
    "$(grep -cF "$enter" "$SCRATCH/terminal") $(grep -cF "$leave" "$SCRATCH/terminal")"
expect_match "what stays" "$NAME-a/eth0 +Lower" "${page##*"$leave"}"

# --- refusals: one line each, and an exit status ---
refused() {
    local wanted=$1
    shift
    ! pktmon "$@" >"$SCRATCH/out" || fail "pktmon $* was not refused"
    expect_empty "output of pktmon $*" "$SCRATCH/out"
    expect_equal "lines of the refusal of pktmon $*" 1 "$(wc -l <"$SCRATCH/err")"
    expect_match "the refusal of pktmon $*" "$wanted" "$(<"$SCRATCH/err")"
}
refused "does not take .some. in this version: use one of all, flow, drop" counters --type some
refused "1 to 30" counters --live --refresh-rate 31
refused "how often --live updates.*add --live" counters --refresh-rate 5
refused "from 0 to 10000" capture --max-cpu 10001
for port in 8472 4789; do
    refused "--vxlan-port applies to filters that look into tunnels.*add --inner" capture --view appearances --vxlan-port "$port" -c 1
done
refused "-b makes several files" capture --inner --vxlan-port 8472 -b filesize:1
refused "-b makes several files" capture --max-cpu 0 -b filesize:1 # 0 is taken, as by pktmondump
for words in "capture -w -x" "capture -w-x" "etl2pcap nosuch.etl -o -x" "etl2txt nosuch.etl --out=-x"; do
    # shellcheck disable=SC2086
    refused '"-x" looks like an option: write ./-x' $words
done
refused "--seconds needs a whole number from 1" counters --seconds 2s
refused "There is no log .blue.: .*pktmon list --netns blue.* --components blue" list blue
refused "There is no log .blue.: .*pktmon counters --netns blue" counters blue
refused "did you mean capture[?]" capure
refused "did you mean list[?]" lst
refused "--component-id needs a whole number from 1" etl2pcap -c x nosuch.etl
refused "--verbose needs a whole number of 1 or more" etl2txt -v 0 nosuch.etl
refused "--vxlan needs a whole number from 1 to 65535" etl2txt -l 4x nosuch.etl
refused "/nosuch/out cannot be written .*: choose another file with --out" \
    etl2txt nosuch.etl --out /nosuch/out
refused "nosuch" counters --components nosuch
refused "pktmon capture -w FILE" start --capture
refused "Ctrl-C" stop
refused "counters --live" status
refused "pcap-filter" filter add -p 53
refused "starts at zero" reset
refused "no driver" unload
refused "did you mean capture[?]" help capure
for command in list counters capture etl2pcap etl2txt hex2pkt; do
    expect_equal "pktmon help $command" "$(pktmon "$command" --help)" "$(pktmon help "$command")"
done
