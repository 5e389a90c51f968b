#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # the networks' files use and set variables of this one
# Packets that carry a number in their payload, through networks of which it is written down where
# each packet passes and what becomes of it: the capture has to say the same of each of them. Other
# traffic runs beside, and once more with tcpdump on every device.
#
#   groundtruth.sh [NETWORK ...]     some of groundtruth/networks, all by default
#   GROUNDTRUTH_PACKETS  packets of each network, 10000 by default
#   GROUNDTRUTH_RUNS     "POINTS:TAPS ...", those of the network by default: all three of
#                        "stack:no stack:yes devices:no" for those that the issue names
#   GROUNDTRUTH_KEEP     a directory to which captures and truths are copied
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

ALL_PACKETS=${GROUNDTRUTH_PACKETS:-10000}
RUNS=${GROUNDTRUTH_RUNS:-}
RATE=20000
BUFFER_MIB=1024 # for all that a network makes, however slow the reader is: none may be left out
GROUNDTRUTH=$TESTS/groundtruth
NUMBERED=$PKTMON_BUILD/tests/live/numbered
BESIDE_PORT=9001 CHURN_PORT=9002
BESIDE_CLASS=255
COLUMNS_FORMAT='%-22s %-8s %-5s %8s %7s %10s %10s %10s %6s %7s %6s %7s %5s  %s\n'
ATTEMPTS=3
bad=0

# --- what the networks are made of ---

# For a network of which the issue does not speak: fewer packets and runs.
surprise() {
    set_packets $((ALL_PACKETS / 4))
    runs='stack:no devices:no'
}

# set_packets NUMBER: of the network that comes.
set_packets() {
    PACKETS=$1
    HALF=$((PACKETS / 2)) # of each of two classes
}

# add_namespaces SUFFIX ...: these are captured.
add_namespaces() {
    local suffix
    for suffix in "$@"; do
        network_add_namespace "$NAME-$suffix"
        namespaces+=("$suffix")
    done
}

# connect SUFFIX DEVICE SUFFIX DEVICE: a veth pair, up.
connect() {
    ip -n "$NAME-$1" link add "$2" type veth peer name "$4" netns "$NAME-$3"
    ip -n "$NAME-$1" link set "$2" up
    ip -n "$NAME-$3" link set "$4" up
}

# address SUFFIX DEVICE ADDRESS/LENGTH
address() {
    local options=()
    [[ $3 == *:* ]] && options=(nodad)
    ip -n "$NAME-$1" address add "$3" dev "$2" "${options[@]}"
}

# route SUFFIX ARGUMENTS ...
route() {
    ip -n "$NAME-$1" route add "${@:2}"
}

# forwards SUFFIX: the namespace is a router.
forwards() {
    in_namespace "$1" sysctl -qw net.ipv4.ip_forward=1
}

# bridge_ports SUFFIX BRIDGE PORT ...
bridge_ports() {
    local port
    ip -n "$NAME-$1" link add "$2" type bridge mcast_snooping 0 2>/dev/null || true
    ip -n "$NAME-$1" link set "$2" up
    for port in "${@:3}"; do
        ip -n "$NAME-$1" link set "$port" master "$2" up
    done
}

# rules SUFFIX: nft rules from standard input.
rules() {
    in_namespace "$1" nft -f -
}

# numbered SUFFIX COMMAND [SETTING ...]: see numbered.c.
numbered() {
    in_namespace "$1" "$NUMBERED" "${@:2}"
}

# serve SUFFIX COMMAND [SETTING ...]: in the background, and ready.
serve() {
    local log=$SCRATCH/server-$((++servers))
    start_inside "$1" "$NUMBERED" "${@:2}" >"$log"
    wait_until 10 test -s "$log" || fail "no server: ${*}"
}

# neighbours SUFFIX ADDRESS: they know each other's MAC, and it does not age while the test runs.
neighbours() {
    in_namespace "$1" ping -q -c 1 -W 5 "$2" >/dev/null || fail "no answer from $2 to $1"
}

