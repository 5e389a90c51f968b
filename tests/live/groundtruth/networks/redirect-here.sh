# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A proxy: the router takes what is meant for B itself (nft redirect), and replies to a ping of an
# address that it has on another side.

build_network() {
    surprise
    add_namespaces a r b
    connect a eth0 r to-a
    connect b eth0 r to-b
    forwards r
    address a eth0 10.126.1.2/24
    address r to-a 10.126.1.1/24
    address b eth0 10.126.2.2/24
    address r to-b 10.126.2.1/24
    route a default via 10.126.1.1
    route b default via 10.126.2.1
    rules r <<'END'
table ip proxy {
    chain prerouting {
        type nat hook prerouting priority dstnat;
        udp dport 7000 redirect to :7400
    }
}
END
    serve r receive-udp port=7400
    beside a b 10.126.2.2
    neighbours a 10.126.2.2
}

network_traffic() {
    numbered a udp at=10.126.2.2 class=1 count="$PACKETS" rate="$RATE"
    numbered a echo at=10.126.2.1 class=2 count="$HALF" rate=$((RATE / 4))
}

network_truth() {
    journey 1 delivered </dev/null
    journey 2 consumed "$HALF" </dev/null
    journey 2-reply delivered "$HALF" </dev/null
}
