#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `pktmon capture`: to a file, to ring files, to a pipe; how it ends, and what it reports.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

PORT=7654 DROP_PORT=7777
NUMBERED=40
WAY="$(way_over_switch a b)
b/netfilter input Rx NETFILTER_DROP"
NETWORKS=$NAME-a,$NAME-sw,$NAME-b

pktmon() {
    run_as_user timeout --kill-after 5 60 "$PLACE/cli/pktmon" "$@" 2>"$SCRATCH/err"
}

# files BASE: the ring files of a capture, the oldest first.
files() {
    find "$SCRATCH" -name "$1_*.pcapng" | sort
}

begun() {
    local file=$SCRATCH/$1.pcapng
    [[ -e $file ]] || file=$(files "$1" | head -n 1)
    [[ -n $file ]] && capture_began "$file"
}

# start BASE [OPTION ...]: captures each observation in the test's networks to BASE.pcapng or to ring
# files.
start() {
    local base=$1
    shift
    (exec_as_user "$PLACE/cli/pktmon" capture --view appearances -w "$base.pcapng" \
        --netns "$NETWORKS" "$@") \
        >"$SCRATCH/out" 2>"$SCRATCH/err" &
    capture_pid=$!
    own_pids+=("$capture_pid")
    wait_until "$START_SECONDS" begun "$base" || fail "it does not capture"
    kill -0 "$capture_pid" || fail "it does not capture: $(<"$SCRATCH/err")"
}

# ended: waits for its end, by a signal or by itself.
ended() {
    local status=0
    wait_until 20 gone || fail "it does not end"
    wait "$capture_pid" || status=$?
    expect_equal "exit status" 0 "$status"
    expect_empty "standard output" "$SCRATCH/out"
}

gone() {
    ! kill -0 "$capture_pid" 2>/dev/null
}

# The line with the number of packets: the last line, and the only one.
summary() {
    grep -v '^Not seen: ' "$SCRATCH/err"
}

datagrams_until_gone() {
    while ! gone; do
        traffic a udp "$NETWORK_ADDRESS_B" "$1" 5 100 20
    done
}

count_packets() {
    fields "$1" pktmon.record==1 frame.number | wc -l
}

# keys FIRST LAST: the payloads of the numbered datagrams.
keys() {
    local number
    for ((number = $1; number <= $2; number++)); do
        printf 'packet %09d' "$number" | od -An -tx1 | tr -d ' \n'
        echo
    done | paste -sd ' '
}

# join BASE: joins the ring files, in their order.
join() {
    local names
    mapfile -t names < <(files "$1")
    must run_as_user mergecap -a -w "$SCRATCH/$1-all.pcapng" "${names[@]}"
}

# expect_complete FILE: it can be read without the others.
expect_complete() {
    expect_ordered "$1"
    expect_equal "what $1 lacks" "" "$(must python3 -B "$TESTS/pcapng.py" complete "$1")"
}

network_make "$NAME"
network_drop_udp "$NAME-b" "$DROP_PORT"
# No address resolution while this captures.
ip -n "$NAME-a" neighbour replace "$NETWORK_ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
ip -n "$NAME-b" neighbour replace "$NETWORK_ADDRESS_A" lladdr "$NETWORK_MAC_A" dev eth0
ping_once a "$NETWORK_ADDRESS_B"

# --- ring files by size; the status; SIGINT ---
start size -b filesize:40 -f "udp port $DROP_PORT"
traffic a udp-numbered "$NETWORK_ADDRESS_B" "$DROP_PORT" "$((NUMBERED / 2))" 5
sleep 1.5
kill -USR1 "$capture_pid"
wait_until 5 grep -q '^[0-9]' "$SCRATCH/err" || fail "SIGUSR1 prints no status"
halfway=$(grep -v '^Not seen: ' "$SCRATCH/err")
expect_equal "lines of the status" 1 "$(wc -l <<<"$halfway")"
expect_match "the status" \
    "^[1-9][0-9]* packets, [1-9][0-9]* bytes, 20 drops \(NETFILTER_DROP 20\), 0 lost\$" "$halfway"
