# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A router that masquerades, in front of a switch that knows no port for the receiver.

build_network() {
    surprise
    add_namespaces a r sw b c d
    connect a eth0 r to-a
    connect r to-sw sw port-r
    local suffix
    for suffix in b c d; do
        connect "$suffix" eth0 sw "port-$suffix"
    done
    bridge_ports sw br0 port-r port-b port-c port-d
    in_namespace sw bridge link set dev port-b learning off
    forwards r
    address a eth0 10.115.1.2/24
    address r to-a 10.115.1.1/24
    address r to-sw 10.115.2.1/24
    address b eth0 10.115.2.2/24
    address c eth0 10.115.2.3/24
    address d eth0 10.115.2.4/24
    route a default via 10.115.1.1
    rules r <<'END'
table ip nat {
    chain from {
        type nat hook postrouting priority srcnat;
        oifname "to-sw" masquerade
    }
}
END
    serve b receive-udp
    serve d receive-raw
    beside a b 10.115.2.2
    neighbours a 10.115.2.2
}

network_traffic() {
    numbered a udp at=10.115.2.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
