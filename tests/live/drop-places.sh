#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The functions that led to a drop show where it happened, if its reason and the packet's journey do
# not: the hooks of netfilter's netdev, bridge and ARP families, drops by conntrack's last function
# after all others, a redirect to a missing device. With filters that match none of the packets, the
# counters are the same.
# shellcheck source=tests/live/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/journey.sh
source "$(dirname "$0")/journey.sh"

EACH=4 # datagrams
FTP_PORT=21
# Component, edge, direction and reason of the drops, by port.
PLACES="7101 b/eth0 ingress Rx NETFILTER_DROP
7102 a/eth0 egress Tx NETFILTER_DROP
7103 sw/port-a bridge-prerouting Rx NETFILTER_DROP
7104 sw/port-b bridge-forward Tx NETFILTER_DROP
7105 sw/port-b bridge-postrouting Tx NETFILTER_DROP
7106 sw/port-b bridge-output Tx NETFILTER_DROP
7107 b/eth0 - Rx NOT_SPECIFIED
7108 b/netfilter input Rx NETFILTER_DROP
7109 sw/br0 bridge-input Rx NETFILTER_DROP"

make_rules() {
    rules b <<END
table netdev places {
    chain first { type filter hook ingress device eth0 priority 0; udp dport 7101 counter drop; }
}
table ip places {
    chain input { type filter hook input priority 0; udp dport 7108 counter drop; }
}
table arp places {
    chain input { type filter hook input priority 0; arp operation request arp daddr ip 10.77.0.77 counter drop; }
}
END
    rules a <<END
table netdev places {
    chain last {
        type filter hook egress device eth0 priority 0
        udp dport 7102 counter drop
        tcp dport $FTP_PORT counter accept
    }
}
table ip places {
    ct helper ftp { type "ftp" protocol tcp; }
    chain output { type filter hook output priority 0; tcp dport $FTP_PORT ct helper set "ftp"; }
}
table arp places {
    chain output { type filter hook output priority 0; arp operation request arp daddr ip 10.77.0.78 counter drop; }
}
END
    rules sw <<END
table bridge places {
    chain prerouting { type filter hook prerouting priority 0; udp dport 7103 counter drop; }
    chain input { type filter hook input priority 0; udp dport 7109 counter drop; }
    chain forward { type filter hook forward priority 0; udp dport 7104 counter drop; }
    chain output { type filter hook output priority 0; udp dport 7106 counter drop; }
    chain postrouting { type filter hook postrouting priority 0; udp dport 7105 counter drop; }
}
END
}

# The helper drops the part of a command at the end of a segment, at each transmission.
speak_ftp() {
    in_namespace b python3 -c '
import socket
with socket.create_server(("", '"$FTP_PORT"')) as server:
    peer = server.accept()[0]
    while peer.recv(100):
        pass' &
    own_pids+=($!)
    in_namespace a python3 -c '
import socket, time
time.sleep(0.3)
with socket.create_connection(("'"$NETWORK_ADDRESS_B"'", '"$FTP_PORT"')) as control:
    control.sendall(b"USER nobody\r\n")
    time.sleep(0.1)
    control.sendall(b"PORT 10,77,")
    time.sleep(0.7)'
}

send_all() {
    local port
    for port in 7101 7102 7103 7104 7105 7107 7108; do
        traffic a udp "$NETWORK_ADDRESS_B" "$port" "$EACH" 32
    done
    traffic sw udp "$NETWORK_ADDRESS_B" 7106 "$EACH" 32
    traffic a udp "$NETWORK_ADDRESS_SWITCH" 7109 "$EACH" 32
}

# counted SUFFIX TEXT: the counter of the rule with TEXT.
counted() {
    in_namespace "$1" nft list ruleset | sed -n "s/.*$2 counter packets \([0-9]*\) .*/\1/p"
}

# drops_of COMPONENT: of the last reading, both directions.
drops_of() {
    fields "$file" "pktmon.record == 3 && pktmon.component.name == \"$NAME-$1\" && \
        pktmon.counters.drops_in" pktmon.counters.drops_in pktmon.counters.drops_out |
        tail -n 1 | awk '{ print $1 + $2 }'
}

