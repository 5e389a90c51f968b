#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filters on real skbs: linear ones, others with headers in fragments, large sends, tags inside and
# outside of the frame, packets without a link header. An unfiltered capture and captures with filters
# see the same traffic. libpcap's interpreter, run on the first, gives the appearance at which each
# filter first matches; there, the filtered captures must begin.
#
#   A: eth0 --- port-a: bridge of SW: port-b --- eth0 :B: to-c --- eth0 :C
#   tun0 of A, and B to C with an MTU of 1500; the others have 9000
#
#   FILTER_SKBS_STEP  takes every N-th line of filter/expressions.txt, 26 by default
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

STEP=${FILTER_SKBS_STEP:-26}
AT_ONCE=12
START_SECONDS=60
FRAMES=214 # each kind unchanged, and once more
MIN_COMPARISONS=10000
FILTER=$TESTS/filter
PROGRAMS=$PKTMON_BUILD/tests/live/filter
ADDRESS_A=10.1.2.3 ADDRESS_B=10.1.2.4 ADDRESS_C=10.1.5.2
ADDRESS6_B=2001:db8::2

skbs() {
    python3 -B "$FILTER/skbs.py" "$@"
}

build_network() {
    NETWORK_ADDRESS_A=$ADDRESS_A NETWORK_ADDRESS_B=$ADDRESS_B network_make "$NAME"
    local suffix
    network_add_namespace "$NAME-c"
    ip -n "$NAME-b" link add to-c type veth peer name eth0 netns "$NAME-c"
    for suffix in a b c; do
        # Nothing is lost here, and nothing may be retransmitted only because this machine is slow:
        # equal bytes could not be distinguished below.
        in_namespace "$suffix" sysctl -qw net.ipv4.tcp_early_retrans=0 net.ipv4.tcp_rto_min_us=10000000 ||
            echo "This kernel has no net.ipv4.tcp_rto_min_us (Linux 6.11)."
        in_namespace "$suffix" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 \
            net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.accept_ra=0 \
            net.ipv4.conf.all.rp_filter=0 net.ipv4.ip_forward=1
    done
    ip -n "$NAME-a" link set eth0 mtu 9000
    ip -n "$NAME-b" link set eth0 mtu 9000
    ip -n "$NAME-sw" link set port-a mtu 9000
    ip -n "$NAME-sw" link set port-b mtu 9000
    ip -n "$NAME-a" address add 2001:db8::1/64 dev eth0 nodad
    ip -n "$NAME-b" address add "$ADDRESS6_B/64" dev eth0 nodad
    ip -n "$NAME-b" address add 10.1.5.1/24 dev to-c
    ip -n "$NAME-c" address add "$ADDRESS_C/24" dev eth0
    ip -n "$NAME-b" link set to-c up
    ip -n "$NAME-c" link set eth0 up
    ip -n "$NAME-c" route add default via 10.1.5.1
    ip -n "$NAME-a" route add 10.1.5.0/24 via "$ADDRESS_B"
    ip -n "$NAME-b" route add 10.1.9.0/24 via "$ADDRESS_A"
    keep_knowledge
}

# Frames with changed addresses must not change any neighbour table.
keep_knowledge() {
    ip -n "$NAME-a" neighbour replace "$ADDRESS_B" lladdr "$NETWORK_MAC_B" dev eth0
    ip -n "$NAME-b" neighbour replace "$ADDRESS_A" lladdr "$NETWORK_MAC_A" dev eth0
    ip -n "$NAME-a" neighbour replace "$ADDRESS6_B" lladdr "$NETWORK_MAC_B" dev eth0
    ip -n "$NAME-b" neighbour replace 2001:db8::1 lladdr "$NETWORK_MAC_A" dev eth0
    bridge -n "$NAME-sw" link set dev port-a learning off
    bridge -n "$NAME-sw" link set dev port-b learning off
    bridge -n "$NAME-sw" fdb replace "$NETWORK_MAC_A" dev port-a master static
    bridge -n "$NAME-sw" fdb replace "$NETWORK_MAC_B" dev port-b master static
    ping_once a "$ADDRESS_C"
}

serve() {
    start_inside "$1" python3 -B "$FILTER/skbs.py" serve "$SCRATCH/serving-$1" "${@:2}"
    wait_until 10 test -e "$SCRATCH/serving-$1" || fail "no server in $1"
}

