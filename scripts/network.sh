# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A small network of namespaces: two hosts and a switch between them.
#
#   A: eth0 (10.77.0.1) --- port-a: SWITCH: port-b --- eth0 (10.77.0.2) :B
#                                   bridge br0

NETWORK_ADDRESS_A=10.77.0.1
NETWORK_ADDRESS_B=10.77.0.2
NETWORK_MAC_A=02:00:00:00:00:0a
NETWORK_MAC_B=02:00:00:00:00:0b

# network_add_namespace NAME: with loopback, and without unsolicited IPv6 packets.
network_add_namespace() {
    ip netns add "$1"
    ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
        net.ipv6.conf.default.disable_ipv6=1
    ip -n "$1" link set lo up
}

# network_add_host NAMESPACE MAC ADDRESS SWITCH PORT
network_add_host() {
    local namespace=$1 mac=$2 address=$3 switch=$4 port=$5
    network_add_namespace "$namespace"
    ip -n "$namespace" link add eth0 address "$mac" type veth peer name "$port" netns "$switch"
    ip -n "$namespace" address add "$address/24" dev eth0
    ip -n "$namespace" link set eth0 up
    ip -n "$switch" link set "$port" master br0 up
}

# network_make PREFIX: makes the namespaces PREFIX-a, PREFIX-sw and PREFIX-b.
network_make() {
    network_add_namespace "$1-sw"
    ip -n "$1-sw" link add br0 type bridge mcast_snooping 0
    ip -n "$1-sw" link set br0 up
    network_add_host "$1-a" "$NETWORK_MAC_A" "$NETWORK_ADDRESS_A" "$1-sw" port-a
    network_add_host "$1-b" "$NETWORK_MAC_B" "$NETWORK_ADDRESS_B" "$1-sw" port-b
}

# network_delete PREFIX: deletes all namespaces PREFIX-... that exist.
network_delete() {
    local path
    for path in "/run/netns/$1"-*; do
        if [[ -e $path ]]; then
            ip netns del "${path##*/}"
        fi
    done
}

# network_drop_udp NAMESPACE PORT: adds a firewall rule.
network_drop_udp() {
    ip netns exec "$1" nft -f - <<END
table inet pktmon {
    chain input {
        type filter hook input priority 0; policy accept;
        udp dport $2 drop
    }
}
END
}

# network_send_udp NAMESPACE ADDRESS PORT: sends one datagram.
network_send_udp() {
    ip netns exec "$1" bash -c "echo hello >/dev/udp/$2/$3"
}
