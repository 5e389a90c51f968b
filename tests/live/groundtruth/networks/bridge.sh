# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Two hosts and a switch between them whose bridge passes IPv4 to netfilter as well (the default of
# br_netfilter): once into the bridge, once through it, once out of it.

build_network() {
    add_namespaces a sw b
    connect a eth0 sw port-a
    connect b eth0 sw port-b
    bridge_ports sw br0 port-a port-b
    address a eth0 10.90.0.1/24
    address b eth0 10.90.0.2/24
    serve b receive-udp
    beside a b 10.90.0.2
    neighbours a 10.90.0.2
}

network_traffic() {
    numbered a udp at=10.90.0.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered <<END
$(hops_out a eth0)
sw/port-a Lower Rx
sw/port-a Upper Rx
sw/netfilter prerouting In
sw/netfilter forward In
sw/netfilter postrouting In
sw/port-b Upper Tx
sw/port-b Lower Tx
$(hops_in b eth0)
b/sockets Lower Rx
END
}
