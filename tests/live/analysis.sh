#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tshark's own analysis makes of a capture of the packets view, compared with what it makes of
# tcpdump's files on the devices of both hosts: downloads (large sends), names, echoes, pings,
# fragments, and an ICMP error. Where addresses are translated, each side is compared with the host
# that has it.
#
#   analysis.sh NETWORK          compares
#   analysis.sh NETWORK table    prints rows of the table of docs/journeys.md
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/groundtruth/make.sh
source "$(dirname "$0")/groundtruth/make.sh"

ANALYSIS=$TESTS/analysis
PACKETS='pktmon.record == 1 && !pktmon.continued'
targets=() captured=() pieces='' talk=talk
comparisons=("a eth0 $PACKETS")

# shellcheck source=tests/live/analysis/networks.sh
source "$ANALYSIS/networks.sh"
# shellcheck source=tests/live/analysis/table.sh
source "$ANALYSIS/table.sh"

talk() {
    in_namespace a python3 -B "$ANALYSIS/hosts.py" talk "${targets[@]}"
}

fetch() {
    in_namespace a python3 -B "$ANALYSIS/hosts.py" fetch "${targets[@]}"
}

# tap SUFFIX DEVICE
tap() {
    start_inside "$1" tcpdump -n -U --immediate-mode -B 65536 -i "$2" --nano -w "$SCRATCH/$1.pcap" \
        2>"$SCRATCH/$1.said"
    taps+=("$started_pid")
    wait_until 10 grep -q listening "$SCRATCH/$1.said" || fail "no tcpdump in $1"
}

# compare SUFFIX DEVICE FILTER: prints what differs.
compare() {
    must run_as_user python3 - "$file" "$3" "$SCRATCH/$1.pcap" frame "$pieces" <"$ANALYSIS/compare.py"
}

# compare_all NETWORK
compare_all() {
    local one suffix device filter
    for one in "${comparisons[@]}"; do
        read -r suffix device filter <<<"$one"
        expect_equal "differences from tcpdump on $device of $suffix" "" \
            "$(compare "$suffix" "$device" "$filter")"
    done
}

namespaces=() servers=0 taps=()
NUMBERED=$PKTMON_BUILD/tests/live/numbered
file=$SCRATCH/view.pcapng view=packets report=compare_all
"$1"
if [[ ${2:-} == table ]]; then
    talk=fetch view=appearances report=print_table
fi
start_inside b python3 -B "$ANALYSIS/hosts.py" serve >"$SCRATCH/serving"
wait_until 10 grep -q ready "$SCRATCH/serving" || fail "no server"
for target in "${targets[@]}"; do
    ping_once a "$target"
done
for one in "${comparisons[@]}"; do
    read -r suffix device _ <<<"$one"
    tap "$suffix" "$device"
done
# Other tests run at the same time: nothing may be shed.
((${#captured[@]})) || captured=("${namespaces[@]}")
capture_of "$file" "${captured[@]}" -- --view "$view" --buffer-size 256
"$talk"
sleep 0.5
stop_capture "$file"
stop_all "${taps[@]}"
chmod a+r "$SCRATCH"/*.pcap
if [[ -n ${ANALYSIS_KEEP:-} ]]; then
    cp "$file" "$SCRATCH"/*.pcap "$ANALYSIS_KEEP/"
fi
for one in "$SCRATCH"/*.said; do
    grep -q '^0 packets dropped by kernel' "$one" || fail "tcpdump lost packets"
done
"$report" "$1"
