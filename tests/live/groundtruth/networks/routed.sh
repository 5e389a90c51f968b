# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Two hosts and a router between them; and echo requests, which the kernel of
# the receiver answers, and whose replies a raw socket gets a copy of.

build_network() {
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.91.1.2/24
    address r to-a 10.91.1.1/24
    address b eth0 10.91.2.2/24
    address r to-b 10.91.2.1/24
    route a default via 10.91.1.1
    route b default via 10.91.2.1
    serve b receive-udp
    beside a b 10.91.2.2
    neighbours a 10.91.2.2
}

network_traffic() {
    numbered a udp at=10.91.2.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a echo at=10.91.2.2 class=2 count=$((PACKETS / 10)) rate=$((RATE / 4))
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In
r/netfilter forward In
r/netfilter postrouting In
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
    journey 2 consumed $((PACKETS / 10)) <<'END'
a/netfilter output In
a/netfilter postrouting In
a/eth0 Upper Tx
a/eth0 Lower Tx
r/to-a Lower Rx
r/to-a Upper Rx
r/netfilter prerouting In
r/netfilter forward In
r/netfilter postrouting In
r/to-b Upper Tx
r/to-b Lower Tx
b/eth0 Lower Rx
b/eth0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/ipv4 - Rx
END
    journey 2-reply delivered $((PACKETS / 10)) <<'END'
b/netfilter output In
b/netfilter postrouting In
b/eth0 Upper Tx
b/eth0 Lower Tx
r/to-b Lower Rx
r/to-b Upper Rx
r/netfilter prerouting In
r/netfilter forward In
r/netfilter postrouting In
r/to-a Upper Tx
r/to-a Lower Tx
a/eth0 Lower Rx
a/eth0 Upper Rx
a/netfilter prerouting In
a/netfilter input In
a/sockets Lower Rx
END
}