traffic a udp-numbered "$NETWORK_ADDRESS_B" "$DROP_PORT" "$NUMBERED" 5
kill -INT "$capture_pid"
ended
mapfile -t names < <(files size)
((${#names[@]} > 2)) || fail "several files, but got ${#names[@]}"
expect_match "names of files" "size_00001_20[0-9]{12}[.]pcapng .*/size_00002_20[0-9]{12}[.]pcapng " \
    "${names[*]}"
for file in "${names[@]}"; do
    expect_complete "$file"
    (($(stat -c %s "$file") < 45000)) || fail "$file is larger than was asked for"
done
join size
file=$SCRATCH/size-all.pcapng
expect_match "the last line" "^$(count_packets "$file") packets, [0-9]+ bytes, 60 drops \
\(NETFILTER_DROP 60\), 0 lost, ${#names[@]} files written, ${#names[@]} kept, the newest: \
$(basename "${names[-1]}")\$" "$(summary | tail -n 1)"
port=$(fields "$file" pktmon.record==1 udp.srcport | tail -n 1)
packets "$file" "udp.srcport == $port" data.data | expect_journeys "$WAY" "$(keys 1 "$NUMBERED")"

# --- ring files by time, some of which are kept; total size ---
start time -b duration:1 -b files:2
traffic a udp-numbered "$NETWORK_ADDRESS_B" "$DROP_PORT" 35 120
kill -TERM "$capture_pid"
ended
mapfile -t names < <(files time)
expect_equal "files that are kept" 2 "${#names[@]}"
expect_match "the last line" " 35 drops .*, [4-9] files written, 2 kept, the newest: \
$(basename "${names[1]}")" "$(summary)"
join time
file=$SCRATCH/time-all.pcapng
seen=$(packets "$file" "udp.dstport == $DROP_PORT" data.data)
first=$(head -n 1 <<<"$seen" | cut -f 1 | sed 's/.*20\(3030\)*//; s/3\(.\)/\1/g; s/^0*//')
((first > 5 && first < 35)) || fail "the first number that is kept: $first"
# Some records of the first number may be in the previous file.
keys=$(keys $((first + 1)) 35)
awk -F '\t' -v keys="$keys" 'index(keys, $1)' <<<"$seen" | expect_journeys "$WAY" "$keys"

# --- an exact number of packets; a reason that does not occur ---
start count -c 37 -a drop:SOCKET_FILTER
datagrams_until_gone "$PORT"
ended
file=$SCRATCH/count.pcapng
expect_equal "packets" 37 "$(count_packets "$file")"
expect_match "the last line" "^37 packets, .*, 1 file written: count[.]pcapng\$" "$(summary)"
expect_sound "$file"
expect_match "places" "^a/eth0 a/.*b/eth0 b/.*sw/port-a sw/port-b\$" \
    "$(fields "$file" "udp.dstport == $PORT" pktmon.component.name | sed "s/^$NAME-//" | sort -u |
        paste -sd ' ')"
[[ -n $(fields "$file" pktmon.record==3 frame.number) ]] || fail "no counters"

# --- a size ---
start bytes -a filesize:100 -c 100000
datagrams_until_gone "$PORT"
ended
size=$(stat -c %s "$SCRATCH/bytes.pcapng")
((size >= 100000 && size < 130000)) || fail "about 100000 bytes, but got $size"

# --- the first drop with a reason, in any case, and one second more ---
start drop -a drop:netfilter_drop,1
start_traffic a udp "$NETWORK_ADDRESS_B" "$PORT" 3000 100 10
sleep 1
gone && fail "it ended without a drop: $(<"$SCRATCH/err")"
traffic a udp "$NETWORK_ADDRESS_B" "$DROP_PORT" 1 100
ended
kill "$started_pid"
file=$SCRATCH/drop.pcapng
first=$(fields "$file" 'pktmon.drop.reason == "NETFILTER_DROP"' frame.time_epoch | first_line)
last=$(fields "$file" pktmon.record==1 frame.time_epoch | tail -n 1)
expect_equal "seconds after the drop" "yes" "$(awk -v first="$first" -v last="$last" 'BEGIN {
    after = last - first; print (after > 0.5 && after <= 1 ? "yes" : after) }')"
start drop-alone -a drop:NETFILTER_DROP
traffic a udp "$NETWORK_ADDRESS_B" "$DROP_PORT" 3 100
ended
expect_equal "the last packet" "NETFILTER_DROP" \
    "$(fields "$SCRATCH/drop-alone.pcapng" pktmon.record==1 pktmon.drop.reason | tail -n 1)"
expect_equal "drops" 1 \
    "$(fields "$SCRATCH/drop-alone.pcapng" pktmon.dropped frame.number | wc -l)"

# --- to a pipe ---
run_as_user bash -c "'$PLACE/cli/pktmon' capture --view appearances -w - -c 20 --netns $NAME-a; echo \$? >status" \
    2>"$SCRATCH/err" |
    run_as_user tshark -n -r - -Y pktmon.record==1 -T fields -e pktmon.component.name \
        >"$SCRATCH/piped" &
capture_pid=$!
own_pids+=("$capture_pid")
datagrams_until_gone "$PORT"
wait "$capture_pid" || fail "tshark could not read it"
expect_equal "status" 0 "$(<"$SCRATCH/status")"
expect_equal "packets through a pipe" 20 "$(wc -l <"$SCRATCH/piped")"
expect_equal "their places" "$NAME-a/" "$(sed 's|/.*|/|' "$SCRATCH/piped" | sort -u)"
expect_match "the last line" "^20 packets, .*, written to standard output\$" "$(summary)"
# A reader that leaves ends the capture, even if there is no traffic.
run_as_user timeout 30 bash -c "{ '$PLACE/cli/pktmon' capture -w - --components $NAME-a/lo
    echo \$? >status; } | head -c 100 >/dev/null" 2>"$SCRATCH/err"
