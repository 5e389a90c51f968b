#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # the networks' files use and set variables of this one
# Inside the machine, guest-modules.sh PREFIX [NETWORK]: makes the networks of modules that
# pktmon_networks of the kernel's command line names, starts a capture of all of them, and runs the
# traffic of one after the other. The results on the disk are the capture, its log and errors, and for
# each network a folder with its truth, counters, window (when its packets passed), output of its
# commands, and status. With NETWORK, it is the process of that network, which waits at its pipe "go".
set -euo pipefail
# shellcheck source=scripts/network.sh
source /network.sh
# shellcheck source=tests/kernel/guest-lib.sh
source /guest-lib.sh
# shellcheck source=tests/expect.sh
source /tests/expect.sh
# shellcheck source=tests/live/journey.sh
source /tests/live/journey.sh
# shellcheck source=tests/live/groundtruth/make.sh
source /tests/live/groundtruth/make.sh

NAME=$1
NUMBERED=numbered
ALL_PACKETS=${pktmon_packets:-100}
RATE=1000 # of packets in a second: the machine is slow
BUFFER_MIB=128
BUILD_SECONDS=400 # on a busy host
BUILD_AT_ONCE=4   # what builds a network waits for its servers only so long
START_ATTEMPTS=3
READ_ATTEMPTS=20
RESULTS=/run/results

# --- the kernel's own counters ---

# counter CASE COUNTER PLACE VALUE: PLACE, a regular expression, is where the capture shows the
# packets that COUNTER counts.
counter() {
    printf '%s\t%s\t%s\t%s\n' "$@"
}

# device_counter SUFFIX DEVICE NAME: of /sys/class/net/DEVICE/statistics.
device_counter() {
    in_namespace "$1" cat "/sys/class/net/$2/statistics/$3"
}

# drops SUFFIX NAME ...: the sum of these counters.
drops() {
    local name sum=0
    for name in "${@:2}"; do
        sum=$((sum + $(stat_counter "$1" "$name")))
    done
    echo "$sum"
}

# xfrm_counter SUFFIX NAME
xfrm_counter() {
    in_namespace "$1" cat /proc/net/xfrm_stat | awk -v name="$2" '$1 == name { print $2 }'
}

# arp_answers SUFFIX DEVICE ADDRESS: how many of three ARP requests were answered.
arp_answers() {
    in_namespace "$1" busybox arping -c 3 -w 5 -I "$2" "$3" | awk '/^Received/ { print $2 }'
}

# qdisc_drops SUFFIX DEVICE KIND
qdisc_drops() {
    in_namespace "$1" tc -s qdisc show dev "$2" |
        awk -v kind="$3" '$1 == "qdisc" { is = $2 == kind } is && /dropped/ { print $7 + 0 }'
}

# grown BEFORE AFTER: the growth of each counter.
grown() {
    awk -F '\t' -v OFS='\t' 'NR == FNR { before[FNR] = $4; next }
        { print $1, $2, $3, $4 - before[FNR] }' "$1" "$2"
}

# --- a capture of one drop ---

# wait_for_drop REASON SUFFIX: starts a capture that ends at the first drop with this reason. Sets
# pid.
wait_for_drop() {
    exec_with_capabilities /pktmon/cli/pktmon capture --netns "$NAME-$2" --type drop \
        -w "/tmp/$NAME-drop" -a "drop:$1" 2>"$SCRATCH/awaited" &
    pid=$!
    own_pids+=("$pid")
    wait_for_capture "$NAME-drop" || fail "no capture: $(<"$SCRATCH/awaited")"
}

# expect_waited: checks that this capture has ended by itself.
expect_waited() {
    wait_until 20 has_waited || fail "the capture does not end: $(<"$SCRATCH/awaited")"
    wait "$pid" || fail "the capture failed: $(<"$SCRATCH/awaited")"
}

has_waited() {
    ! kill -0 "$pid" 2>/dev/null
}

# --- one network ---

network_counters() {
    true # most have none
}

network_ready() {
    true # most stay as they were built
}

# Each network has its own prefix, because all of them exist at the same time.
be_network() {
    network=$1
    results=$RESULTS/$1 SCRATCH=$RESULTS/$1/scratch NAME=$NAME-$1
    namespaces=() modules=() late_modules=() own_pids=() servers=0
    mkdir "$SCRATCH"
    trap 'kill -KILL "${own_pids[@]}" 2>/dev/null || true' EXIT
    set_packets "$ALL_PACKETS"
    # shellcheck source=/dev/null
    source "/tests/kernel/networks/$network.sh"
}

