#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A packet that a filter matched is followed to places where the filter would not match any more:
# behind address translation, inside a tunnel, to its delivery or its drop. A packet that matches
# later is shown from there on. A flood that does not match runs at the same time, and nothing of it
# is captured.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

NUMBERED_PROGRAM=$PKTMON_BUILD/tests/live/numbered
FLOOD_PORT=9001 FLOOD_RATE=2000
COUNT=5
START_SECONDS=60

# connect SUFFIX ADDRESS ROUTER_ADDRESS: a host at the router.
connect() {
    network_add_namespace "$NAME-$1"
    ip -n "$NAME-$1" link add eth0 type veth peer name "to-$1" netns "$NAME-r"
    ip -n "$NAME-$1" address add "$2/24" dev eth0
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-r" address add "$3/24" dev "to-$1"
    ip -n "$NAME-r" link set "to-$1" up
}

# make_network NUMBER
make_network() {
    network_add_namespace "$NAME-r"
    in_namespace r sysctl -qw net.ipv4.ip_forward=1
    connect a "10.$1.1.2" "10.$1.1.1"
    connect b "10.$1.2.2" "10.$1.2.1"
    ip -n "$NAME-a" route add default via "10.$1.1.1"
    ip -n "$NAME-b" route add default via "10.$1.2.1"
}

# take_udp SUFFIX PORT ...: starts sockets that receive and discard.
take_udp() {
    local suffix=$1 port log
    shift
    for port in "$@"; do
        log=$SCRATCH/taking-$port
        rm -f "$log"
        start_inside "$suffix" "$NUMBERED_PROGRAM" receive-udp port="$port" >"$log"
        wait_until 10 test -s "$log" || fail "no socket at port $port"
    done
}

# start_flood SUFFIX ADDRESS
start_flood() {
    start_inside "$1" "$NUMBERED_PROGRAM" udp at="$2" port="$FLOOD_PORT" count=10000000 \
        rate="$FLOOD_RATE" size=200
    flood_pid=$started_pid
}

# begin NAME NAMESPACES -- [OPTION ...]: starts one of several captures at a time.
declare -A capture_pids
begin() {
    local name=$1
    shift
    capture_of "$SCRATCH/$name.pcapng" "$@"
    capture_pids[$name]=$capture_pid
}

# end NAME ...
end() {
    local name
    for name in "$@"; do
        capture_pid=${capture_pids[$name]}
        stop_capture "$SCRATCH/$name.pcapng"
        expect_sound "$SCRATCH/$name.pcapng"
        expect_equal "the flood in $name" "" \
            "$(fields "$SCRATCH/$name.pcapng" "pktmon.record == 1 && udp.dstport == $FLOOD_PORT" frame.number)"
    done
}

# journeys NAME DISPLAY_FILTER FIELD WANTED KEYS: like expect_journeys. A hook that changes the
# packet shows its exit, even if it takes long.
journeys() {
    local changing
    changing=$(grep ' Out$' <<<"$4" | paste -sd '|' || true)
    packets "$SCRATCH/$1.pcapng" "$2" "$3" |
        sed -E "s#(${changing:-nothing}) held\$#\\1#" | expect_journeys "$4" "$5"
}

# payloads FIRST: payloads of numbered datagrams, as tshark prints them.
payloads() {
    local number
    for ((number = $1; number < $1 + COUNT; number++)); do
        printf 'packet %09d' "$number" | od -An -v -tx1 | tr -d ' \n'
        echo
    done | paste -sd ' '
}

# only NAME DISPLAY_FILTER: checks that all packets of the capture match.
only() {
    expect_equal "other packets in $1" "" \
        "$(fields "$SCRATCH/$1.pcapng" "pktmon.record == 1 && !($2)" frame.number _ws.col.Info)"
}

# --- address translation ---

TO_ROUTER="a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In"
FROM_ROUTER="r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In"
TRANSLATED="r/netfilter forward In
r/netfilter postrouting In
r/netfilter postrouting Out
$FROM_ROUTER"
MASQUERADED="$TO_ROUTER
$TRANSLATED"
REDIRECTED="$TO_ROUTER
r/netfilter prerouting Out
$TRANSLATED"
REPLY="r/netfilter forward In
r/netfilter postrouting In
r/to-a Upper Tx
r/to-a Lower Tx
a/eth0 Lower Rx
a/eth0 Upper Rx
a/netfilter prerouting In
a/netfilter input In
a/sockets Lower Rx"

