#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Drops without a rule: a port that no socket has, a bridge with nowhere to forward to, a frame for
# bridges only that none wants. And no drop in normal operation, such as of BPDUs between bridges.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

CLOSED_PORT="$(way_over_switch a b)
b/sockets - Rx NO_SOCKET"

# The bridge calls netfilter before it looks for a port to forward to.
NO_PORT="a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
sw/port-a Lower Rx
sw/port-a Upper Rx
$(switch_hooks | head -n 1)
sw/port-a - Rx NO_TX_TARGET"

drops_of() {
    fields "$1" "pktmon.dropped && ($2)" pktmon.drop.reason pktmon.drop.location | sort -u
}

# Frames for bridges only: LLDP, and an LLC frame to an unknown access point.
STATION=02:00:00:00:00:0c LLDP=01:80:c2:00:00:0e TREE=01:80:c2:00:00:00
FRAMES=3 # of each kind to X's port

make_bridges() {
    local suffix
    for suffix in x y; do
        network_add_namespace "$NAME-$suffix"
        ip -n "$NAME-$suffix" link add br0 type bridge mcast_snooping 0 stp_state 1 hello_time 100 \
            priority "$([[ $suffix == y ]] && echo 4096 || echo 8192)"
        ip -n "$NAME-$suffix" link set br0 up
    done
    ip -n "$NAME-x" link add port type veth peer name port netns "$NAME-y"
    ip -n "$NAME-x" link add idle type veth peer name other netns "$NAME-y"
    for suffix in x:port y:port x:idle; do
        ip -n "$NAME-${suffix%:*}" link set "${suffix#*:}" up
        [[ $suffix == *:idle ]] || ip -n "$NAME-${suffix%:*}" link set "${suffix#*:}" master br0
    done
    ip -n "$NAME-y" link set other up
}

received_by_x() {
    in_namespace x cat "/sys/class/net/port/statistics/$1"
}

bridge_has_spoken() {
    (($(received_by_x rx_packets) > before + FRAMES))
}

# look_at_x: sets received, and the time of that number.
look_at_x() {
    received=-1
    until [[ $received == "$(received_by_x rx_packets)" ]]; do
        received=$(received_by_x rx_packets)
        seen_at=$EPOCHREALTIME
    done
}

# expect_bridges: X's bridge has received all frames of the other one; frames that nobody takes are
# dropped.
expect_bridges() {
    local heard rows
    heard=$(fields "$file" "pktmon.end == 2 && pktmon.component.name == \"$NAME-x/port\" && \
        frame.time_epoch > $began_at && frame.time_epoch < $seen_at" stp.type)
    expect_equal "types of messages that a bridge heard" 0x00 "$(sort -u <<<"$heard")"
    expect_equal "messages that a bridge heard" "$bpdus" "$(wc -l <<<"$heard")"
    case_row "A bridge hears the spanning tree's messages" "rx_packets of its port, less other frames" \
        "$bpdus" "$(wc -l <<<"$heard")"
    rows=$(fields "$file" "pktmon.dropped && pktmon.component.name contains \"$NAME-x/\"" \
        pktmon.component.name pktmon.drop.reason | sort | uniq -c)
    expect_equal "frames for bridges that nobody took" "1 x/idle NOT_SPECIFIED
2 x/port NOT_SPECIFIED
1 x/port UNHANDLED_PROTO" "$(awk -v prefix="$NAME-" '{ sub(prefix, ""); print $1, $2, $3 }' <<<"$rows")"
    case_row "LLDP without a daemon" "rx_dropped of the port" "$dropped" \
        "$(awk '/UNHANDLED_PROTO/ { print $1 }' <<<"$rows")"
}

make_bridges
network_make "$NAME"
ping_once a "$NETWORK_ADDRESS_B"
file=$SCRATCH/drops.pcapng
capture_of "$file" a sw b x y --
look_at_x
before=$received began_at=$seen_at dropped=$(received_by_x rx_dropped)
traffic y frame port "$LLDP" "$STATION" 88cc 0207040200000000
traffic y frame port "$LLDP" "$STATION" 0003 4c4c03
# A frame of an unknown version, and one to a device that is not a port.
traffic y frame port "$TREE" "$STATION" 0027 424203000002020000
traffic y frame other "$TREE" "$STATION" 0026 424203000000000000
traffic a udp "$NETWORK_ADDRESS_B" 7001 1 32
in_namespace a ping -q -c 2 -i 0.2 -W 2 "$NETWORK_ADDRESS_B" >/dev/null
ip -n "$NAME-sw" link set port-b nomaster
traffic a udp "$NETWORK_ADDRESS_B" 7002 1 32
wait_until 5 bridge_has_spoken || fail "no spanning tree"
look_at_x
bpdus=$((received - before - FRAMES)) dropped=$(($(received_by_x rx_dropped) - dropped))
stop_capture "$file"

packets "$file" "udp.dstport == 7001 && !icmp" udp.dstport | expect_journeys "$CLOSED_PORT" 7001
packets "$file" "udp.dstport == 7002" udp.dstport | expect_journeys "$NO_PORT" 7002
expect_match "a closed port" $'^NO_SOCKET\t__udp4_lib_rcv\\+0x[0-9a-f]+$' \
    "$(drops_of "$file" "udp.dstport == 7001")"
expect_match "no port to forward to" $'^NO_TX_TARGET\tbr_[a-z_]+\\+0x[0-9a-f]+$' \
    "$(drops_of "$file" "udp.dstport == 7002")"
expect_equal "drops of pings" "" "$(drops_of "$file" "icmp.type == 8 || icmp.type == 0")"
expect_bridges
expect_sound "$file"
