#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own reports of problems: each kind, produced by its real cause, is a notice at the
# place where it happened, in the group of the packet that it concerns.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

CLOSED_PORT=7001
FULL_PORT=7003
LOSSY_PORT=7004
NOBODY=10.77.0.9
ASKING=10.77.0.50 SYNS=3 # answered at a's MAC address, where no host has the address

# process SUFFIX COMMAND NAME [ARGUMENT ...]: starts processes.py; returns when it is ready.
process() {
    start_inside "$1" python3 -B "$TESTS/processes.py" "$2" "$3" "$SCRATCH/ready-$3" "${@:4}"
    wait_until "$START_SECONDS" test -s "$SCRATCH/ready-$3" || fail "$3 did not start"
}

# groups DISPLAY_FILTER: groups of packets, in the order of their first appearance.
groups() {
    fields "$file" "pktmon.record == 1 && ($1)" pktmon.group | awk '!seen[$0]++'
}

# troubles COMPONENT MESSAGE: groups of such notices, each once; COMPONENT without the test's
# prefix. MESSAGE is a regular expression.
troubles() {
    fields "$file" "pktmon.event.id == 6 && pktmon.component.name == \"$NAME-$1\" && \
        pktmon.event.message matches \"$2\"" pktmon.group | awk '!seen[$0]++'
}

# expect_trouble WHAT GROUPS COMPONENT MESSAGE
expect_trouble() {
    [[ -n $2 ]] || fail "$1: no packet"
    expect_equal "$1" "$2" "$(troubles "$3" "$4")"
}

# Drops segments with data for longer than TCP's retransmission timeout.
lose_data() {
    in_namespace b nft -f - <<END
table inet loss {
    chain input {
        type filter hook input priority 0;
        tcp dport $LOSSY_PORT tcp flags & psh == psh drop
    }
}
END
}

close_connection() {
    in_namespace a bash -c "exec 3<>/dev/tcp/$NETWORK_ADDRESS_B/$CLOSED_PORT" 2>/dev/null || true
}

network_make "$NAME"
in_namespace b sysctl -qw net.ipv4.tcp_synack_retries=0 # reported only at a retransmission
ip -n "$NAME-b" neighbour add "$ASKING" lladdr "$NETWORK_MAC_A" dev eth0
in_namespace a sysctl -qw net.ipv4.ping_group_range="0 0"
ping_once a "$NETWORK_ADDRESS_B"
file=$SCRATCH/trouble.pcapng
capture_of "$file" a sw b --

close_connection
network_send_udp "$NAME-a" "$NETWORK_ADDRESS_B" "$CLOSED_PORT"

process b udp-silent silent "$FULL_PORT" small
traffic a udp "$NETWORK_ADDRESS_B" "$FULL_PORT" 8 1000
process a ping-socket pinger "$NETWORK_ADDRESS_B" 8

process b tcp-silent breaker "$LOSSY_PORT"
breaker=$started_pid
in_namespace a bash -c "
    exec 3<>/dev/tcp/$NETWORK_ADDRESS_B/$LOSSY_PORT
    until [[ -e $SCRATCH/lossy ]]; do sleep 0.05; done
    echo lost and found >&3
    until [[ -e $SCRATCH/broken ]]; do sleep 0.05; done" &
own_pids+=($!)
in_namespace a python3 -B "$TESTS/ends.py" syns "$ASKING" "$NETWORK_ADDRESS_B" "$LOSSY_PORT" 1001 "$SYNS" 2
sleep 0.3
lose_data
touch "$SCRATCH/lossy"
sleep 0.6
in_namespace b nft delete table inet loss
sleep 1.5
kill -USR1 "$breaker"
wait "$breaker"
touch "$SCRATCH/broken"

in_namespace a ping -q -c 1 -W 5 "$NOBODY" >/dev/null && fail "somebody has $NOBODY"

