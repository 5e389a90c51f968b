#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `pktmon capture --filter`: several filters in Packet Monitor's syntax, each packet with the number
# of the one that it matched; and capture filters that the kernel programs cannot take, or that
# nobody can.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

START_SECONDS=60
WAY_UDP="$(way_over_switch a b)
b/sockets - Rx NO_SOCKET"

# pktmon_begin FILE [OPTION ...]
pktmon_begin() {
    local file=$1
    shift
    (exec_as_user "$PLACE/cli/pktmon" capture --view appearances -w "$file" --netns "$NAME-a,$NAME-sw,$NAME-b" "$@") \
        >"$file.out" 2>"$file.err" &
    capture_pid=$!
    own_pids+=("$capture_pid")
    wait_until "$START_SECONDS" capture_began "$file" || fail "the capture did not begin"
    began "$file" || fail "the capture ended at once: $(<"$file.err")"
}

pktmon_end() {
    local status=0
    kill -INT "$capture_pid"
    wait "$capture_pid" || status=$?
    expect_equal "exit status of pktmon" 0 "$status"
    expect_sound "$1"
}

# datagrams FIRST PORT: three of them.
datagrams() {
    traffic a udp-numbered "$NETWORK_ADDRESS_B" "$2" 3 5 "$1"
}

# number DATAGRAM: as tshark shows it.
number() {
    printf 'packet %09d' "$1" | od -An -v -tx1 | tr -d ' \n'
}

keys() {
    echo "$(number "$1") $(number $(($1 + 1))) $(number $(($1 + 2)))"
}

# ids FILE DISPLAY_FILTER: ids of the filters that the packets matched.
ids() {
    fields "$1" "pktmon.record == 1 && ($2)" pktmon.filter_id | sort -u | paste -sd ' '
}

network_make "$NAME"
for end in a:1:2 b:2:1; do
    IFS=: read -r suffix own other <<<"$end"
    ip -n "$NAME-$suffix" link add vx0 type vxlan id 7 local "10.77.0.$own" \
        remote "10.77.0.$other" dstport 4789
    ip -n "$NAME-$suffix" address add "10.88.0.$own/24" dev vx0
    ip -n "$NAME-$suffix" link set vx0 up
done
ping_once a "$NETWORK_ADDRESS_B"
ping_once a 10.88.0.2

# --- "or" between filters, "and" within one ---
file=$SCRATCH/words.pcapng
pktmon_begin "$file" --filter '-t UDP -p 7101' --filter "Second -t UDP -p 7102 -i $NETWORK_ADDRESS_A" \
    --filter 'never -t UDP -p 7103 -i 10.9.9.9' --filter 'Handshake -t TCP SYN -p 7104'
datagrams 100 7101
datagrams 200 7102
datagrams 300 7103
datagrams 400 7105
in_namespace a bash -c "exec 3<>/dev/tcp/$NETWORK_ADDRESS_B/7104" 2>/dev/null || true
sleep 0.3
pktmon_end "$file"
packets "$file" "udp.dstport == 7101 && !icmp" udp.payload | expect_journeys "$WAY_UDP" "$(keys 100)"
packets "$file" "udp.dstport == 7102 && !icmp" udp.payload | expect_journeys "$WAY_UDP" "$(keys 200)"
expect_equal "packets that not all conditions hold of, or none" "" \
    "$(fields "$file" "udp.dstport in {7103, 7105}" frame.number)"
expect_equal "ids of the first filter" 1 "$(ids "$file" "udp.dstport == 7101 && !icmp")"
expect_equal "ids of the second filter" 2 "$(ids "$file" "udp.dstport == 7102 && !icmp")"
expect_equal "flags and ids of handshakes" $'0x0002\t4' \
    "$(fields "$file" "tcp" tcp.flags pktmon.filter_id | sort -u)"
expect_equal "descriptions" $'1\t\t-t UDP -p 7101
2\tSecond\t-t UDP -i 10.77.0.1 -p 7102
3\tnever\t-t UDP -i 10.9.9.9 -p 7103
4\tHandshake\t-t TCP SYN -p 7104' \
    "$(fields "$file" "pktmon.record == 4" pktmon.filter_id pktmon.filter.name pktmon.filter.text)"

# --- with a capture filter too, and packets inside VXLAN ---
file=$SCRATCH/encapsulated.pcapng
pktmon_begin "$file" -f "udp dst port 7201" --filter 'Inside -t ICMP -i 10.88.0.2 -e'
datagrams 500 7201
datagrams 600 7202
traffic a in-tunnel vxlan 10.88.0.9 10.88.0.2 "$NETWORK_ADDRESS_B" 101 3 4789
traffic a in-tunnel vxlan 10.88.0.9 10.88.0.3 "$NETWORK_ADDRESS_B" 201 3 4789
sleep 0.3
pktmon_end "$file"
expect_equal "ids of the capture filter" 1 "$(ids "$file" "udp.dstport == 7201 && !icmp")"
expect_equal "packets that match neither" "" \
    "$(fields "$file" "udp.dstport == 7202 || icmp.seq in {201, 202, 203}" frame.number)"
expect_equal "first places of what came in a tunnel" "a/netfilter output 2 101
a/netfilter output 2 102
a/netfilter output 2 103" \
    "$(packets "$file" "icmp.seq" icmp.seq pktmon.filter_id | awk -F '[\t/]' '!seen[$1]++ {
        print $6 "/" $7, $2, $1 }' | sed 's/ In / /' | sort)"

# --- the kernel programs cannot take it ---
file=$SCRATCH/protochain.pcapng
pktmon_begin "$file" -f "ip protochain 17 and udp dst port 7301"
datagrams 700 7301
datagrams 800 7302
sleep 0.3
pktmon_end "$file"
packets "$file" "frame" udp.payload | expect_journeys "$WAY_UDP" "$(keys 700)"
expect_equal "id" 1 "$(ids "$file" frame)"
expect_match "what is missing" "the capture filter in the kernel, because it [^:]*: all packets are passed to" \
    "$(fields "$file" pktmon.capture.missing pktmon.capture.missing)"

# --- refusals: one sentence each ---
refused() {
    local wanted=$1 status=0
    shift
    run_as_user timeout --kill-after 5 60 "$PLACE/cli/pktmon" capture "$@" >"$SCRATCH/out" \
        2>"$SCRATCH/err" || status=$?
    expect_equal "status of pktmon capture $*" 1 "$status"
    expect_empty "output of pktmon capture $*" "$SCRATCH/out"
    expect_equal "lines of the refusal of $*" 1 "$(wc -l <"$SCRATCH/err")"
    expect_match "the refusal of $*" "$wanted" "$(<"$SCRATCH/err")"
}
refused 'not valid: .*"-x".*not one of the options' --filter '-x 3'
refused 'not valid: .*-p, which takes' --filter '-p http'
refused 'not valid: .*-t' --filter '-t TCP WHAT'
refused 'not valid' --filter '-t ICMP -p 80'
refused 'not valid' --filter ''
refused 'VXLAN on ports 4789 and 8472' --filter '-t ICMP -e 4789' --filter '-p 5 -e 8472'
words=$(tcpdump -d -y EN10MB 'tcp and nosuch' 2>&1 | sed -n 's/^tcpdump: //p') || true
refused 'tcp and nosuch' -f 'tcp and nosuch'
[[ -n $words && $(<"$SCRATCH/err") == *"$words"* ]] ||
    fail "libpcap says \"$words\", but pktmon \"$(<"$SCRATCH/err")\""
