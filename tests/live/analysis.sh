#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tshark's own analysis makes of a capture of the packets view, compared with what it makes of
# tcpdump's files on the devices of both hosts: downloads (large sends), names, echoes, pings,
# fragments, and an ICMP error. Where addresses are translated, each side is compared with the host
# that has it.
#
#   analysis.sh NETWORK
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"
# shellcheck source=tests/live/groundtruth/make.sh
source "$(dirname "$0")/groundtruth/make.sh"

ANALYSIS=$TESTS/analysis
PACKETS='pktmon.record == 1 && !pktmon.continued'
# A network sets the addresses of b that a talks to, and what is compared with tcpdump's file of
# which device: "SUFFIX DEVICE FILTER".
targets=()
comparisons=("a eth0 $PACKETS")

# on_both_sides: where addresses are translated, each host has a side.
on_both_sides() {
    comparisons=("a eth0 $PACKETS && !(pktmon.side == 2)" "b eth0 $PACKETS && !(pktmon.side == 1)")
}

bridge() {
    add_namespaces a sw b
    connect a eth0 sw port-a
    connect b eth0 sw port-b
    bridge_ports sw br0 port-a port-b
    address a eth0 10.120.0.1/24
    address b eth0 10.120.0.2/24
    enable_ipv6 a b
    address a eth0 fd00:120::1/64
    address b eth0 fd00:120::2/64
    targets=(10.120.0.2 fd00:120::2)
}

masquerade() {
    make_routed_hosts 10.120.1 10.120.2
    ip -n "$NAME-b" route del default
    rules r <<'END'
table ip nat {
    chain from {
        type nat hook postrouting priority srcnat;
        oifname "to-b" masquerade
    }
}
END
    targets=(10.120.2.2)
    on_both_sides
}

dnat() {
    make_routed_hosts 10.120.1 10.120.2
    rules r <<'END'
table ip nat {
    chain to {
        type nat hook prerouting priority dstnat;
        ip daddr 10.120.1.100 dnat to 10.120.2.2
    }
}
END
    targets=(10.120.1.100)
    ip -n "$NAME-r" address add 10.120.1.100/32 dev to-a
    on_both_sides
}

hairpin() {
    add_namespaces h sw a b
    connect h eth0 sw port
    bridge_ports sw br0 port
    in_namespace sw bridge link set dev port hairpin on
    ip -n "$NAME-h" link add eth1 link eth0 netns "$NAME-a" type macvlan mode vepa
    ip -n "$NAME-h" link add eth1 link eth0 netns "$NAME-b" type macvlan mode vepa
    ip -n "$NAME-a" link set eth1 up
    ip -n "$NAME-b" link set eth1 up
    address a eth1 10.120.0.1/24
    address b eth1 10.120.0.2/24
    targets=(10.120.0.2)
    comparisons=("a eth1 $PACKETS")
}

# tunnel PORT
tunnel() {
    make_routed_hosts 10.120.1 10.120.2
    ip -n "$NAME-a" link add vx0 type vxlan id 7 local 10.120.1.2 remote 10.120.2.2 dstport "$1"
    ip -n "$NAME-b" link add vx0 type vxlan id 7 local 10.120.2.2 remote 10.120.1.2 dstport "$1"
    address a vx0 10.120.9.1/24
    address b vx0 10.120.9.2/24
    # Without this, the first sends are too large for the way outside, and cut into fragments.
    ip -n "$NAME-a" link set vx0 up mtu 1450
    ip -n "$NAME-b" link set vx0 up mtu 1450
    targets=(10.120.9.2)
    comparisons=("b vx0 $PACKETS")
}

vxlan() {
    tunnel 4789
}

vxlan-8472() {
    tunnel 8472
}

macvlan() {
    make_child_hosts 10.120.0 mv0 macvlan mode bridge
    targets=(10.120.0.2)
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
    must run_as_user python3 - "$file" "$3" "$SCRATCH/$1.pcap" frame <"$ANALYSIS/compare.py"
}

namespaces=() servers=0 taps=()
NUMBERED=$PKTMON_BUILD/tests/live/numbered
file=$SCRATCH/view.pcapng
"$1"
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
capture_of "$file" "${namespaces[@]}" -- --view packets --buffer-size 256
in_namespace a python3 -B "$ANALYSIS/hosts.py" talk "${targets[@]}"
sleep 0.5
stop_capture "$file"
stop_all "${taps[@]}"
chmod a+r "$SCRATCH"/*.pcap
if [[ -n ${ANALYSIS_KEEP:-} ]]; then
    cp "$file" "$SCRATCH"/*.pcap "$ANALYSIS_KEEP/"
fi
for one in "${comparisons[@]}"; do
    read -r suffix device filter <<<"$one"
    expect_equal "differences from tcpdump on $device of $suffix" "" "$(compare "$suffix" "$device" "$filter")"
    grep -q '^0 packets dropped by kernel' "$SCRATCH/$suffix.said" || fail "tcpdump lost packets"
done