expect_equal "status without a reader" 0 "$(<"$SCRATCH/status")"
expect_match "the last line" "^0 packets, " "$(summary)"

# A full disk is an error, reported at once. If the disk becomes full, the file holds whole blocks,
# and the count is that of the packets in it.
! pktmon capture -w /dev/full --netns "$NAME-a" >"$SCRATCH/out" || fail "a full disk is not an error"
expect_match "the last lines" \
    "^pktmon: The capture could not be written [(]No space left on device[)]; make room" "$(summary)"
file=$SCRATCH/short.pcapng
(ulimit -f 64 && pktmon capture --view appearances -w "$file" --netns "$NETWORKS" >"$SCRATCH/out") &
capture_pid=$!
own_pids+=("$capture_pid")
datagrams_until_gone "$PORT"
! wait "$capture_pid" || fail "a full disk is not an error"
packets=$(count_packets "$file")
((packets > 50)) || fail "packets in 64 KiB: $packets"
expect_match "the last lines" "^$packets packets, $(fields "$file" pktmon.record==1 frame.cap_len |
    awk '{ sum += $1 } END { print sum }') bytes, $(fields "$file" pktmon.dropped frame.number | wc -l) drops .*
pktmon: The capture could not be written [(]File too large[)]; make room" "$(summary)"
run_as_user capinfos -c "$file" >/dev/null 2>"$SCRATCH/complaints" || fail "it cannot be read"
expect_empty "complaints about a file that found no room" "$SCRATCH/complaints"

# --- the header is written at once, before the agent has started ---
(exec_as_user "$PLACE/cli/pktmon" capture -w early.pcapng -a duration:1 --netns "$NAME-a") \
    2>"$SCRATCH/err" &
capture_pid=$!
own_pids+=("$capture_pid")
wait_until 10 test -s "$SCRATCH/early.pcapng" || fail "no header"
cp "$SCRATCH/early.pcapng" "$SCRATCH/header.pcapng"
! began "$SCRATCH/header.pcapng" || fail "the header comes with the capture alone"
chmod 0644 "$SCRATCH/header.pcapng"
run_as_user tshark -r "$SCRATCH/header.pcapng" >"$SCRATCH/out" 2>"$SCRATCH/complaints" ||
    fail "a header alone cannot be read: $(<"$SCRATCH/complaints")"
: >"$SCRATCH/out"
ended

