# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A tunnel between two hosts, over a router: it is the same packet inside the tunnel and outside.

build_network() {
    make_routed_hosts 10.94.1 10.94.2
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
    journey 1 delivered <<END
$(hops_out a vx0)
$(hops_over_router a b)
$(hops_in b vx0)
b/sockets Lower Rx
END
}
