# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # shared with those that source it
# Compares a capture with the truth, and prints a line of a table. Sourced after lib.sh and
# journey.sh.

COLUMNS_FORMAT='%-22s %-8s %-5s %-11s %8s %7s %10s %10s %10s %6s %7s %6s %7s %5s  %s\n'
bad=0 # runs that differ from the truth

print_head() {
    # shellcheck disable=SC2059
    printf "$COLUMNS_FORMAT" network points taps view packets unseen precision recall journeys false \
        missed fates garbled lost result
}

# wrong_fates SAMPLE TRUTH: number of packets of the sample with a wrong fate. The dissector knows
# fates in the second pass.
wrong_fates() {
    if [[ ! -s $1 ]]; then
        echo -
        return
    fi
    chmod 0644 "$1"
    must run_as_user tshark -2 -n -r "$1" -T fields -e frame.number -e pktmon.fate >"$1.fates"
    python3 -B "$TESTS/groundtruth/fates.py" "$1" "$2" "$NAME-" "$1.fates"
}

print_line() {
    local network=$1 points=$2 taps=$3 view=$4 fates=$5 figures=$6 name value result=ok cases=() columns
    declare -A figure
    while read -r name value; do
        [[ -n $name ]] || break
        if [[ $name == case ]]; then
            cases+=("$value")
        else
            figure[$name]=$value
        fi
    done <"$figures"
    for name in precision recall journeys; do
        [[ ${figure[$name]} == [1-] ]] || result=WRONG
    done
    [[ ${figure[precision]} == 1 ]] || result=WRONG
    for name in unseen false missed garbled lost counts; do
        [[ ${figure[$name]:-0} == 0 ]] || result=WRONG
    done
    [[ $fates == [0-] ]] || result=WRONG
    # shellcheck disable=SC2059
    printf "$COLUMNS_FORMAT" "$network" "$points" "$taps" "$view" "${figure[packets]}" \
        "${figure[unseen]}" "${figure[precision]}" "${figure[recall]}" "${figure[journeys]}" \
        "${figure[false]}" "${figure[missed]}" "$fates" \
        "${figure[garbled]}" "${figure[lost]}" "$result"
    if [[ $result != ok ]]; then
        sed '1,/^$/d; s/^/    /' "$figures"
        bad=$((bad + 1))
    elif [[ $points == stack && $view == appearances ]]; then
        for value in "${cases[@]}"; do
            IFS=$'\t' read -r -a columns <<<"$value"
            case_row "${columns[@]}"
        done
    fi
}

# judge NETWORK POINTS TAPS CAPTURE TRUTH: prints its line, and counts it if it is wrong. The capture
# has a frame for each appearance.
judge() {
    local network=$1 points=$2 taps=$3 file=$4 truth=$5 fates
    rm -f "$file.sample"
    python3 -B "$TESTS/groundtruth/${checker:-check.py}" "$file" "$truth" "$NAME-" "$points" \
        "$file.sample" >"$file.figures" || fail "$network: the check ended early"
    fates=$(wrong_fates "$file.sample" "$truth")
    tail -n +2 <<<"$fates" | sed 's/^/wrong fate: /' >>"$file.figures"
    print_line "$network" "$points" "$taps" appearances "${fates%%$'\n'*}" "$file.figures"
}

# convert_view FILE VIEW OUT
convert_view() {
    "$PLACE/cli/pktmon" convert "$1" --view "$2" -w "$3" 2>"$3.err" || fail "$1: $(<"$3.err")"
}

# judge_packets NETWORK POINTS TAPS CAPTURE TRUTH: the same, of a capture with a frame for each packet,
# as tshark shows it.
judge_packets() {
    local network=$1 points=$2 taps=$3 file=$4 truth=$5 field options=()
    for field in $(python3 -B "$TESTS/groundtruth/hops.py" fields); do
        options+=(-e "$field")
    done
    chmod 0644 "$file"
    must run_as_user tshark -2 -n -r "$file" -T fields -E 'aggregator=;' "${options[@]}" >"$file.hops"
    python3 -B "$TESTS/groundtruth/hops.py" "${checker:-check.py}" "$file" "$file.hops" "$truth" "$NAME-" \
        "$points" >"$file.figures" || fail "$network: the check of the packets view ended early"
    print_line "$network" "$points" "$taps" packets "$(sed -n 's/^wrong //p' "$file.figures")" "$file.figures"
}

# judge_trip CAPTURE PACKETS: converted to packets, which it leaves, and back, a capture says the same.
judge_trip() {
    python3 -B "$TESTS/roundtrip.py" --packets "$2" "$PLACE/cli/pktmon" "$1" >"$1.trip" && return
    sed 's/^/    /; $s/$/ WRONG/' "$1.trip"
}

# judge_views NETWORK POINTS TAPS VIEW CAPTURE TRUTH: judges a capture of this view in both. One of appearances
# at all points is not judged as packets, which takes long, and another one of the network is; nor is one of
# streams at devices, as the segments that tell its packets apart are pieces of one hop.
judge_views() {
    local appearances=$5 packets=$5.packets
    if [[ $4 == packets ]]; then
        appearances=$5.appearances packets=$5
        convert_view "$packets" appearances "$appearances"
    fi
    judge "$1" "$2" "$3" "$appearances" "$6"
    judge_trip "$appearances" "$5.packets"
    if [[ $4 == packets || ($2 == devices && ${checker:-check.py} == check.py) ]]; then
        judge_packets "$1" "$2" "$3" "$packets" "$6"
    fi
}