# --- ring files keep the newest packets: at the end there are counters of many namespaces, which
# may take a quarter of a file ---
talk_in_all() {
    python3 -B - "$@" <<'END'
import ctypes, fcntl, os, socket, struct, sys
SETNS_NETWORK, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
libc = ctypes.CDLL(None, use_errno=True)
for name in sys.argv[1:]:
    with open(f"/run/netns/{name}") as namespace:
        if libc.setns(namespace.fileno(), SETNS_NETWORK):
            raise OSError(ctypes.get_errno(), name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talker:
        fcntl.ioctl(talker, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
        talker.sendto(b"hello", ("127.0.0.1", 9))
END
}
many=$(printf "$NAME-many%d " {1..80})
# shellcheck disable=SC2086 # they are words
printf 'netns add %s\n' $many | ip -batch -
NETWORKS=all start end -b filesize:100 -b files:3 -f "udp port $DROP_PORT" --counters-interval 200
traffic a udp-numbered "$NETWORK_ADDRESS_B" "$DROP_PORT" 5 5
# shellcheck disable=SC2086
talk_in_all $many
sleep 0.5
kill -INT "$capture_pid"
ended
# shellcheck disable=SC2086
printf 'netns del %s\n' $many | ip -batch -
mapfile -t names < <(files end)
expect_equal "files" 1 "${#names[@]}"
packets "${names[0]}" "udp.dstport == $DROP_PORT" data.data | expect_journeys "$WAY" "$(keys 1 5)"
expect_complete "${names[0]}"
size=$(stat -c %s "${names[0]}")
((size < 130000)) || fail "a file of 100000 bytes and a quarter has $size"
expect_match "the last lines" "Not written: [1-9][0-9]* counters and events, .*
[1-9][0-9]* packets, .* 5 drops [(]NETFILTER_DROP 5[)], 0 lost, 1 files? written, 1 kept, " "$(summary)"
[[ -n $(fields "${names[0]}" "pktmon.record == 3 && pktmon.component.name == \"$NAME-b/eth0\"" \
    frame.number) ]] || fail "no counters of a component with packets"

# --- on a terminal: the line is updated in place, and a capture is not written there ---
run_as_user script -qec "$PLACE/cli/pktmon capture -a duration:2 --netns $NAME-a" /dev/null \
    </dev/null >"$SCRATCH/terminal" &
capture_pid=$!
own_pids+=("$capture_pid")
datagrams_until_gone "$PORT"
clear=$'\r\e[K'
lines=$(grep -v '^Not seen: ' "$SCRATCH/terminal")
expect_equal "lines on the terminal" 1 "$(wc -l <<<"$lines")"
lines=${lines//"$clear"/$'\n'}
(($(wc -l <<<"$lines") > 4)) || fail "the line is not replaced: $lines"
(($(grep -o '^[0-9]* packets' <<<"$lines" | sort -u | wc -l) > 2)) ||
    fail "the numbers do not change: $lines"
expect_match "what stays" "^[1-9][0-9]* packets, .* lost, no file written" \
    "$(tail -n 1 <<<"$lines")"
! run_as_user script -qec "$PLACE/cli/pktmon capture -w -" /dev/null </dev/null \
    >"$SCRATCH/terminal" || fail "a capture was written to a terminal"
expect_match "the refusal" "^pktmon: A capture cannot be shown on a terminal: .*-w" \
    "$(<"$SCRATCH/terminal")"

# --- refusals: one line each, and an exit status ---
refused() {
    local wanted=$1
    shift
    ! pktmon capture "$@" >"$SCRATCH/out" || fail "pktmon capture $* was not refused"
    expect_empty "output of pktmon capture $*" "$SCRATCH/out"
    expect_equal "lines of the refusal of $*" 1 "$(wc -l <"$SCRATCH/err")"
    expect_match "the refusal of $*" "$wanted" "$(<"$SCRATCH/err")"
}
refused "/nosuch/file cannot be written .*give another file with -w" -w /nosuch/file
refused "/nosuch/file_00001_.* cannot be written" -w /nosuch/file -b duration:1
refused "give their name with -w" -b duration:1
refused "give their name with -w" -b duration:1 -w -
refused "add -b filesize:KB" -w new.pcapng -b files:2
refused "filesize:KB needs a whole number" -w new.pcapng -b filesize:0
refused "has no .packet:1.: use one of packets:N" -a packet:1
refused "needs the reason.*pktmon counters -r.*docs/drop-reasons.md" -a drop:
refused "REASON,SECONDS needs a whole number" -a drop:NO_SOCKET,x
refused "type flow leaves out" -a drop:NO_SOCKET --type flow
refused "captures no packets" --counters-only -c 1
refused "does not take .some. in this version: use one of" --type some
refused "does not take .some. in this version: use one of" --points some
refused "0 to 262144" --pkt-size 262145
for count in -1 0 7x ""; do
    refused "-c needs a whole number of 1 or more, and \"$count\" is not one" -c "$count"
done
refused "-i is not an option .*: choose components with --components NAME" -i eth0
refused "-ieth0 is not an option .*: choose components with --components NAME" -ieth0
refused "-s is not an option .*: --pkt-size BYTES" -s 128
refused "did you mean NETFILTER_DROP[?]" -a drop:NETFILTER_DRP
refused "did you mean NETFILTER_DROP[?]" -a drop:netfilter,5
refused "drops no packet for the reason .ZEBRA.: " -a drop:ZEBRA
refused "which --provider pcap does not see" -a drop:NO_SOCKET --provider pcap
refused "-w needs a file name" -w ""
refused "/tmp cannot be written .Is a directory.: " -w /tmp
refused "is not an option: give a capture filter with -f" udp
refused "pcap-filter" -f '('
refused "nosuch" --components nosuch -w new.pcapng
[[ ! -e $SCRATCH/new.pcapng ]] || fail "a capture that did not begin leaves a file"