# reading FIELD: of A's postrouting.
reading() {
    fields "$file" "pktmon.record == 3 && pktmon.component.name == \"$NAME-a/netfilter\" && \
        pktmon.edge.name == \"postrouting\"" "pktmon.counters.$1" | tail -n 1
}

NETWORK_ADDRESS_SWITCH=10.77.0.4
network_make "$NAME"
ip -n "$NAME-sw" address add "$NETWORK_ADDRESS_SWITCH/24" dev br0
ping_once a "$NETWORK_ADDRESS_B"
ping_once sw "$NETWORK_ADDRESS_B"
ping_once a "$NETWORK_ADDRESS_SWITCH"
make_rules
attach_tc b eth0 redirect_nowhere

file=$SCRATCH/places.pcapng
capture_of "$file" a sw b --
send_all
in_namespace a ping -q -c 1 -W 1 10.77.0.77 >/dev/null || true
in_namespace a ping -q -c 1 -W 1 10.77.0.78 >/dev/null || true
speak_ftp
sleep 0.2
stop_capture "$file"

expect_equal "places of the drops" "$(awk -v each=$EACH '{ print each, $0 }' <<<"$PLACES")" \
    "$(fields "$file" 'pktmon.dropped && udp.dstport >= 7101 && udp.dstport <= 7109' \
        udp.dstport pktmon.component.name pktmon.edge.name pktmon.direction pktmon.drop.reason |
        sed "s/\t$NAME-/\t/" | awk -F '\t' '{ print $1, $2, ($3 == "" ? "-" : $3), ($4 == 3 ? "Rx" : "Tx"), $5 }' |
        sort | uniq -c | sed 's/^ *//')"
expect_equal "a request that ARP's rule drops" $'b/netfilter\tarp-input\tNETFILTER_DROP' \
    "$(fields "$file" 'pktmon.dropped && arp.dst.proto_ipv4 == 10.77.0.77 && pktmon.component.name contains "-b/"' \
        pktmon.component.name pktmon.edge.name pktmon.drop.reason | sed "s/^$NAME-//" | sort -u)"
expect_equal "a request that ARP's rule drops on its way out" $'a/netfilter\tarp-output\tNETFILTER_DROP' \
    "$(fields "$file" 'pktmon.dropped && arp.dst.proto_ipv4 == 10.77.0.78 && !_ws.malformed' \
        pktmon.component.name pktmon.edge.name pktmon.drop.reason | sed "s/^$NAME-//" | sort -u)"
while read -r suffix port component what; do
    theirs=$(counted "$suffix" "udp dport $port") ours=$(drops_of "$component")
    case_row "$what" "counter of the nft rule" "$theirs" "$ours"
    expect_equal "drops of $component" "$theirs" "$ours"
done <<'END'
a 7102 a/eth0 A rule at egress of the netdev family drops
sw 7103 sw/port-a A rule at prerouting of the bridge family drops
sw 7109 sw/br0 A rule at input of the bridge family drops
END

# Conntrack's last function comes after ours: its drops were counted as Out.
dropped=$(fields "$file" "pktmon.dropped && tcp.dstport == $FTP_PORT" frame.number | wc -l)
((dropped > 1)) || fail "the helper dropped nothing"
expect_equal "place of what conntrack dropped" $'a/netfilter\tpostrouting\t4\tNETFILTER_DROP' \
    "$(fields "$file" "pktmon.dropped && tcp.dstport == $FTP_PORT" pktmon.component.name \
        pktmon.edge.name pktmon.direction pktmon.drop.reason | sed "s/^$NAME-//" | sort -u)"
expect_equal "taken back" "$dropped" "$(reading taken_back)"
expect_equal "in and out" "$(reading packets_in)" "$(reading packets_out)"
through=$(fields "$file" "pktmon.component.name == \"$NAME-a/netfilter\" && \
    pktmon.edge.name == \"postrouting\" && pktmon.direction == 1 && tcp.dstport == $FTP_PORT" \
    frame.number | wc -l)
passed=$(counted a "tcp dport $FTP_PORT")
expect_equal "what the next hook sees" "$passed" "$((through - dropped))"
case_row "conntrack's helper drops behind postrouting's last function: what goes on" \
    "counter of an nft rule at the device's egress" "$passed" "$((through - $(reading taken_back)))"
expect_sound "$file"
