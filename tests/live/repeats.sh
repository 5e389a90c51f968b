#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is kept of a packet that is observed again: little by default, but all of what no earlier
# appearance has: large sends behind a router that masquerades, fragments and segments from outside
# of the capture, what comes out of a tunnel, and what the capture does not select.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

TCP_PORT=7004 UDP_PORT=7005 DROP_PORT=7777
TCP_BYTES=3000000
REPEAT_SIZE=256

# add_host SUFFIX NUMBER: a host with the address 10.78.NUMBER.2 behind the router.
add_host() {
    network_add_namespace "$NAME-$1"
    ip -n "$NAME-$1" link add eth0 type veth peer name "to-$1" netns "$NAME-r"
    ip -n "$NAME-$1" address add "10.78.$2.2/24" dev eth0
    ip -n "$NAME-$1" link set eth0 up
    ip -n "$NAME-r" address add "10.78.$2.1/24" dev "to-$1"
    ip -n "$NAME-r" link set "to-$1" up
    ip -n "$NAME-$1" route add default via "10.78.$2.1"
}

# transfer: from a to b.
transfer() {
    local receiver
    rm -f "$SCRATCH/ready"
    start_traffic b tcp-receive "$TCP_PORT" "$TCP_BYTES" "$SCRATCH/ready"
    receiver=$started_pid
    wait_until 10 test -e "$SCRATCH/ready" || fail "no receiver"
    traffic a tcp-send 10.78.2.2 "$TCP_PORT" "$TCP_BYTES"
    wait "$receiver" || fail "the transfer failed"
}

# stop FILE: ends the capture, of which nothing was lost or shed.
stop() {
    stop_capture "$1"
    expect_sound "$1"
    expect_equal "packets that were left out" "" \
        "$(fields "$1" 'pktmon.event.id == 7' pktmon.event.message)"
}

# expect_pieces WHAT FILE LEAST FRAMES: each piece of LEAST bytes and more is whole in a frame, in at
# most FRAMES of 100 pieces, and others are repeats.
expect_pieces() {
    local got
    got=$(must python3 -B "$TESTS/repeats.py" pieces "$2" "$3")
    expect_match "$1" "^[1-9][0-9]* pieces, 0 of them not whole, [0-9]+ whole frames, others of \
($REPEAT_SIZE|0) bytes\$" "$got"
    awk -v most="$4" '{ exit !($8 * 100 <= $1 * most) }' <<<"$got" ||
        fail "$1: at most $4 whole frames for 100 pieces, but got: $got"
}

expect_stream() {
    expect_equal "$1" "$TCP_BYTES bytes" "$(must python3 -B "$TESTS/repeats.py" stream "$2" "$TCP_PORT")"
}

network_add_namespace "$NAME-r"
in_namespace r sysctl -qw net.ipv4.ip_forward=1
add_host a 1
add_host b 2
rules r <<'END'
table ip nat {
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "to-b" masquerade
    }
}
END
rules b <<END
table inet pktmon {
    chain input {
        type filter hook input priority 0; policy accept;
        udp dport $DROP_PORT drop
    }
}
END
ping_once a 10.78.2.2

# --- large sends through all places; a drop is a repeat, too ---
file=$SCRATCH/routed.pcapng
capture_of "$file" a r b --
transfer
traffic a udp 10.78.2.2 "$DROP_PORT" 5 1400 20
stop "$file"
expect_stream "the transfer, from first appearances" "$file"
expect_pieces "large sends" "$file" 400 100
expect_equal "bytes of drops" "$REPEAT_SIZE" \
    "$(fields "$file" 'pktmon.dropped && udp' frame.cap_len | sort -u)"

# --- whole on request; less on request ---
capture_of "$SCRATCH/all.pcapng" a r b -- --repeat-size 0
traffic a udp 10.78.2.2 "$UDP_PORT" 3 1400 20
stop "$SCRATCH/all.pcapng"
expect_equal "frames that are cut with --repeat-size 0" "" \
    "$(fields "$SCRATCH/all.pcapng" pktmon.truncated frame.number)"
capture_of "$SCRATCH/small.pcapng" a r b -- --pkt-size 128
traffic a udp 10.78.2.2 "$UDP_PORT" 3 1400 20
stop "$SCRATCH/small.pcapng"
expect_equal "sizes with --pkt-size 128" 128 \
    "$(fields "$SCRATCH/small.pcapng" "udp.dstport == $UDP_PORT && frame.len > 1000 && !icmp" \
        frame.cap_len | sort -u)"

# --- fragments and segments from outside; GRO merges the segments ---
in_namespace a ethtool -K eth0 tso off gso off >"$SCRATCH/ethtool"
in_namespace r ethtool -K to-b tso off gso off >"$SCRATCH/ethtool"
in_namespace b ethtool -K eth0 gro on >"$SCRATCH/ethtool"
file=$SCRATCH/outside.pcapng
capture_of "$file" b --
in_namespace a ping -q -c 3 -s 4000 -W 2 10.78.2.2 >"$SCRATCH/ping" || fail "no reply"
transfer
stop "$file"
expect_stream "segments from outside" "$file"
expect_equal "echo requests whose fragments are whole" "4008 4008 4008" "$(fields "$file" \
    'icmp.type == 8 && ip.reassembled.length' ip.reassembled.length | sort -u | paste -sd ' ' |
    sed 's/^4008$/4008 4008 4008/')"
got=$(must python3 -B "$TESTS/repeats.py" pieces "$file" 400)
expect_match "pieces from outside" ' 0 of them not whole, ' "$got"
[[ -n $(fields "$file" "tcp.dstport == $TCP_PORT && frame.len > 3000 && frame.cap_len == $REPEAT_SIZE" \
    frame.number | first_line) ]] || fail "GRO merged nothing"

# --- a component that is not the first on the path ---
file=$SCRATCH/component.pcapng
start_capture "$file" --components "$NAME-b/eth0"
traffic a udp 10.78.2.2 "$UDP_PORT" 3 1400 20
stop "$file"
expect_pieces "packets of one component" "$file" 1000 100

# --- what comes out of a tunnel is in the outer packet ---
for suffix in a b; do
    [[ $suffix == a ]] && here=1 there=2 || here=2 there=1
    ip -n "$NAME-$suffix" link add t0 mtu 1400 type vxlan id 7 dstport 4789 dev eth0 \
        remote "10.78.$there.2"
    ip -n "$NAME-$suffix" address add "10.79.0.$here/24" dev t0
    ip -n "$NAME-$suffix" link set t0 up
done
nsenter --net="/run/netns/$NAME-r" nft delete table ip nat
ping_once a 10.79.0.2
file=$SCRATCH/tunnel.pcapng
capture_of "$file" b --
traffic a udp 10.79.0.2 "$UDP_PORT" 5 1300 20
stop "$file"
expect_pieces "outer packets" "$file" 1000 100
