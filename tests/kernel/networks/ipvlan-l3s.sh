# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # shared with guest-modules.sh
# An ipvlan device of B on a device of the host H, in L3S mode: packets to it pass the hooks of H,
# and belong to B only after the last one. Some end well, some are dropped by a rule of H, and some
# at ports of B that are closed or whose reader is too slow.

modules=(ipvlan nf_tables)
L3S_DROPS=10

build_network() {
    add_namespaces a h b
    connect a eth0 h port
    ip -n "$NAME-h" link add iv0 link port netns "$NAME-b" type ipvlan mode l3s
    ip -n "$NAME-b" link set iv0 up
    address a eth0 10.88.0.1/24
    address h port 10.88.0.254/24
    address b iv0 10.87.0.2/32
    route a 10.87.0.0/24 via 10.88.0.254
    route b default dev iv0
    serve b receive-udp
    rules h <<'END'
table ip l3s {
    chain input {
        type filter hook input priority 0;
        udp dport 7301 counter drop
    }
}
END
    # Full before the capture begins, and never read.
    serve b receive-udp port=7303 buffer=1 read=0
    neighbours a 10.87.0.2
    numbered a udp at=10.87.0.2 port=7303 class=254 count=50
}

# of_class CLASS PORT
of_class() {
    numbered a udp at=10.87.0.2 class="$1" port="$2" count="$L3S_DROPS" rate="$RATE"
}

network_traffic() {
    numbered a udp at=10.87.0.2 class=1 count="$PACKETS" rate="$RATE"
    of_class 2 7301
    of_class 3 7302
    of_class 4 7303
}

# to_child PLACE ...
to_child() {
    cat <<END
$(hops_out a eth0)
h/port Lower Rx
h/port Upper Rx
h/netfilter prerouting In
h/netfilter input In
END
    printf '%s\n' "$@"
}

network_truth() {
    to_child "b/sockets Lower Rx" | journey 1 delivered
    to_child "h/netfilter input Rx NETFILTER_DROP" | journey 2 dropped "$L3S_DROPS"
    to_child "b/sockets - Rx NO_SOCKET" | journey 3 dropped "$L3S_DROPS"
    to_child "b/sockets Lower Rx" "b/sockets - Rx SOCKET_RCVBUFF" | journey 4 dropped "$L3S_DROPS"
}

network_counters() {
    counter "ipvlan in L3S mode, port closed" "UdpNoPorts of the child" "b/sockets - Rx NO_SOCKET" \
        "$(stat_counter b UdpNoPorts)"
    counter "ipvlan in L3S mode, buffer full" "UdpRcvbufErrors of the child" \
        "b/sockets - Rx SOCKET_RCVBUFF" "$(stat_counter b UdpRcvbufErrors)"
    counter "ipvlan in L3S mode, a rule of the host below" "counter of the nft rule" \
        "h/netfilter input Rx NETFILTER_DROP" \
        "$(in_namespace h nft list ruleset | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p')"
}