translate_addresses() {
    make_network 92
    in_namespace r nft -f - <<'END'
table ip nat {
    chain to {
        type nat hook prerouting priority dstnat;
        ip daddr 10.92.1.1 udp dport 7100 dnat to 10.92.2.2:7500
        ip daddr 10.92.1.1 udp dport 7101 dnat to 10.92.2.2:7501
        ip daddr 10.92.1.1 udp dport 7102 dnat to 10.92.2.2:7502
    }
    chain from {
        type nat hook postrouting priority srcnat;
        oifname "to-b" masquerade
    }
}
END
    network_drop_udp "$NAME-b" 7501
    take_udp b 7500 7505 "$FLOOD_PORT"
    ping_once a 10.92.2.2
    start_flood a 10.92.2.2
    begin before a r b -- --extcap-capture-filter "udp dst portrange 7100-7102 or
        (src host 10.92.1.2 and (udp dst port 7505 or icmp))"
    begin behind a r b -- --extcap-capture-filter "udp dst port 7500 or (dst host 10.92.1.2 and icmp)"
    traffic a udp-numbered 10.92.1.1 7100 "$COUNT" 10 100
    traffic a udp-numbered 10.92.1.1 7101 "$COUNT" 10 200
    traffic a udp-numbered 10.92.2.2 7505 "$COUNT" 10 400
    in_namespace a ping -q -c "$COUNT" -i 0.2 -W 5 10.92.2.2 >/dev/null
    traffic a udp-numbered 10.92.1.1 7102 "$COUNT" 10 300
    sleep 0.3
    end before behind
    kill "$flood_pid"

    journeys before "udp && !icmp && udp contains \"packet 0000001\"" udp.payload \
        "$REDIRECTED"$'\nb/sockets Lower Rx' "$(payloads 100)"
    journeys before "udp && !icmp && udp contains \"packet 0000002\"" udp.payload \
        "$REDIRECTED"$'\nb/netfilter input Rx NETFILTER_DROP' "$(payloads 200)"
    journeys before "udp && !icmp && udp contains \"packet 0000003\"" udp.payload \
        "$REDIRECTED"$'\nb/sockets - Rx NO_SOCKET' "$(payloads 300)"
    journeys before "udp && !icmp && udp contains \"packet 0000004\"" udp.payload \
        "$MASQUERADED"$'\nb/sockets Lower Rx' "$(payloads 400)"
    journeys before "icmp.type == 8" icmp.seq "$MASQUERADED"$'\nb/ipv4 - Rx' "1 2 3 4 5"
    only before 'icmp.type == 8 || (udp && !icmp && udp contains "packet 00000")'

    # Between the two sides of the hook that translates it, it is not observed.
    journeys behind "udp && !icmp" udp.payload "$TRANSLATED"$'\nb/sockets Lower Rx' "$(payloads 100)"
    journeys behind "icmp.type == 0" icmp.seq "$REPLY" "1 2 3 4 5"
    only behind 'icmp.type == 0 || icmp.type == 3 || (udp && !icmp && udp contains "packet 0000001")'
    network_delete "$NAME"
}

# --- tunnels ---

# through_router FROM TO: the outer packet between hosts.
through_router() {
    printf '%s\n' "r/to-$1 Lower Rx" "r/to-$1 Upper Rx" "r/netfilter prerouting In" \
        "r/netfilter forward In" "r/netfilter postrouting In" "r/to-$2 Upper Tx" "r/to-$2 Lower Tx"
}

# tunnelled FROM TO: the places up to the hook before the ping's end.
tunnelled() {
    printf '%s\n' "$1/netfilter output In" "$1/netfilter postrouting In" "$1/vx0 Upper Tx" \
        "$1/vx0 Lower Tx" "$1/netfilter output In" "$1/netfilter postrouting In" \
        "$1/eth0 Upper Tx" "$1/eth0 Lower Tx"
    through_router "$1" "$2"
    printf '%s\n' "$2/eth0 Lower Rx" "$2/eth0 Upper Rx" "$2/netfilter prerouting In" \
        "$2/netfilter input In" "$2/vx0 Lower Rx" "$2/vx0 Upper Rx" "$2/netfilter prerouting In" \
        "$2/netfilter input In"
}

