#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A packet that its receiver has read ends without a tracepoint, and its skb is reused for another
# packet. Two ends that take turns make this happen all the time, over UDP and TCP; a program of the
# test counts how often. Each message is still one packet, which passes each place once.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

COUNT=10000 # messages of each end
LEAST_REUSE=1000
ADDRESS_A=10.135.0.1 ADDRESS_B=10.135.0.2 PORT=7000
COUNTS_LINE='%-4s %-8s %10s %10s %10s   %s\n'
# As check.py prints them.
TRUE='unseen 0
precision 1
recall 1
journeys 1
false 0
missed 0
garbled 0
lost 0'

make_network() {
    network_add_namespace "$NAME-a"
    network_add_namespace "$NAME-b"
    ip -n "$NAME-a" link add eth0 type veth peer name eth0 netns "$NAME-b"
    ip -n "$NAME-a" link set eth0 up
    ip -n "$NAME-b" link set eth0 up
    add_address a "$ADDRESS_A"
    add_address b "$ADDRESS_B"
    ping_once a "$ADDRESS_B"
}

# add_address SUFFIX ADDRESS: a busy machine must not cause a retransmission, which would be another
# packet with the same number.
add_address() {
    ip -n "$NAME-$1" address add "$2/24" dev eth0 noprefixroute
    ip -n "$NAME-$1" route add 10.135.0.0/24 dev eth0 src "$2" rto_min 10s
}

netns_id() {
    stat -L -c %i "/run/netns/$NAME-$1"
}

compile_counter() {
    clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" \
        "-I$PROJECT/capture-core" -Wall -Werror "-DNETNS_A=$(netns_id a)u" \
        "-DNETNS_B=$(netns_id b)u" -c "$TESTS/reuse.bpf.c" -o "$SCRATCH/reuse.o"
}

# The programs begin to count.
start_counting() {
    python3 -B "$TESTS/reuse_count.py" "$SCRATCH/reuse.o" counts 4 \
        >"$SCRATCH/counts" 2>"$SCRATCH/counts.err" &
    counting_pid=$!
    own_pids+=("$counting_pid")
    wait_until 10 grep -qs ready "$SCRATCH/counts" ||
        fail "the programs do not run: $(<"$SCRATCH/counts.err")"
}

# Leaves "RECEIVED ENDED RECYCLED FORGOTTEN" of reuse.bpf.c in the last line of the file counts.
stop_counting() {
    kill -TERM "$counting_pid"
    wait "$counting_pid" || fail "the counters cannot be read: $(<"$SCRATCH/counts.err")"
}

# take_turns KIND: class 1 sends, and class 2 replies.
take_turns() {
    local answering
    start_inside b python3 -B "$TESTS/reuse_turns.py" answer "$1" "$ADDRESS_B" "$PORT" 2 "$COUNT" \
        >"$SCRATCH/answering"
    answering=$started_pid
    wait_until 10 test -s "$SCRATCH/answering" || fail "nobody answers"
    in_namespace a python3 -B "$TESTS/reuse_turns.py" ask "$1" "$ADDRESS_B" "$PORT" 1 "$COUNT"
    wait "$answering" || fail "not all messages came"
}

# way CLASS SUFFIX SUFFIX: the truth about messages from one to the other.
way() {
    cat <<END_OF_WAY
class $1 $COUNT delivered
$2/netfilter output In
$2/netfilter postrouting In
$2/eth0 Upper Tx
$2/eth0 Lower Tx
$3/eth0 Lower Rx
$3/eth0 Upper Rx
$3/netfilter prerouting In
$3/netfilter input In
$3/sockets Lower Rx
END_OF_WAY
}

# expect_reuse KIND POINTS
expect_reuse() {
    local all_received all_ended all_recycled all_forgotten
    read -r all_received all_ended all_recycled all_forgotten < <(tail -n 1 "$SCRATCH/counts")
    # shellcheck disable=SC2059
    printf "$COUNTS_LINE" "$1" "$2" "$all_received" "$all_ended" "$all_recycled" \
        "$(head -n 4 "$SCRATCH/figures" | paste -s -d ' ')"
    expect_equal "$1: buffers that the test did not remember" 0 "$all_forgotten"
    ((all_recycled >= LEAST_REUSE)) ||
        fail "$1 proves nothing: only $all_recycled skbs were recycled without a visible end"
}

# check_kind KIND POINTS
check_kind() {
    local file=$SCRATCH/$1-$2.pcapng
    start_counting
    capture_of "$file" a b -- --points "$2"
    take_turns "$1"
    stop_counting
    sleep 0.3 # for records on their way to the reader
    stop_capture "$file"
    python3 -B "$TESTS/groundtruth/check.py" "$file" "$SCRATCH/truth" "$NAME-" "$2" \
        >"$SCRATCH/figures" || fail "$1: the check ended early"
    expect_reuse "$1" "$2"
    expect_equal "$1, points $2: $(sed '1,/^$/d' "$SCRATCH/figures")" "$TRUE" \
        "$(sed -n '2,/^$/p' "$SCRATCH/figures")"
    rm "$file"
}

make_network
compile_counter
{ way 1 a b; way 2 b a; } >"$SCRATCH/truth"
# shellcheck disable=SC2059
printf "$COUNTS_LINE" "" points received ended recycled 'what the capture says'
for points in stack devices; do
    for kind in udp tcp; do
        check_kind "$kind" "$points"
    done
done
