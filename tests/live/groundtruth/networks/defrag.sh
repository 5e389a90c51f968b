# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A router with connection tracking puts fragments together and cuts them up again (class 1), but not
# those to C or to B's second address. Whole datagrams that nobody wants are dropped: C, which tracks
# connections over IPv4, puts those of class 2 together at its first hook, and those over IPv6 of class 3
# behind them; B, which does not, those of class 4 before its input hook. Packets of an unknown protocol
# have no number.

UNWANTED=200

build_network() {
    surprise
    make_routed_hosts 10.123.1 10.123.2
    enable_ipv6 a r b
    address b eth0 10.123.2.3/24
    add_namespaces c
    enable_ipv6 c
    connect c eth0 r to-c
    address c eth0 10.123.3.2/24
    address r to-c 10.123.3.1/24
    route c default via 10.123.3.1
    in_namespace r sysctl -qw net.ipv6.conf.all.forwarding=1
    address a eth0 fd00:1::2/64
    address r to-a fd00:1::1/64
    address c eth0 fd00:3::2/64
    address r to-c fd00:3::1/64
    route a default via fd00:1::1
    route c default via fd00:3::1
    rules r <<'END'
table ip track {
    chain early {
        type filter hook prerouting priority -450;
        ip daddr { 10.123.2.3, 10.123.3.2 } notrack
    }
    chain forward {
        type filter hook forward priority 0;
        ct state established counter
    }
}
END
    rules c <<'END'
table ip track {
    chain input {
        type filter hook input priority 0;
        ct state established counter
    }
}
END
    in_namespace a sysctl -qw net.ipv4.ip_no_pmtu_disc=1
    in_namespace b sysctl -qw net.ipv4.ipfrag_high_thresh=100000000 net.ipv4.icmp_ratelimit=0
    in_namespace r sysctl -qw net.ipv4.ipfrag_high_thresh=100000000
    in_namespace c sysctl -qw net.ipv4.ipfrag_high_thresh=100000000 \
        net.ipv6.ip6frag_high_thresh=100000000 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
    serve b receive-udp
    beside a b 10.123.2.2
    neighbours a 10.123.2.2
    neighbours a 10.123.2.3
    neighbours a 10.123.3.2
    neighbours a fd00:3::2
}

# read_unwanted: the kernel's counters of what nobody at C wants.
read_unwanted() {
    local counter
    unwanted=()
    for counter in UdpNoPorts Udp6NoPorts IpInUnknownProtos; do
        unwanted+=("$(stat_counter c "$counter")")
    done
}

network_traffic() {
    read_unwanted
    unwanted_before=("${unwanted[@]}")
    numbered a udp at=10.123.2.2 class=1 count="$HALF" rate=$((RATE / 4)) size=4000
    numbered a udp at=10.123.3.2 port=7001 class=2 count="$UNWANTED" rate=2000 size=4000
    numbered a udp at=fd00:3::2 port=7001 class=3 count="$UNWANTED" rate=2000 size=4000
    numbered a udp at=10.123.2.3 port=7001 class=4 count="$UNWANTED" rate=2000 size=2000
    traffic a raw 10.123.3.2 201 100 3000
    read_unwanted
}

# unwanted_now NUMBER ...: of these counters, how much this run added.
unwanted_now() {
    local number sum=0
    for number in "$@"; do
        sum=$((sum + unwanted[number] - unwanted_before[number]))
    done
    echo "$sum"
}

network_truth() {
    local class
    journey 1 delivered "$HALF" </dev/null
    for class in 2 3 4; do
        journey "$class" dropped "$UNWANTED" </dev/null
        journey "$class-error" consumed 0 </dev/null
    done
    echo "drops c/sockets $(unwanted_now 0 1)" \
        "UdpNoPorts and Udp6NoPorts of nstat: Fragmented datagrams for a port that nobody has"
    echo "stray c/ipv4 - Rx IP_NOPROTO"
    echo "drops c/ipv4 $(unwanted_now 2)" \
        "IpInUnknownProtos of nstat: Fragmented packets of a protocol that nobody has"
}
