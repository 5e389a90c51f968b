# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# IPv6 datagrams of 4008 bytes, which the sender splits into three fragments (class 1), and short
# ones (class 2), over a router. Unlike IPv4, IPv6 reassembles behind its input hook.

build_network() {
    add_namespaces a r b
    enable_ipv6 a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    in_namespace r sysctl -qw net.ipv6.conf.all.forwarding=1
    in_namespace b sysctl -qw net.ipv6.ip6frag_high_thresh=100000000
    address a eth0 fd00:1::2/64
    address r to-a fd00:1::1/64
    address b eth0 fd00:2::2/64
    address r to-b fd00:2::1/64
    route a default via fd00:1::1
    route b default via fd00:2::1
    serve b receive-udp at=::
    beside a b fd00:2::2 ::
    neighbours a fd00:2::2
}

network_traffic() {
    numbered a udp at=fd00:2::2 class=1 count="$HALF" rate=$((RATE / 3)) size=4000
    numbered a udp at=fd00:2::2 class=2 count="$HALF" rate="$RATE"
}

network_truth() {
    journey 1 delivered in-any-order "$HALF" <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx *3
a/eth0 Lower Tx *3
r/to-a Lower Rx *3
r/to-a Upper Rx *3
r/netfilter prerouting In *3
r/netfilter forward In *3
r/netfilter postrouting In *3
r/to-b Upper Tx *3
r/to-b Lower Tx *3
b/eth0 Lower Rx *3
b/eth0 Upper Rx *3
b/netfilter prerouting In *3
b/netfilter input In *3
b/sockets Lower Rx
END
    journey 2 delivered "$HALF" <<END
$(hops_over_router a b)
b/sockets Lower Rx
END
}
