# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How live tests check a capture: the places that each packet passed, the order of descriptions, and
# losses. Sourced after lib.sh.

TESTS=$(dirname "${BASH_SOURCE[0]}")

# packets FILE DISPLAY_FILTER FIELD ...: appearances of packets, one line for each: the values of
# the fields joined with "/" (the identity of the packet), a tab, group, appearance, time, place. A
# place is like "a/eth0 Upper Tx": the test's prefix is removed from the namespace, and a drop adds
# its reason. If a netfilter hook held the packet for long, "held" follows the place. Ends of copies
# are left out.
packets() {
    local file=$1 filter=$2
    shift 2
    fields "$file" "pktmon.record == 1 && !pktmon.copy_released && ($filter)" pktmon.group \
        pktmon.appearance frame.time_epoch pktmon.component.name pktmon.edge pktmon.direction \
        pktmon.drop.reason "$@" |
        awk -F '\t' -v prefix="$NAME-" \
            -v edge_names="$(python3 -B "$TESTS/../vocabulary.py" edges)" \
            -v direction_names="$(python3 -B "$TESTS/../vocabulary.py" directions)" '
            BEGIN {
                HELD = 0.0000995 # seconds, with the error of a double
                split(edge_names, edges, " ")
                split(direction_names, directions, " ")
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

# expect_journeys WANTED KEYS: standard input has the lines of packets(). Each of the KEYS occurs,
# and no other. Each passes the WANTED places and no others, in a group that no other packet has,
# with appearances 1, 2, 3 ... in the order of time. A hook that is left late, which may happen at
# any hook of a busy machine, is not a place.
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

# The places of the same packets that --points devices shows. A drop has a reason after its
# direction.
at_devices() {
    grep -Ev ' (Upper|qdisc) |/netfilter [a-z]+ (In|Out)$' <<<"$1"
}

# switch_hooks: netfilter hooks that an IPv4 packet passes in the switch: a bridge calls them if
# br_netfilter is loaded, which applies to all bridges of a host.
switch_hooks() {
    if [[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]]; then
        printf 'sw/netfilter %s In\n' prerouting forward postrouting
    fi
}

# way_over_switch SUFFIX SUFFIX: the places of an IPv4 packet from A to B or from B to A of the
# small network (scripts/network.sh), before its receiver is known.
way_over_switch() {
    printf '%s\n' "$1/netfilter output In" "$1/netfilter postrouting In" \
        "$1/eth0 Upper Tx" "$1/eth0 Lower Tx" "sw/port-$1 Lower Rx" "sw/port-$1 Upper Rx"
    switch_hooks
    printf '%s\n' "sw/port-$2 Upper Tx" "sw/port-$2 Lower Tx" "$2/eth0 Lower Rx" "$2/eth0 Upper Rx" \
        "$2/netfilter prerouting In" "$2/netfilter input In"
}

# expect_sound FILE: descriptions and interface blocks come before they are needed, times do not run
# backwards, there is no kernel address in it, and nothing was lost.
expect_sound() {
    expect_ordered "$1"
    expect_equal "losses" "" "$(fields "$1" 'pktmon.lost || pktmon.event.id == 1' frame.number \
        pktmon.lost pktmon.event.message)"
}

# The same for a capture that may have lost packets.
expect_ordered() {
    local got
    got=$(python3 -B "$TESTS/pcapng.py" order "$1") || fail "$1 is not a valid file: $got"
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

# rules SUFFIX: loads nft rules from standard input.
rules() {
    in_namespace "$1" nft -f -
}

# stat_counter SUFFIX NAME: a counter of nstat since the namespace began, such as IpInReceives or
# TcpExtListenDrops.
stat_counter() {
    in_namespace "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# traffic SUFFIX COMMAND [ARGUMENT ...]: runs traffic.py inside a namespace.
traffic() {
    in_namespace "$1" python3 -B "$TESTS/traffic.py" "${@:2}"
}

# start_inside SUFFIX COMMAND ...: starts it in the background, inside a namespace. Sets
# started_pid.
start_inside() {
    (exec ip netns exec "$NAME-$1" "${@:2}") &
    started_pid=$!
    own_pids+=("$started_pid")
}

# start_traffic SUFFIX COMMAND [ARGUMENT ...]: starts traffic.py likewise.
start_traffic() {
    start_inside "$1" python3 -B "$TESTS/traffic.py" "${@:2}"
}

# ping_once SUFFIX ADDRESS: both sides know each other's MAC afterwards.
ping_once() {
    in_namespace "$1" ping -q -c 1 -W 2 "$2" >/dev/null || fail "no reply from $2 to $1"
}

# attach_tc SUFFIX DEVICE PROGRAM [COMPILER_OPTION ...]: attaches PROGRAM.bpf.c at tc ingress.
attach_tc() {
    local namespace=$1 device=$2 program=$3 object=$SCRATCH/$1-$2.o
    shift 3
    clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" -Wall -Werror "$@" \
        -c "$TESTS/$program.bpf.c" -o "$object"
    in_namespace "$namespace" tc qdisc add dev "$device" clsact
    in_namespace "$namespace" tc filter add dev "$device" ingress bpf direct-action \
        obj "$object" sec tc
}