# send_all CLASS
send_all() {
    in_namespace a "$PROGRAMS/send_frames" eth0 "$1" "$FRAMES" "$1"
    in_namespace a python3 -B "$FILTER/skbs.py" talk "$1" "$ADDRESS_B" "$ADDRESS6_B" "$ADDRESS_C"
    : >"$SCRATCH/go-$1"
    wait_until 20 test -e "$SCRATCH/done-$1" || fail "the tun device does not send"
    sleep 0.5
}

start_wire() {
    start_inside a python3 -B "$FILTER/skbs.py" wire "tun$1" "10.1.9.1" "10.1.9.2" "$ADDRESS_B" \
        "$SCRATCH/wire-$1" "$SCRATCH/go-$1" "$SCRATCH/done-$1" "$1"
    wire_pid=$started_pid
    wait_until 10 test -e "$SCRATCH/wire-$1" || fail "no tun device"
}

# begin FILE [OPTION ...]: a capture of the network, in the background, with all bytes that filters
# look at, at each place.
begin() {
    local file=$1
    shift
    (exec_as_user "$PLACE/extcap/pktmondump" --capture --extcap-interface pktmon --fifo "$file" \
        --netns "$NAME-a,$NAME-sw,$NAME-b,$NAME-c" --view appearances --buffer-size 128 \
        --repeat-size 0 "$@") 2>"$file.err" &
    pids+=($!)
    own_pids+=($!)
}

all_began() {
    local i
    for i in "${!files[@]}"; do
        began "${files[i]}" || ! kill -0 "${pids[i]}" 2>/dev/null || return 1
    done
}

# run CLASS EXPRESSION ...: adds to comparisons, packets and matches.
run() {
    local class=$1 expression i status
    shift
    local files=() pids=()
    rm -f "$SCRATCH"/*.pcapng
    printf '%s\n' "$@" >"$SCRATCH/expressions"
    start_wire "$class"
    files+=("$SCRATCH/all.pcapng")
    begin "${files[0]}"
    for expression in "$@"; do
        files+=("$SCRATCH/${#files[@]}.pcapng")
        begin "${files[-1]}" --extcap-capture-filter "$expression"
    done
    wait_until "$START_SECONDS" all_began || fail "the captures did not begin"
    send_all "$class"
    kill -TERM "${pids[@]}"
    for i in "${!pids[@]}"; do
        status=0
        wait "${pids[i]}" || status=$?
        expect_equal "exit status of $(<"${files[i]}.err")" 0 "$status"
    done
    kill "$wire_pid"
    skbs check "$class" "$PROGRAMS/verdicts" "$SCRATCH/expressions" "${files[@]}" >"$SCRATCH/checked" ||
        fail "the check ended early"
    read -r -a figures < "$SCRATCH/checked"
    packets=$((packets + figures[0])) comparisons=$((comparisons + figures[1]))
    matches=$((matches + figures[2])) appearances=$((appearances + figures[3] * $#))
    tail -n +3 "$SCRATCH/checked" >>"$SCRATCH/different"
    if [[ -n ${FILTER_SKBS_KEEP:-} && $(wc -l <"$SCRATCH/checked") -gt 2 ]]; then
        mkdir -p "$FILTER_SKBS_KEEP/$class"
        cp "$SCRATCH"/*.pcapng "$SCRATCH/expressions" "$SCRATCH/checked" "$FILTER_SKBS_KEEP/$class/"
    fi
}

mapfile -t expressions < <(grep -hv -e '^#' -e '^$' "$FILTER/skbs.txt"
    grep -hv -e '^#' -e '^$' "$FILTER/expressions.txt" | awk -v step="$STEP" 'NR % step == 0')
build_network
serve b "$ADDRESS_B" "$ADDRESS6_B"
serve c "$ADDRESS_C"
packets=0 comparisons=0 matches=0 appearances=0
: >"$SCRATCH/different"
for ((first = 0, class = 1; first < ${#expressions[@]}; first += AT_ONCE, class++)); do
    run "$class" "${expressions[@]:first:AT_ONCE}"
done
echo "${#expressions[@]} filters, $packets packets, $comparisons comparisons of $appearances" \
    "appearances, $matches matches, $(wc -l <"$SCRATCH/different") different"
[[ ! -s $SCRATCH/different ]] || fail "$(head -n "${FILTER_SKBS_FAULTS:-20}" "$SCRATCH/different")"
((comparisons >= MIN_COMPARISONS)) || fail "these are too few"
