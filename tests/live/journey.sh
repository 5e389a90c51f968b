# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the live tests say of a capture: which places each packet passed, what is written before
# what, and what was lost. Sourced after lib.sh.

TESTS=$(dirname "${BASH_SOURCE[0]}")

# packets FILE DISPLAY_FILTER FIELD ...: the appearances of packets, one line for each: the values
# of the fields joined with "/" (which packet it is), a tab, group, appearance, time, place. A place
# is like "a/eth0 Upper Tx": the test's prefix is taken off the namespace, and a drop adds its
# reason. Where a netfilter hook held the packet for long "held" comes behind the place. Ends of mere
# copies are left out.
packets() {
    local file=$1 filter=$2
    shift 2
    fields "$file" "pktmon.record == 1 && !pktmon.copy_released && ($filter)" pktmon.group \
        pktmon.appearance frame.time_epoch pktmon.component.name pktmon.edge pktmon.direction \
        pktmon.drop.reason "$@" |
        awk -F '\t' -v prefix="$NAME-" '
            BEGIN {
                HELD = 0.0000995 # seconds, and what doubles make of them
                split("Upper Lower qdisc prerouting input forward output postrouting", edges, " ")
                split("In Out Rx Tx Ingress Egress", directions, " ")
            }
            {
                sub("^" prefix, "", $4)
                edge = $5 in edges ? edges[$5] : "-"
                place = $4 " " edge " " directions[$6] ($7 == "" ? "" : " " $7)
                hook = $1 "/" $4 "/" $5
                if ($4 ~ /(^|\/)netfilter$/ && directions[$6] == "In")
                    entered[hook] = $3
                if (hook in entered && directions[$6] == "Out" && $3 - entered[hook] > HELD)
                    place = place " held"
                key = $8
                for (i = 9; i <= NF; i++)
                    key = key "/" $i
                print key "\t" $1 "\t" $2 "\t" $3 "\t" place
            }'
}

# expect_journeys WANTED KEYS: on standard input the lines of packets(). Each of the KEYS is there
# and no other; each passes the WANTED places and no other, in one group that is no other packet's,
# with appearances 1, 2, 3 ... in a time that does not run back. A hook that is left late, which any
# hook may be on a busy machine, is no place.
expect_journeys() {
    local wanted=$1 keys=$2 lines key got
    lines=$(cat)
    expect_equal "the packets" "$(tr ' ' '\n' <<<"$keys" | sort)" \
        "$(cut -f 1 <<<"$lines" | sort -u)"
    for key in $keys; do
        got=$(awk -F '\t' -v key="$key" '$1 == key && $5 !~ / held$/ { print $5 }' <<<"$lines")
        expect_equal "places of packet $key" "$wanted" "$got"
        got=$(awk -F '\t' -v key="$key" '$1 == key && $3 != ++number { print }' <<<"$lines")
        expect_equal "appearances of packet $key out of turn" "" "$got"
        got=$(awk -F '\t' -v key="$key" '$1 == key { print $2 }' <<<"$lines" | sort -u | wc -l)
        expect_equal "groups of packet $key" 1 "$got"
    done
    got=$(cut -f 1,2 <<<"$lines" | sort -u | cut -f 2 | sort | uniq -d)
    expect_equal "groups of several packets" "" "$got"
    got=$(awk -F '\t' '$4 < before { print } { before = $4 }' <<<"$lines")
    expect_equal "packets before their time" "" "$got"
}

# What --points devices shows of the same way. A drop has a reason behind its direction.
at_devices() {
    grep -Ev ' (Upper|qdisc) |/netfilter [a-z]+ (In|Out)$' <<<"$1"
}

# switch_hooks: where a packet over IPv4 passes netfilter in the switch: a bridge asks it where
# br_netfilter is there, which is so for all bridges of a host.
switch_hooks() {
    if [[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; then
        printf 'sw/netfilter %s In\n' prerouting forward postrouting
    fi
}

# way_over_switch SUFFIX SUFFIX: the places of a packet over IPv4 from A to B or from B to A of the
# small network (scripts/network.sh), before it is known whom it is for.
way_over_switch() {
    printf '%s\n' "$1/netfilter output In" "$1/netfilter postrouting In" \
        "$1/eth0 Upper Tx" "$1/eth0 Lower Tx" "sw/port-$1 Lower Rx" "sw/port-$1 Upper Rx"
    switch_hooks
    printf '%s\n' "sw/port-$2 Upper Tx" "sw/port-$2 Lower Tx" "$2/eth0 Lower Rx" "$2/eth0 Upper Rx" \
        "$2/netfilter prerouting In" "$2/netfilter input In"
}

# expect_sound FILE: descriptions and interface blocks come before they are needed, times do not run
# back, no address of the kernel is in it, and nothing was lost.
expect_sound() {
    expect_ordered "$1"
    expect_equal "losses" "" "$(fields "$1" 'pktmon.lost || pktmon.event.id == 1' frame.number \
        pktmon.lost pktmon.event.message)"
}

# The same of a capture that may have lost something.
expect_ordered() {
    local got
    got=$(python3 -B "$TESTS/pcapng.py" order "$1") || fail "$1 is no good file: $got"
    expect_equal "faults of the file" "" "$got"
}

# capture_of FILE NAMESPACE ... -- [OPTION ...]: starts a capture of some namespaces of the test.
capture_of() {
    local file=$1 names=
    shift
    while [[ $1 != -- ]]; do
        names+=${names:+,}$NAME-$1
        shift
    done
    shift
    start_capture "$file" --netns "$names" "$@"
}

# in_namespace SUFFIX COMMAND ...
in_namespace() {
    ip netns exec "$NAME-$1" "${@:2}"
}

# traffic SUFFIX COMMAND [ARGUMENT ...]: of traffic.py, inside a namespace.
traffic() {
    in_namespace "$1" python3 -B "$TESTS/traffic.py" "${@:2}"
}

# start_inside SUFFIX COMMAND ...: in the background, inside a namespace. Sets started_pid.
start_inside() {
    (exec ip netns exec "$NAME-$1" "${@:2}") &
    started_pid=$!
    own_pids+=("$started_pid")
}

# start_traffic SUFFIX COMMAND [ARGUMENT ...]: the same of traffic.py.
start_traffic() {
    start_inside "$1" python3 -B "$TESTS/traffic.py" "${@:2}"
}

# ping_once SUFFIX ADDRESS: both sides know each other's MAC afterwards.
ping_once() {
    in_namespace "$1" ping -q -c 1 -W 2 "$2" >/dev/null || fail "no answer from $2 to $1"
}

# attach_tc SUFFIX DEVICE PROGRAM [COMPILER_OPTION ...]: the program of PROGRAM.bpf.c, at tc ingress.
attach_tc() {
    local namespace=$1 device=$2 program=$3 object=$SCRATCH/$1-$2.o
    shift 3
    clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" -Wall -Werror "$@" \
        -c "$TESTS/$program.bpf.c" -o "$object"
    in_namespace "$namespace" tc qdisc add dev "$device" clsact
    in_namespace "$namespace" tc filter add dev "$device" ingress bpf direct-action \
        obj "$object" sec tc
}