clang -O2 -g -target bpf -mcpu=v3 "-I/usr/include/$(uname -m)-linux-gnu" -Wall -Werror \
    -c "$TESTS/xdp_abort.bpf.c" -o "$SCRATCH/abort.o"
in_namespace b ip link set eth0 xdpgeneric object "$SCRATCH/abort.o" section xdp
traffic a udp "$NETWORK_ADDRESS_B" "$CLOSED_PORT" 1 500
sleep 0.2
in_namespace b ip link set eth0 xdpgeneric off
stop_capture "$file"

expect_trouble "reset" "$(groups "tcp.dstport == $CLOSED_PORT && tcp.flags.syn == 1")" \
    b/sockets "^TCP replied with a reset [(]RST[)](: NO_SOCKET)?[.]$"
expect_trouble "port unreachable" \
    "$(groups "udp.dstport == $CLOSED_PORT && udp.length < 100 && !icmp")" \
    b/ipv4 "^ICMP type 3 code 3 .port unreachable. is sent in response to this packet[.]$"
expect_trouble "full socket of UDP" "$(groups "pktmon.dropped && udp.dstport == $FULL_PORT")" \
    b/sockets "^The receive buffer of the socket is full[.]$"
expect_trouble "full socket" "$(groups "icmp.type == 0 && pktmon.drop.reason == \"SOCKET_RCVBUFF\"")" \
    a/sockets "^The receive buffer of the socket is full[.]$"

# The drop record names the socket's process, as the previous record does.
expect_equal "processes of what a full socket was offered" "silent" "$(fields "$file" \
    "udp.dstport == $FULL_PORT && !icmp && pktmon.component.name == \"$NAME-b/sockets\"" pktmon.comm | sort -u)"

sent=$(groups "tcp.dstport == $LOSSY_PORT && frame contains \"lost and found\"")
(($(wc -l <<<"$sent") > 1)) || fail "nothing was sent again"
expect_equal "the first was lost" NETFILTER_DROP \
    "$(fields "$file" "pktmon.group == $(head -n 1 <<<"$sent") && pktmon.dropped" pktmon.drop.reason)"
expect_trouble "sent again" "$(tail -n +2 <<<"$sent")" a/sockets "^TCP retransmitted this segment[.]$"
answers=$(stat_counter b TcpExtTCPSynRetrans)
answers_told=$(fields "$file" "pktmon.event.id == 6 && pktmon.component.name == \"$NAME-b/sockets\" && \
    pktmon.event.message == \"TCP retransmitted a SYN-ACK to $ASKING.\"" frame.number | wc -l)
expect_equal "SYN-ACKs of which each is sent again, as the kernel counts them" "$SYNS" "$answers"
expect_equal "SYN-ACKs of which each is sent again" "$answers" "$answers_told"
case_row "SYN-ACKs that are sent again" "TcpExtTCPSynRetrans of nstat" "$answers" "$answers_told"
expect_equal "broken off" 1 "$(fields "$file" "pktmon.event.message matches \
    \"^TCP aborted the connection [(]RST[)]\" && pktmon.component.name == \"$NAME-b/sockets\"" \
    frame.number | wc -l)"

asked=$(groups "icmp.type == 8 && !icmp.type == 3 && ip.dst == $NOBODY")
expect_trouble "no neighbour" "$asked" a/eth0 "^The neighbour $NOBODY does not answer[.]$"
expect_trouble "host unreachable" "$asked" a/ipv4 "^ICMP type 3 code 1 .host unreachable. is sent"
expect_equal "XDP" "The device's XDP program returned XDP_ABORTED." \
    "$(fields "$file" "pktmon.event.id == 6 && pktmon.component.name == \"$NAME-b/eth0\"" \
        pktmon.event.message | sort -u)"
expect_sound "$file"

# Only if all points were selected.
file=$SCRATCH/devices.pcapng
capture_of "$file" a b -- --points devices
close_connection
stop_capture "$file"
expect_equal "trouble at devices" "" "$(fields "$file" pktmon.event.id==6 pktmon.event.message)"
