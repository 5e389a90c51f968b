# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A tunnel between two hosts, over a router: the packet is the same inside the tunnel and outside.

build_network() {
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.94.1.2/24
    address r to-a 10.94.1.1/24
    address b eth0 10.94.2.2/24
    address r to-b 10.94.2.1/24
    route a default via 10.94.1.1
    route b default via 10.94.2.1
    ip -n "$NAME-a" link add vx0 type vxlan id 7 local 10.94.1.2 remote 10.94.2.2 dstport 4789
    ip -n "$NAME-b" link add vx0 type vxlan id 7 local 10.94.2.2 remote 10.94.1.2 dstport 4789
    address a vx0 10.94.9.1/24
    address b vx0 10.94.9.2/24
    ip -n "$NAME-a" link set vx0 up
    ip -n "$NAME-b" link set vx0 up
    serve b receive-udp
    beside a b 10.94.9.2
    neighbours a 10.94.9.2
}

network_traffic() {
    numbered a udp at=10.94.9.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<'END'
a/netfilter output In
a/netfilter postrouting In
a/vx0 Upper Tx
a/vx0 Lower Tx
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
b/vx0 Lower Rx
b/vx0 Upper Rx
b/netfilter prerouting In
b/netfilter input In
b/sockets Lower Rx
END
}