# In a capture of the underlay only, its first place there is not the first place of the packet.
expect_in_underlay() {
    local lines
    lines=$(packets "$SCRATCH/$1.pcapng" "$2" "$3")
    expect_equal "packets in $1" "$(tr ' ' '\n' <<<"$5" | sort)" "$(cut -f 1 <<<"$lines" | sort -u)"
    local key
    for key in $5; do
        expect_equal "places of packet $key in $1" "$4" \
            "$(awk -F '\t' -v key="$key" '$1 == key && $5 !~ / held$/ { print $5 }' <<<"$lines")"
    done
}

look_into_tunnels() {
    local end
    make_network 94
    for end in a:1:2 b:2:1; do
        IFS=: read -r suffix own other <<<"$end"
        ip -n "$NAME-$suffix" link add vx0 type vxlan id 7 local "10.94.$own.2" \
            remote "10.94.$other.2" dstport 4789
        ip -n "$NAME-$suffix" address add "10.94.9.$own/24" dev vx0
        ip -n "$NAME-$suffix" link set vx0 up
    done
    take_udp b "$FLOOD_PORT"
    ping_once a 10.94.9.2
    start_flood a 10.94.9.2
    begin outside a r b -- --extcap-capture-filter icmp
    begin underlay r -- --extcap-capture-filter icmp
    begin inside r -- --extcap-capture-filter "icmp and src host 10.99.0.1" --inner
    begin port r -- --extcap-capture-filter "icmp and src host 10.99.0.1" --inner --vxlan-port 8472
    in_namespace a ping -q -c 3 -i 0.2 -W 5 10.94.9.2 >/dev/null
    traffic a in-tunnel vxlan 10.99.0.1 10.99.0.2 10.94.2.2 101 3 4789
    traffic a in-tunnel geneve 10.99.0.1 10.99.0.2 10.94.2.2 201 3 6081
    traffic a in-tunnel gre 10.99.0.1 10.99.0.2 10.94.2.2 301 3
    traffic a in-tunnel ipip 10.99.0.1 10.99.0.2 10.94.2.2 401 3
    traffic a in-tunnel vxlan 10.99.0.1 10.99.0.2 10.94.2.2 501 3 8472
    # A packet that does not match inside the tunnel.
    traffic a in-tunnel vxlan 10.99.0.3 10.99.0.2 10.94.2.2 601 3 4789
    sleep 0.3
    end outside underlay inside port
    kill "$flood_pid"

    journeys outside "icmp.type == 8 && icmp.seq < 100" icmp.seq \
        "$(tunnelled a b)"$'\nb/ipv4 - Rx' "1 2 3"
    journeys outside "icmp.type == 0" icmp.seq "$(tunnelled b a)"$'\na/sockets Lower Rx' "1 2 3"
    # Without --inner, a packet injected into a tunnel matches once it has left the tunnel.
    expect_equal "places of packets that were put into tunnels" "b/vx0" \
        "$(fields "$SCRATCH/outside.pcapng" \
            "icmp.type == 8 && icmp.seq > 100 && !(icmp.type == 3) && !pktmon.dropped" \
            pktmon.component.name | sed "s/^$NAME-//" | sort -u | paste -sd ' ')"
    expect_in_underlay underlay "icmp.type == 8 && !(icmp.type == 3)" icmp.seq "$(through_router a b)" "1 2 3"
    expect_in_underlay underlay "icmp.type == 0" icmp.seq "$(through_router b a)" "1 2 3"
    expect_in_underlay inside "icmp.type == 8" icmp.seq "$(through_router a b)" \
        "101 102 103 201 202 203 301 302 303 401 402 403"
    only inside "icmp.type == 8 && !(icmp.type == 3)"
    expect_in_underlay port "udp.srcport" udp.srcport "$(through_router a b)" \
        "20201 20202 20203 20501 20502 20503"
    expect_in_underlay port "!udp.srcport" icmp.seq "$(through_router a b)" "301 302 303 401 402 403"
}

translate_addresses
look_into_tunnels