# load MODULE ...: loads those that are not built into the kernel.
load() {
    local module
    for module; do
        [[ -z $(find /lib/modules -name "${module//[-_]/[-_]}.ko") ]] || modprobe "$module"
    done
}

nanoseconds() {
    echo "${EPOCHREALTIME/./}000"
}

# read_counters FILE: writes the counters to FILE, and appends a time to the window. A packet
# between the reading and that time, such as a neighbour solicitation, would be in only one of them.
read_counters() {
    local attempt time
    for ((attempt = 0; attempt < READ_ATTEMPTS; attempt++)); do
        network_counters >"$1"
        time=$(nanoseconds)
        network_counters | cmp -s "$1" - && break
    done
    echo "$time" >>"$results/window"
}

# run_network NETWORK: its file sets modules, for modprobe, and late_modules, which it loads itself
# while the capture runs. It defines build_network, network_traffic and network_truth like the
# networks of the ground truth. It may define network_ready, which renews state that has expired
# while the network waited for its turn, and network_counters, which prints the kernel's counters
# with "counter".
run_network() {
    be_network "$1"
    load "${modules[@]}"
    build_network
    printf '%s\n' "${namespaces[@]/#/$NAME-}" >"$results/built"
    read -r <"$results/go"
    network_ready
    read_counters "$results/before"
    network_traffic
    sleep 0.5
    read_counters "$results/after"
    network_truth >"$results/truth"
    grown "$results/before" "$results/after" >"$results/counters"
}

# --- all networks ---

# start_network NETWORK: builds it, in the background.
start_network() {
    local results=$RESULTS/$1
    mkdir -p "$results"
    mkfifo "$results/go"
    bash "$0" "$NAME" "$1" >"$results/output" 2>&1 &
    processes[$1]=$!
}

# await_network NETWORK: returns when it is built or has failed.
await_network() {
    local end=$((SECONDS + BUILD_SECONDS))
    until [[ -e $RESULTS/$1/built ]] || ! kill -0 "${processes[$1]}" 2>/dev/null; do
        ((SECONDS < end)) || fail "$1 is not built"
        sleep 0.5
    done
}

# end_network NETWORK: lets it run its traffic, if it is ready.
end_network() {
    local results=$RESULTS/$1 status=0
    [[ ! -e $results/built ]] || echo go >"$results/go"
    wait "${processes[$1]}" || status=$?
    echo "$status" >"$results/status"
    rm -rf "$results/go" "$results/scratch"
}

# A busy host makes the machine so slow that the agent's start may time out.
start_capture() {
    local attempt
    for ((attempt = 0; attempt < START_ATTEMPTS; attempt++)); do
        try_capture && return
    done
    fail "no capture: $(<"$RESULTS/errors")"
}

try_capture() {
    rm -f /tmp/capture
    capture capture --points stack --buffer-size "$BUFFER_MIB" \
        --netns "$(cat "$RESULTS"/*/built | paste -s -d ,)" 2>"$RESULTS/errors" &
    pid=$!
    wait_for_capture capture
}

note() {
    echo "$* after $(cut -d ' ' -f 1 /proc/uptime) s"
}

# build_networks NETWORK ...
build_networks() {
    local network first=1
    for network; do
        start_network "$network"
        if ((${#processes[@]} >= BUILD_AT_ONCE)); then
            await_network "${!first}"
            first=$((first + 1))
        fi
    done
    for network in "${@:first}"; do
        await_network "$network"
    done
}

# run_networks NETWORK ...
run_networks() {
    local network status=0
    declare -A processes
    build_networks "$@"
    note "networks: built"
    start_capture
    note "capture: begun"
    for network; do
        end_network "$network"
    done
    note "networks: ended"
    kill -TERM "$pid"
    wait "$pid" || status=$?
    echo "$status" >"$RESULTS/status"
    mv /tmp/capture "$RESULTS/capture"
    mv /tmp/capture-log "$RESULTS/log"
    dmesg >"$RESULTS/dmesg"
    tar -c -C "$RESULTS" . >/dev/vda
}

if (($# > 1)); then
    run_network "$2"
else
    # shellcheck disable=SC2086 # a list
    run_networks ${pktmon_networks//,/ }
fi
