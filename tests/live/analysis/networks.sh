# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with analysis.sh
# The networks of analysis.sh. Each sets
#
#   targets      addresses of b that a talks to (hosts.py)
#   comparisons  what is compared with tcpdump's file of which device: "SUFFIX DEVICE FILTER"
#   captured     the namespaces that are captured, if not all
#   pieces       a filter of senders whose fragments come from outside
#   talk         what is said, if not what hosts.py says

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
    rules r <<'RULES'
table ip nat {
    chain from {
        type nat hook postrouting priority srcnat;
        oifname "to-b" masquerade
    }
}
RULES
    targets=(10.120.2.2)
    on_both_sides
}

dnat() {
    make_routed_hosts 10.120.1 10.120.2
    rules r <<'RULES'
table ip nat {
    chain to {
        type nat hook prerouting priority dstnat;
        ip daddr 10.120.1.100 dnat to 10.120.2.2
    }
}
RULES
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

# tunnel PORT [MTU]
tunnel() {
    make_routed_hosts 10.120.1 10.120.2
    ip -n "$NAME-a" link add vx0 type vxlan id 7 local 10.120.1.2 remote 10.120.2.2 dstport "$1"
    ip -n "$NAME-b" link add vx0 type vxlan id 7 local 10.120.2.2 remote 10.120.1.2 dstport "$1"
    address a vx0 10.120.9.1/24
    address b vx0 10.120.9.2/24
    # Without this, the first sends are too large for the way outside, and cut into fragments.
    ip -n "$NAME-a" link set vx0 up mtu "${2:-1450}"
    ip -n "$NAME-b" link set vx0 up mtu "${2:-1450}"
    targets=(10.120.9.2)
    comparisons=("b vx0 $PACKETS")
}

vxlan() {
    tunnel 4789
}

vxlan-8472() {
    tunnel 8472
}

# Its large sends do not fit (docs/journeys.md): for the table alone.
vxlan-1500() {
    tunnel 4789 1500
}

macvlan() {
    make_child_hosts 10.120.0 mv0 macvlan mode bridge
    targets=(10.120.0.2)
}

# What a sends is from outside: it is not captured, and cuts its datagrams by itself.
fragments() {
    bridge
    captured=(sw b)
    pieces='ip.src == 10.120.0.1 || ipv6.src == fd00:120::1'
    in_namespace b sysctl -qw net.ipv4.ipfrag_time=1 net.ipv6.ip6frag_time=1 # tells what was lost
    talk=send_fragments
}

send_fragments() {
    in_namespace a python3 -B "$ANALYSIS/wire.py" eth0 "$(in_namespace b cat /sys/class/net/eth0/address)" \
        10.120.0.1 10.120.0.2 fd00:120::1 fd00:120::2
    sleep 1 # the lost ones are given up
}

# Segments and fragments of b come from outside. The router merges segments, cuts what it merged, and
# a merges them again.
merged() {
    make_routed_hosts 10.120.1 10.120.2
    captured=(a r)
    in_namespace b ethtool -K eth0 tso off >/dev/null
    in_namespace r ethtool -K to-b gro on >/dev/null
    in_namespace r ethtool -K to-a tso off >/dev/null
    in_namespace a ethtool -K eth0 gro on >/dev/null
    targets=(10.120.2.2)
    pieces='ip.src == 10.120.2.2'
    comparisons=("b eth0 $PACKETS")
}

# Two routers send a packet to each other until its time to live is used up.
loop() {
    make_routed_hosts 10.120.1 10.120.2
    forwards b
    route r 10.120.3.0/24 via 10.120.2.2
    talk=talk_to_nobody
}

talk_to_nobody() {
    in_namespace a ping -q -c 3 -i 0.2 -W 1 10.120.3.1 >/dev/null || true
    in_namespace a ping -q -c 1 -W 1 -s 3000 10.120.3.1 >/dev/null || true
    network_send_udp "$NAME-a" 10.120.3.1 9
}

# A switch floods all that is sent to b over a hundred ports, because it does not learn where b is.
flood() {
    local port ports=()
    add_namespaces a sw b c
    connect a eth0 sw port-a
    connect b eth0 sw port-b
    for ((port = 1; port <= 98; port++)); do
        connect c "eth$port" sw "port-$port"
        ports+=("port-$port")
    done
    bridge_ports sw br0 port-a port-b "${ports[@]}"
    in_namespace sw bridge link set dev port-b learning off
    address a eth0 10.120.0.1/24
    address b eth0 10.120.0.2/24
    targets=(10.120.0.2)
}
