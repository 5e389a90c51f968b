#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034,SC2154 # the networks' files use and set variables of this one
# Packets with a number in their payload, through networks in which the places and the fate of each
# packet are known: the capture must show the same for each of them. Other traffic runs at the same
# time, and another run has tcpdump on every device. Each capture is judged in both views, and must be
# the same when it is converted to the other one and back.
#
#   groundtruth.sh [NETWORK ...]     some of groundtruth/networks, all by default
#   GROUNDTRUTH_PACKETS  packets of each network, 10000 by default
#   GROUNDTRUTH_RUNS     "POINTS:TAPS:VIEW ...", those of the network by default: all three of
#                        "stack:no:appearances stack:yes:packets devices:no:appearances" for the main networks
#   GROUNDTRUTH_KEEP     a directory to which captures and truths are copied
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/groundtruth/make.sh
source "$(dirname "$0")/groundtruth/make.sh"
# shellcheck source=tests/live/groundtruth/judge.sh
source "$(dirname "$0")/groundtruth/judge.sh"

ALL_PACKETS=${GROUNDTRUTH_PACKETS:-10000}
RUNS=${GROUNDTRUTH_RUNS:-}
RATE=20000
BUFFER_MIB=1024 # for everything that a network sends, however slow the reader is: nothing may be shed
GROUNDTRUTH=$TESTS/groundtruth
NUMBERED=$PKTMON_BUILD/tests/live/numbered
BESIDE_PORT=9001 CHURN_PORT=9002
BESIDE_CLASS=255
ATTEMPTS=3

# --- the runs ---

start_taps() {
    local suffix
    for suffix in "${namespaces[@]}"; do
        start_inside "$suffix" tcpdump -n -U -i any -w /dev/null 2>"$SCRATCH/tap-$suffix"
        tap_pids+=("$started_pid")
        wait_until 10 grep -q listening "$SCRATCH/tap-$suffix" || fail "no tcpdump in $suffix"
    done
}

# capture_run NETWORK POINTS TAPS VIEW: leaves a capture, $file, and its truth, $file.truth.
capture_run() {
    local points=$2 taps=$3 view=$4
    file=$SCRATCH/$1-$2-$3-$4.pcapng
    tap_pids=() beside_pids=()
    if [[ $taps == yes ]]; then
        start_taps
    fi
    capture_of "$file" "${namespaces[@]}" -- --view "$view" --points "$points" \
        --buffer-size "$BUFFER_MIB" "${capture_options[@]}"
    start_beside
    network_traffic
    stop_all "${beside_pids[@]}"
    sleep 0.3
    stop_capture "$file"
    stop_all "${tap_pids[@]}"
    network_truth >"$file.truth"
    echo "class $BESIDE_CLASS 0 delivered" >>"$file.truth"
    if [[ -n ${GROUNDTRUTH_KEEP:-} ]]; then
        cp "$file" "$file.truth" "$GROUNDTRUTH_KEEP/"
        echo "$NAME-" >"$GROUNDTRUTH_KEEP/${file##*/}.prefix"
    fi
}

# judge_run NETWORK POINTS TAPS VIEW: judges what capture_run left, in the background, with the CPU time
# that the next run leaves.
judge_run() {
    (
        renice -n 19 -p "$BASHPID" >/dev/null
        judge_views "$@" "$file" "$file.truth"
        rm -f "$file" "$file".{appearances,packets}*
    ) >"$file.line" &
    judges+=("$!")
    lines+=("$file.line")
    own_pids+=("$!")
}

# capture_and_judge NETWORK POINTS:TAPS:VIEW
capture_and_judge() {
    local words
    IFS=: read -r -a words <<<"$2"
    capture_run "$1" "${words[@]}"
    judge_run "$1" "${words[@]}"
}

# judged NUMBER: whether the run agreed with the truth; prints its line.
judged() {
    local status=0
    wait "${judges[$1]}" || status=1
    cat "${lines[$1]}"
    ((status == 0)) && ! grep -q ' WRONG$' "${lines[$1]}"
}

# run NETWORK "POINTS:TAPS:VIEW" ...: on kernels that run no tracing programs while process 1 is current
# (docs/live-capture.md), repeats a run that was disturbed by that. A fault of our own occurs each
# time.
run() {
    local network=$1 attempts=1 attempt one number=0 judges=() lines=()
    shift
    if grep -qa init_owned /sys/kernel/btf/vmlinux; then
        attempts=$ATTEMPTS
    fi
    for one in "$@"; do
        capture_and_judge "$network" "$one"
    done
    for one in "$@"; do
        attempt=1
        until judged "$number"; do
            if ((attempt++ >= attempts)); then
                bad=$((bad + 1))
                break
            fi
            capture_and_judge "$network" "$one"
            judges[number]=${judges[-1]} lines[number]=${lines[-1]}
        done
        number=$((number + 1))
    done
}

# run_network NETWORK: its file defines build_network, network_traffic and network_truth.
run_network() {
    local network=$1 file runs='stack:no:appearances stack:yes:packets devices:no:appearances'
    namespaces=() capture_options=() servers=0 beside_to='' checker=check.py
    local before=("${own_pids[@]}")
    set_packets "$ALL_PACKETS"
    # shellcheck source=/dev/null
    source "$GROUNDTRUTH/networks/$network.sh"
    build_network
    # shellcheck disable=SC2086 # they are words
    run "$network" ${RUNS:-$runs}
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
    print_head
    for network in "$@"; do
        run_network "$network"
    done
    ((bad == 0)) || fail "$bad runs differ from the truth"
}

main "$@"