# journey CLASS FATE [in-any-order] [COUNT]: the places of each packet of the class, from standard input.
journey() {
    local class=$1 fate=$2 count=$PACKETS
    shift 2
    [[ ${!#} =~ ^[0-9]+$ ]] && (($# > 0)) && count=${!#}
    echo "class $class $count $fate $*"
    cat
    echo
}

# beside SUFFIX SUFFIX ADDRESS: from one to the other, as long as the traffic of the network runs.
beside() {
    serve "$2" receive-udp at="${4:-0.0.0.0}" port="$BESIDE_PORT"
    serve "$2" churn-serve at="${4:-0.0.0.0}" port="$CHURN_PORT"
    beside_from=$1 beside_to=$3
}

start_beside() {
    [[ -n $beside_to ]] || return 0
    start_inside "$beside_from" "$NUMBERED" udp at="$beside_to" port="$BESIDE_PORT" \
        class="$BESIDE_CLASS" count=10000000 rate=$((RATE / 8)) size=200
    beside_pids+=("$started_pid")
    start_inside "$beside_from" "$NUMBERED" churn at="$beside_to" port="$CHURN_PORT" rate=500
    beside_pids+=("$started_pid")
}

stop_all() {
    local pid
    for pid in "$@"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "$@"; do
        wait "$pid" 2>/dev/null || true
    done
}

# --- the runs ---

start_taps() {
    local suffix
    for suffix in "${namespaces[@]}"; do
        start_inside "$suffix" tcpdump -n -U -i any -w /dev/null 2>"$SCRATCH/tap-$suffix"
        tap_pids+=("$started_pid")
        wait_until 10 grep -q listening "$SCRATCH/tap-$suffix" || fail "no tcpdump in $suffix"
    done
}

# wrong_fates SAMPLE TRUTH: how many packets of the sample have another fate than is true. The
# dissector knows at the second pass.
wrong_fates() {
    if [[ ! -s $1 ]]; then
        echo -
        return
    fi
    chmod 0644 "$1"
    must run_as_user tshark -2 -n -r "$1" -T fields -e frame.number -e pktmon.fate \
        >"$SCRATCH/fates"
    python3 -B "$GROUNDTRUTH/fates.py" "$1" "$2" "$NAME-" "$SCRATCH/fates"
}

print_line() {
    local network=$1 points=$2 taps=$3 fates=$4 figures=$5 name value result=ok
    declare -A figure
    while read -r name value; do
        [[ -n $name ]] || break
        figure[$name]=$value
    done <"$figures"
    for name in precision recall journeys; do
        [[ ${figure[$name]} == [1-] ]] || result=WRONG
    done
    [[ ${figure[precision]} == 1 ]] || result=WRONG
    for name in unseen false missed garbled lost; do
        [[ ${figure[$name]} == 0 ]] || result=WRONG
    done
    [[ $fates == [0-] ]] || result=WRONG
    # shellcheck disable=SC2059
    printf "$COLUMNS_FORMAT" "$network" "$points" "$taps" "${figure[packets]}" \
        "${figure[unseen]}" "${figure[precision]}" "${figure[recall]}" "${figure[journeys]}" \
        "${figure[false]}" "${figure[missed]}" "$fates" \
        "${figure[garbled]}" "${figure[lost]}" "$result"
    if [[ $result != ok ]]; then
        sed '1,/^$/d; s/^/    /' "$figures"
        bad=$((bad + 1))
    fi
}

# run NETWORK POINTS TAPS: on kernels that run no tracing programs while process 1 is current
# (docs/live-capture.md) several times, until that disturbs nothing. What is wrong is wrong each time.
run() {
    local attempts=1 before=$bad
    if grep -qa init_owned /sys/kernel/btf/vmlinux; then
        attempts=$ATTEMPTS
    fi
    run_once "$@"
    while ((bad > before && --attempts > 0)); do
        bad=$before
        run_once "$@"
    done
}

# run_once NETWORK POINTS TAPS
run_once() {
    local network=$1 points=$2 taps=$3 file=$SCRATCH/$1-$2-$3.pcapng fates
    rm -f "$SCRATCH/sample"
    tap_pids=() beside_pids=()
    if [[ $taps == yes ]]; then
        start_taps
    fi
    capture_of "$file" "${namespaces[@]}" -- --points "$points" --buffer-size "$BUFFER_MIB" \
        "${capture_options[@]}"
    start_beside
    network_traffic
    stop_all "${beside_pids[@]}"
    sleep 0.3
    stop_capture "$file"
    stop_all "${tap_pids[@]}"
    network_truth >"$SCRATCH/truth"
    echo "class $BESIDE_CLASS 0 delivered" >>"$SCRATCH/truth"
    python3 -B "$GROUNDTRUTH/$checker" "$file" "$SCRATCH/truth" "$NAME-" "$points" \
        "$SCRATCH/sample" >"$SCRATCH/figures" || fail "$network: the check ended early"
    fates=$(wrong_fates "$SCRATCH/sample" "$SCRATCH/truth")
    tail -n +2 <<<"$fates" | sed 's/^/wrong fate: /' >>"$SCRATCH/figures"
    print_line "$network" "$points" "$taps" "${fates%%$'\n'*}" "$SCRATCH/figures"
    if [[ -n ${GROUNDTRUTH_KEEP:-} ]]; then
        cp "$file" "$GROUNDTRUTH_KEEP/"; echo "$NAME-" >"$GROUNDTRUTH_KEEP/$network-$points-$taps.prefix"
        cp "$SCRATCH/truth" "$GROUNDTRUTH_KEEP/$network-$points-$taps.truth"
    fi
    rm -f "$file"
}

# run_network NETWORK: its file defines network_make, network_traffic and network_truth.
run_network() {
    local network=$1 one runs='stack:no stack:yes devices:no'
    namespaces=() capture_options=() servers=0 beside_to='' checker=check.py
    local before=("${own_pids[@]}")
    set_packets "$ALL_PACKETS"
    # shellcheck source=/dev/null
    source "$GROUNDTRUTH/networks/$network.sh"
    build_network
    for one in ${RUNS:-$runs}; do
        run "$network" "${one%:*}" "${one#*:}"
    done
    stop_all "${own_pids[@]:${#before[@]}}"
    own_pids=("${before[@]}")
    network_delete "$NAME"
}

main() {
    local network
    if (($# == 0)); then
        for network in "$GROUNDTRUTH"/networks/*.sh; do
            set -- "$@" "$(basename "$network" .sh)"
        done
    fi
    # shellcheck disable=SC2059
    printf "$COLUMNS_FORMAT" network points taps packets unseen precision recall journeys false \
        missed fates garbled lost result
    for network in "$@"; do
        run_network "$network"
    done
    ((bad == 0)) || fail "$bad runs were not as is true"
}

main "$@"
