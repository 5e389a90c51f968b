# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The router sends a copy of each packet to C (nft dup), whose kernel refuses it, because it is for
# B.

build_network() {
    surprise
    add_namespaces a r b c
    connect a eth0 r to-a
    connect b eth0 r to-b
    connect c eth0 r to-c
    forwards r
    address a eth0 10.125.1.2/24
    address r to-a 10.125.1.1/24
    address b eth0 10.125.2.2/24
    address r to-b 10.125.2.1/24
    address c eth0 10.125.3.2/24
    address r to-c 10.125.3.1/24
    route a default via 10.125.1.1
    route b default via 10.125.2.1
    rules r <<'END'
table ip copies {
    chain prerouting {
        type filter hook prerouting priority 0;
        udp dport 7000 dup to 10.125.3.2 device "to-c"
    }
}
END
    serve b receive-udp
    beside a b 10.125.2.2
    neighbours a 10.125.2.2
    neighbours r 10.125.3.2
}

network_traffic() {
    numbered a udp at=10.125.2.2 class=1 count="$PACKETS" rate="$RATE"
}

network_truth() {
    journey 1 delivered </dev/null
}
